//! Has this version go on with what another one has left.

use invoice::Sha256Digest;
use invoice_worker::database::sales_invoice::Model;
use invoice_worker::database::{DeadLetterStatus, Status, dead_letter};
use serde_json::Value;

use super::fixture::{Expected, Fixture, Message};
use super::populate::{letters, request};
use super::rows;
use super::wire::Wire;
use crate::harness::{Options, World, eventually, samples};

pub(super) async fn understands(fixture: &Fixture, sqlite: bool) {
    let world = World::new(Options {
        sqlite,
        unmigrated: true,
        ..Options::default()
    })
    .await;
    rows::restore(&world, fixture).await;
    for object in &fixture.objects {
        let put = world.s3.put_object().bucket(&world.bucket).key(&object.key);
        let put = put.content_type(&object.content_type);
        let put = put.set_metadata(Some(object.metadata.clone().into_iter().collect()));
        let put = put.body(object.bytes.clone().into()).send().await;
        put.expect("the object can be put");
    }
    world.program(&["migrate", "up"]).run().await.succeeded();
    world
        .program(&["migrate", "status"])
        .run()
        .await
        .succeeded();

    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let wire = Wire::new(&world).await;
    for message in &fixture.messages {
        wire.publish(message).await;
    }
    for message in &fixture.messages {
        ends_as_expected(&world, fixture, message).await;
    }
    for object in &fixture.objects {
        let rows = world.rows().await;
        let row = rows
            .iter()
            .find(|row| row.object_key.as_ref() == Some(&object.key));
        let recorded = row.and_then(|row| row.sha256.clone());
        let stored = Sha256Digest::of(&world.object(&object.key).await).to_string();
        let left = Sha256Digest::of(&object.bytes).to_string();
        let version = &fixture.version;
        assert_eq!(
            (recorded.as_ref(), &stored),
            (Some(&left), &left),
            "the document that version {version} has left was not adopted"
        );
    }
    goes_on_with_documents(&world).await;
    goes_on_with_dead_letters(&world, fixture).await;
    worker.stop().await;
    for queue in world.topology.queues() {
        assert_eq!(world.queue_len(&queue).await, 0, "messages wait in {queue}");
    }
}

async fn ends_as_expected(world: &World, fixture: &Fixture, message: &Message) {
    let (version, name, expected) = (&fixture.version, &message.name, &message.expected);
    let what = format!("the end of the message \"{name}\" of version {version}, {expected:?}");
    eventually(&what, async || {
        let letters = letters(world).await;
        let (rows, states) = (world.rows().await, letters.iter().map(state));
        let is_it = match expected {
            Expected::Generated { order } => rows.iter().any(|row| is_generated(row, order)),
            Expected::Dead { code } => letters.iter().any(|letter| {
                letter.message_id.as_deref() == message.properties["messageId"].as_str()
                    && letter.code == *code
            }),
            Expected::FailsAgain { id } => letters.iter().any(|letter| {
                letter.id == *id && letter.failures == 2 && letter.status == DeadLetterStatus::Open
            }),
        };
        is_it.then_some(()).ok_or(states.collect::<Vec<_>>())
    })
    .await;
}

fn state(letter: &dead_letter::Model) -> String {
    let (id, code, detail) = (letter.id, &letter.code, &letter.detail);
    let (status, failures) = (letter.status.as_str(), letter.failures);
    format!("{id} {status} {code} {failures}: {detail}")
}

fn is_generated(row: &Model, order: &str) -> bool {
    row.order_id == order && row.status == Status::Generated
}

/// The same request again is found; a corrected one takes the place of a failure.
async fn goes_on_with_documents(world: &World) {
    let generated = row(world, "fixture-generated").await;
    assert_eq!(generated.status, Status::Generated);
    let identity = generated.identity().expect("valid");
    let path = identity.to_string();
    let show: Vec<&str> = ["show"].into_iter().chain(path.split('/')).collect();
    let shown = world.program(&show).run().await.succeeded();
    assert!(shown.contains("fixture-generated"), "{shown}");
    // The row says that it is there. It is not, and would be rendered again if the digest were another.
    world.publish(generated.request.clone()).await;
    let corrected = request("fixture-discarded");
    world.publish(corrected.to_string()).await;
    world
        .wait_for_document(&samples::identity(&corrected))
        .await;
    eventually("an event about the document found", async || {
        let events = world.events().await;
        let about = |event: &crate::harness::Received| {
            event.routing_key == "invoice.generated"
                && event.json()["subject"] == identity.to_string()
        };
        events.iter().any(about).then_some(()).ok_or(events.len())
    })
    .await;
    assert_eq!(row(world, "fixture-generated").await, generated);
}

async fn row(world: &World, order: &str) -> Model {
    let rows = world.rows().await;
    let row = rows.into_iter().find(|row| row.order_id == order);
    row.unwrap_or_else(|| panic!("there is no row of {order}"))
}

/// Numbers 1 to 4 are open, discarded, edited, replayed.
async fn goes_on_with_dead_letters(world: &World, fixture: &Fixture) {
    let run = async |arguments: &[&str], input: String| {
        let arguments = [&["dead-letters"], arguments].concat();
        let run = world.program(&arguments).input(input).run().await;
        run.succeeded()
    };
    let none = String::new;
    for letter in letters(world).await {
        let shown = run(&["show", &letter.id.to_string()], none()).await;
        assert!(shown.contains(&letter.code), "{shown}");
    }
    run(&["groups"], none()).await;
    let exported = run(&["export", "--status", "all"], none()).await;
    assert_eq!(exported.lines().count(), letters(world).await.len());
    let history = run(&["show", "3"], none()).await;
    assert!(history.contains("a fixture"), "{history}");

    let changes = ["changes", "--limit", "0", "--json"];
    let changes = world.program(&changes).run().await.succeeded();
    let changes: Vec<Value> = serde_json::from_str(&changes).expect("JSON");
    let rows = fixture.postgres.iter();
    let recorded = rows.filter(|row| row.starts_with("INSERT INTO change "));
    assert_eq!(changes.len(), recorded.count());

    let corrected = request("fixture-corrected");
    run(
        &["edit", "1", "-", "--change-identity", "--reason", "total"],
        corrected.to_string(),
    )
    .await;
    let cancelled = ["replays", "--status", "cancelled", "--json"];
    let cancelled = run(&cancelled, none()).await;
    let cancelled: Vec<Value> = serde_json::from_str(&cancelled).expect("JSON");
    for replay in cancelled {
        let resumed = run(
            &[
                "replay",
                "--resume",
                &replay["id"].to_string(),
                "--reason",
                "it is fixed",
            ],
            none(),
        )
        .await;
        assert_eq!(resumed, "replayed 1\n");
    }
    // The first one only if no replay had it.
    run(&["replay", "1", "3", "--reason", "it is fixed"], none()).await;
    run(
        &[
            "replay",
            "--status",
            "discarded",
            "2",
            "--reason",
            "it is fixed",
        ],
        none(),
    )
    .await;
    for order in ["fixture-corrected", "fixture-edited"] {
        let identity = samples::identity(&request(order));
        world.wait_for_document(&identity).await;
    }
    eventually("the letter that was discarded, open again", async || {
        let letters = letters(world).await;
        let states: Vec<_> = letters.iter().map(state).collect();
        let discarded = letters.iter().find(|letter| letter.id == 2);
        let is_open = discarded
            .is_some_and(|letter| letter.status == DeadLetterStatus::Open && letter.failures == 2);
        is_open.then_some(()).ok_or(states)
    })
    .await;
}
