//! Replays as rows of the database: taken over, cancelled, resumed, given back, and never run twice.

mod claimed;
mod claims;
mod control;
mod leases;

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use invoice_worker::app::App;
use invoice_worker::broker::{Lane, Publisher};
use invoice_worker::database::dead_letters::Selection;
use invoice_worker::database::replay::Model;
use invoice_worker::database::{By, Database, DeadLetterStatus, RunStatus};
use invoice_worker::dead_letters::Targets;
use invoice_worker::replays::{self, Plan, Runner, Terms};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{archived, count, database, letter, resumption};
use crate::harness::{Options, World, eventually, eventually_within, program};

const BY: By<'_> = By {
    actor: "tester@here",
    reason: Some("the cause is fixed"),
};

/// Longest wait for a lease to end, and for what comes after.
const AFTER_A_LEASE: Duration = Duration::from_secs(90);

/// A world with so many open dead letters, numbered from 1, and no worker.
async fn world_with(options: Options, letters: usize) -> (World, Database) {
    let world = World::new(options).await;
    let database = database(&world).await;
    let letters: Vec<_> = (1..=letters)
        .map(|index| letter(index, "totals_mismatch"))
        .collect();
    for page in letters.chunks(50) {
        database.store_dead_letters(page).await.expect("stored");
    }
    (world, database)
}

/// Creates a replay of these open dead letters; of all where none are given.
async fn create(
    database: &Database,
    ids: impl IntoIterator<Item = i64>,
    rate: Option<u32>,
) -> Model {
    let ids: Vec<i64> = ids.into_iter().collect();
    let targets = Targets {
        all: ids.is_empty(),
        selection: Selection {
            ids,
            status: Some(DeadLetterStatus::Open),
            ..Selection::default()
        },
    };
    let frozen = targets.freeze(database).await.expect("a selection");
    let plan = Plan::new(database, frozen, None).await.expect("a plan");
    let terms = Terms {
        lane: Lane::Bulk,
        rate,
        by: BY,
    };
    let created = replays::create(database, &plan, terms).await;
    created.expect("a replay")
}

async fn replay(database: &Database, id: i64) -> Model {
    replays::find(database, id).await.expect("the replay")
}

/// Waits until a replay is in this state.
async fn wait_until(database: &Database, id: i64, status: RunStatus) -> Model {
    let what = format!("replay {id} that is {}", status.as_str());
    eventually_within(AFTER_A_LEASE, &what, async || {
        let row = replay(database, id).await;
        if row.status == status {
            Ok(row)
        } else {
            Err(row)
        }
    })
    .await
}

/// Waits until a replay has published something, and is far from its end.
async fn wait_for_some(database: &Database, id: i64) {
    eventually("a replay that is under way", async || {
        let row = replay(database, id).await;
        if row.published > 0 { Ok(()) } else { Err(row) }
    })
    .await;
}

/// A runner in this process.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(world: &World, database: &Database, name: &str) -> Self {
        let app = App::new(world.settings.clone());
        let endpoint = app.endpoint().expect("an endpoint");
        let publisher = Publisher::new(endpoint, app.topology());
        let runner = Runner::new(database.clone(), publisher, app.topology(), name.to_owned());
        let stop = CancellationToken::new();
        let token = stop.clone();
        let task = tokio::spawn(async move { runner.run(&token).await });
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("it does not panic");
    }
}

/// `dead-letters replay` of everything at this rate, in a process of its own.
fn replay_process(world: &World, rate: &str) -> Child {
    Command::new(program())
        .args([
            "dead-letters",
            "replay",
            "--all",
            "--rate",
            rate,
            "--reason",
            "it is fixed",
        ])
        .current_dir(world.folder.path())
        .env_clear()
        .envs(&world.variables)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts")
}

/// How many requests were published, and of how many dead letters.
async fn published(world: &World) -> (usize, usize) {
    let taken = world.take_all(&world.topology.queue(Lane::Bulk)).await;
    let of: BTreeSet<&str> = taken
        .iter()
        .map(|message| message.header("x-replay-of"))
        .collect();
    (taken.len(), of.len())
}

async fn all_are_replayed(database: &Database, letters: usize) {
    let rows = archived(database).await;
    assert_eq!(count(&rows, DeadLetterStatus::Replayed), letters);
}
