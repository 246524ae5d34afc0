//! The drill: workers, a publisher with a ledger, and everything that can go wrong, at random from a seed. Afterwards
//! nothing is repaired; the audit compares the ledger with rows, objects, dead letters, events and queues.
//!
//! `make chaos` runs a long one, `make test` a short one with a fixed seed. What happens is decided by the seed; when
//! it happens is not, since no two runs are scheduled alike.

mod audit;
mod audit_tests;
mod disruption;
mod fleet;
mod ledger;
mod look;
mod publisher;
mod random;
mod report;
mod roll;
mod settings;

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::audit::Broken;
use self::disruption::{Servers, Troublemaker};
use self::fleet::Fleet;
use self::ledger::Ledger;
use self::random::Random;
use self::report::Report;
use self::roll::Roll;
use self::settings::Settings;
use crate::faults::servers::PrivateServer;
use crate::harness::{Options, World, eventually_within};
use crate::proxy::Proxy;

/// How long it may take until all queues are empty, once everything works again.
const RECOVERY: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn every_confirmed_request_is_generated_or_dead_lettered_whatever_goes_wrong() {
    let settings = Settings::from_environment();
    let (rabbitmq, postgres) = tokio::join!(PrivateServer::rabbitmq(), PrivateServer::postgres());
    let world = World::new(Options {
        amqp_url: Some(rabbitmq.url.clone()),
        postgres_url: Some(postgres.url.clone()),
        variables: vec![
            ("ARCHIVE_DEAD_LETTERS", "true".to_owned()),
            ("RETRY_DELAYS_SECONDS", "1,2".to_owned()),
        ],
        // The other version makes the schema then.
        unmigrated: settings.other_program.is_some(),
        ..Options::default()
    })
    .await;
    let report = drill(&world, rabbitmq, postgres, &settings).await;
    println!("{report}");
    assert!(report.broken.is_empty(), "promises were broken, see above");
}

async fn drill(
    world: &World,
    rabbitmq: PrivateServer,
    postgres: PrivateServer,
    settings: &Settings,
) -> Report {
    let mut random = Random::new(settings.seed);
    let ledger = Ledger::plan(&mut random.fork(), settings.messages);
    let (broker, amqp_url) = Proxy::before(&world.variables["AMQP_URL"]);
    let (database, database_url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let (storage, s3_url) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let addresses = vec![
        // A heartbeat that notices a broker that is silent for some seconds.
        ("AMQP_URL", format!("{amqp_url}?heartbeat=4")),
        ("DATABASE_URL", database_url),
        ("AWS_ENDPOINT_URL_S3", s3_url),
    ];
    let servers = Servers {
        rabbitmq,
        postgres,
        broker,
        database,
        storage,
    };
    let fleet = Fleet::new(world, addresses, random.fork());
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
        servers: &servers,
        workers,
        random: random.fork(),
        tally: Default::default(),
    };

    let started = Instant::now();
    let stop = CancellationToken::new();
    let published = CancellationToken::new();
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
    let mut recovered = None;
    let recovering = async {
        tokio::join!(publishing, troubling, rolling);
        let recovering = Instant::now();
        settled(world, RECOVERY).await;
        recovered = Some(recovering.elapsed());
        stop.cancel();
    };
    tokio::join!(fleet.run(blows, &stop), recovering);
    let duration = started.elapsed();

    // What a worker held in its last moment is in a queue again.
    finish(world, &fleet, settings.workers).await;
    let found = look::look(world).await;
    let workers = fleet.tally.into_inner();
    let mut broken = audit::audit(&ledger.entries, &found);
    broken.extend(workers.failed.iter().cloned().map(Broken::Ended));
    let report = Report {
        settings: settings.clone(),
        duration,
        recovery: recovered.unwrap_or_default(),
        broken,
        workers,
        disruptions: troublemaker.tally,
        ledger,
        found,
    };
    report.write();
    report
}

/// Waits until nothing waits in any queue for a while; what is held by a worker does not count, so this is not the
/// proof.
async fn settled(world: &World, deadline: Duration) {
    /// Longer than the longest delay queue.
    const QUIET: Duration = Duration::from_secs(3);
    let mut empty_since = Instant::now();
    eventually_within(deadline, "empty queues", async || {
        let waiting = waiting(world).await;
        if waiting > 0 {
            empty_since = Instant::now();
        }
        if empty_since.elapsed() > QUIET {
            Ok(())
        } else {
            Err(waiting)
        }
    })
    .await;
}

async fn waiting(world: &World) -> u32 {
    let mut waiting = 0;
    for queue in world.topology.queues() {
        waiting += world.queue_len(&queue).await;
    }
    waiting
}

/// As long as something is in a queue when all workers have stopped, they start once more.
async fn finish(world: &World, fleet: &Fleet<'_>, workers: usize) {
    let started = Instant::now();
    while waiting(world).await > 0 && started.elapsed() < RECOVERY {
        let stop = CancellationToken::new();
        let (_senders, blows): (Vec<_>, Vec<_>) = (0..workers).map(|_| mpsc::channel(1)).unzip();
        let settling = async {
            settled(world, RECOVERY).await;
            stop.cancel();
        };
        tokio::join!(fleet.run(blows, &stop), settling);
    }
}
