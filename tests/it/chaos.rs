//! The drill: workers, a publisher with a ledger, and everything that can go wrong, at random from a seed. Afterwards
//! nothing is repaired; the audit compares the ledger with rows, objects, dead letters, events and queues.
//!
//! `make chaos` runs a long one, `make chaos-cluster` one on a broker of three nodes and a database with a standby, and
//! `make test` a short one with a fixed seed. What happens is decided by the seed; when it happens is not, since no two runs
//! are scheduled alike.

mod audit;
mod audit_tests;
mod changing;
mod disruption;
mod fleet;
mod ledger;
mod look;
mod memory;
mod publisher;
mod random;
mod report;
mod roll;
mod servers;
mod settings;
mod troublemaker;

use std::fs;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::audit::Broken;
use self::changing::ChangingTemplates;
use self::fleet::Fleet;
use self::ledger::Ledger;
use self::random::Random;
use self::report::Report;
use self::roll::Roll;
use self::servers::{Networks, RabbitMq, Servers};
use self::settings::Settings;
use self::troublemaker::Troublemaker;
use crate::faults::clock::Clock;
use crate::harness::{Options, World, eventually_within};

/// How long it may take, once everything works again, until the queues are shorter than before.
const RECOVERY: Duration = Duration::from_secs(120);

/// How long a message may be on its way from one queue to another. RabbitMQ moves it again when the other queue has not
/// confirmed it for three minutes.
const RETURN: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread")]
async fn every_confirmed_request_is_generated_or_dead_lettered_whatever_goes_wrong() {
    let settings = Settings::from_environment();
    let servers = Servers::start(settings.cluster).await;
    let world = World::new(Options {
        amqp_url: Some(servers.amqp_url.clone()),
        postgres_url: Some(servers.database_url.clone()),
        variables: vec![
            ("ARCHIVE_DEAD_LETTERS", "true".to_owned()),
            ("RETRY_DELAYS_SECONDS", "1,2".to_owned()),
            ("STORE_XML", "true".to_owned()),
        ],
        // The other version makes the schema then.
        unmigrated: settings.other_program.is_some(),
        ..Options::default()
    })
    .await;
    let report = drill(&world, servers, &settings).await;
    println!("{report}");
    assert!(report.broken.is_empty(), "promises were broken, see above");
}

async fn drill(world: &World, mut servers: Servers, settings: &Settings) -> Report {
    let folder = settings.folder();
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the folder of an earlier run can be deleted");
    }
    let workers_logs = folder.join("workers");
    fs::create_dir_all(&workers_logs).expect("a folder for the logs");
    let mut random = Random::new(settings.seed);
    // Another version may not know e-invoices.
    let profiles: &[&'static str] = match settings.other_program {
        None => &ledger::PROFILES,
        Some(_) => &[],
    };
    let ledger = Ledger::plan(&mut random.fork(), settings.messages, profiles);
    world
        .declare_lone_queue(&publisher::reply_queue(world))
        .await;
    let mut templates = ChangingTemplates::new();
    let clock = Clock::new(world);
    let networks = Networks::new(world, &servers, settings.workers);
    let mut variables = networks.variables.clone();
    for worker in &mut variables {
        worker.push(("TEMPLATES_DIR", templates.folder().to_owned()));
    }
    let clock_variables = clock
        .variables()
        .map(|(name, value)| (name, value.to_owned()));
    let fleet = Fleet::new(
        world,
        variables,
        clock_variables.into(),
        random.fork(),
        workers_logs,
    );
    let (workers, blows): (Vec<_>, Vec<_>) =
        (0..settings.workers).map(|_| mpsc::channel(16)).unzip();
    let roll = Roll {
        world,
        fleet: &fleet,
        workers: workers.clone(),
        step: settings.publishing / Roll::STEPS,
    };
    if let Some(other) = &settings.other_program {
        roll.begin(other).await;
    }
    let mut troublemaker = Troublemaker {
        world,
        servers: &mut servers,
        networks: &networks,
        fleet: &fleet,
        clock: &clock,
        templates: &mut templates,
        workers,
        random: random.fork(),
        suspended: false,
        commands: JoinSet::new(),
        tally: Default::default(),
    };

    let started = Instant::now();
    let stop = CancellationToken::new();
    let published = CancellationToken::new();
    let (mut recovered, mut stranded) = (None, 0);
    let recovering = async {
        let publishing = async {
            publisher::publish(world, &ledger, settings).await;
            published.cancel();
        };
        let troubling = async {
            troublemaker.work(&published).await;
            fleet.armed.set(false);
        };
        let rolling = async {
            if let Some(other) = &settings.other_program {
                roll.forward_and_back(other).await;
            }
        };
        tokio::join!(publishing, troubling, rolling);
        let recovering = Instant::now();
        let rabbitmq = &troublemaker.servers.rabbitmq;
        settled(world, patience(settings)).await;
        let held = emptied(world, rabbitmq).await;
        if held > 0 && rabbitmq.change_leaders(&world.topology.queues()).await {
            stranded = held;
            settled(world, patience(settings)).await;
            emptied(world, rabbitmq).await;
        }
        recovered = Some(recovering.elapsed());
        stop.cancel();
    };
    tokio::join!(fleet.run(blows, &stop), recovering);
    let duration = started.elapsed();
    let disruptions = troublemaker.tally;

    let found = look::look(world, &servers.rabbitmq).await;
    let workers = fleet.tally.into_inner();
    let mut broken = audit::audit(&ledger.entries, &found);
    broken.extend(workers.failed.iter().cloned().map(Broken::Ended));
    broken.extend(workers.memory.growth());
    let mut report = Report {
        settings: settings.clone(),
        duration,
        recovery: recovered.unwrap_or_default(),
        stranded,
        broken,
        workers,
        disruptions,
        ledger,
        found,
    };
    // A long run is not lost where its last audit fails.
    report.write();
    report.broken.extend(audited(world, settings).await);
    report.write();
    report
}

/// What the program's own audit finds once everything is over, which should be nothing. It reads each document.
async fn audited(world: &World, settings: &Settings) -> Option<Broken> {
    const FOR_EACH: Duration = Duration::from_millis(50);
    let requests = u32::try_from(settings.messages).unwrap_or(u32::MAX);
    let longest = Duration::from_secs(60) + FOR_EACH * requests;
    let audit = world.program(&["audit", "--min-age", "0s"]);
    let audit = audit.longest(longest).run().await;
    (audit.code != 0).then(|| Broken::Wrong(format!("{audit:?}")))
}

/// [`RECOVERY`], and more where there is more to recover: many messages fill the disk's queue, too, on which confirms wait.
fn patience(settings: &Settings) -> Duration {
    const FOR_EACH: Duration = Duration::from_millis(10);
    RECOVERY + FOR_EACH * u32::try_from(settings.messages).unwrap_or(u32::MAX)
}

/// Waits until nothing waits for a worker. A long backlog may take its time, but has to become shorter.
async fn settled(world: &World, patience: Duration) {
    let mut fewest = u32::MAX;
    while fewest > 0 {
        fewest = eventually_within(patience, "shorter queues", async || {
            let in_each = world.waiting_in_each().await;
            match in_each.as_ref().map(|each| each.values().sum()) {
                Some(waiting) if waiting < fewest => Ok(waiting),
                _ => Err(in_each),
            }
        })
        .await;
    }
}

/// Waits until no queue holds a message in any state: then no worker has work, and nothing can come back. Returns how many
/// messages are held for longer than [`RETURN`].
async fn emptied(world: &World, rabbitmq: &RabbitMq) -> u64 {
    const LOOK: Duration = Duration::from_secs(1);
    let queues = world.topology.queues();
    let started = Instant::now();
    loop {
        let held = rabbitmq.held_in_each(&queues).await;
        let held = held.map(|held| held.values().sum());
        if held == Some(0) || started.elapsed() > RETURN {
            return held.unwrap_or_default();
        }
        tokio::time::sleep(LOOK).await;
    }
}
