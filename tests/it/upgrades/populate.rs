//! Has the program leave rows of every kind.

use invoice_worker::broker::Lane;
use invoice_worker::database::dead_letters::Selection;
use invoice_worker::database::{By, Database, DeadLetterStatus, dead_letter};
use invoice_worker::dead_letters::Targets;
use invoice_worker::replays::{self, Plan, Terms};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use super::rows::connect;
use crate::harness::{Message, World, eventually, samples};

/// The order whose document is stored and not recorded.
pub(super) const ADOPTED: &str = "fixture-adopted";

/// The dead letters, by their numbers from 1.
const LETTERS: [&str; 4] = ["open", "discarded", "edited", "replayed"];

/// A valid request about an order.
pub(super) fn request(order: &str) -> Value {
    let mut request = samples::with_identity(samples::receipt(), order, "1");
    // Members that no version knows, and a number that a float would round.
    request["extensions"] = json!({ "channel": "fixture", "weight": 1.50 });
    request
}

/// One whose total is wrong.
pub(super) fn wrong(order: &str) -> Value {
    let mut request = request(order);
    request["totals"] = json!({ "gross": "1.00" });
    request
}

/// Documents, failures, and dead letters in every state. The last one waits in the queue of requests afterwards.
pub(super) async fn populate(world: &World) {
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    for order in ["fixture-generated", ADOPTED] {
        let request = request(order);
        world.publish(request.to_string()).await;
        world.wait_for_document(&samples::identity(&request)).await;
    }
    for (index, name) in LETTERS.into_iter().enumerate() {
        let request = wrong(&format!("fixture-{name}"));
        // Part of a letter's fingerprint: the same on every database.
        let message = Message {
            message_id: format!("fixture letter {name}"),
            ..Message::new(request.to_string())
        };
        world.send(&message).await;
        eventually("another dead letter", async || {
            let count = letters(world).await.len();
            (count == index + 1).then_some(()).ok_or(count)
        })
        .await;
    }
    worker.stop().await;
    let letters = async |arguments: &[&str], input: String| {
        let arguments = [&["dead-letters"], arguments].concat();
        let run = world.program(&arguments).input(input).run().await;
        run.succeeded();
    };
    let reason = ["--reason", "a fixture"];
    letters(&[&["discard", "2"], &reason[..]].concat(), String::new()).await;
    let corrected = request("fixture-edited").to_string();
    letters(&[&["edit", "3", "-"], &reason[..]].concat(), corrected).await;
    letters(&["replay", "4", "--reason", "it is fixed"], String::new()).await;
    cancelled_replay(world, 1).await;
}

/// A replay that a person has cancelled before it began, and can resume.
async fn cancelled_replay(world: &World, letter: i64) {
    let url = world.settings.database.url().expect("a URL");
    let database = Database::connect(url, false).await;
    let database = database.expect("the database can be reached");
    let targets = Targets {
        selection: Selection {
            ids: vec![letter],
            status: Some(DeadLetterStatus::Open),
            ..Selection::default()
        },
        all: false,
    };
    let frozen = targets.freeze(&database).await.expect("a selection");
    let plan = Plan::new(&database, frozen, Some(10)).await;
    let by = By {
        actor: "person@host",
        reason: Some("a fixture"),
    };
    let terms = Terms {
        lane: Lane::Ordinary,
        rate: Some(50),
        by,
    };
    let created = replays::create(&database, &plan.expect("a plan"), terms).await;
    let cancelled = replays::cancel(&database, created.expect("a replay").id, by).await;
    cancelled.expect("cancelled");
}

pub(super) async fn letters(world: &World) -> Vec<dead_letter::Model> {
    let database = connect(world).await;
    let letters = dead_letter::Entity::find().all(&database).await;
    letters.expect("the archive can be read")
}
