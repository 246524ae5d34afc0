//! Dead letters: how they get into the archive, and what operators do with them there.

mod archive;
mod bulk;
mod changes;
mod commands;
mod conflict;
mod durability;
mod edits;
mod groups;
mod identity;
mod import;
mod large;
mod outcomes;
mod replay;
mod replays;
mod search;

use std::time::Duration;

use invoice::ClaimedIdentity;
use invoice_worker::broker::topology::REQUESTED;
use invoice_worker::database::dead_letter::Model;
use invoice_worker::database::dead_letters::Selection;
use invoice_worker::database::{Database, DeadLetterStatus, NewDeadLetter, dead_letter_edit};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::harness::{Finished, WorkerProcess, World, eventually, samples};

/// Has a worker of a [`World`] archive dead letters.
const ARCHIVING: (&str, &str) = ("ARCHIVE_DEAD_LETTERS", "true");

/// The arguments with which a person has a replay go on.
fn resumption<'a>(replay: &'a str, reason: &'a str) -> [&'a str; 6] {
    [
        "dead-letters",
        "replay",
        "--resume",
        replay,
        "--reason",
        reason,
    ]
}

/// Runs a command of `dead-letters`.
pub(crate) async fn run(world: &World, arguments: &[&str]) -> Finished {
    let arguments = [&["dead-letters"], arguments].concat();
    world.program(&arguments).run().await
}

/// The archive as the program sees it.
pub(crate) async fn database(world: &World) -> Database {
    let url = world.settings.database.url().expect("a URL");
    let database = Database::connect(url, false).await;
    database.expect("the database can be reached")
}

/// All rows, in the order of their ids.
pub(crate) async fn archived(database: &Database) -> Vec<Model> {
    let rows = database.dead_letters(&Selection::default(), 0, 1_000).await;
    rows.expect("the archive can be read")
}

/// The newest hundred edits of a dead letter with their messages, the oldest of these first.
pub(crate) async fn edits_of(database: &Database, id: i64) -> Vec<dead_letter_edit::Model> {
    let edits = database.edits_of_letter(id, None, 100).await;
    let edits = edits.expect("the edits can be read");
    let ids = edits.items.iter().map(|edit| edit.id).collect();
    let edits = database.edits_with_messages(ids).await;
    edits.expect("the edits can be read")
}

/// Waits until this many rows are in this state, and answers all rows.
async fn wait_for(database: &Database, status: DeadLetterStatus, count: usize) -> Vec<Model> {
    let what = format!("{count} dead letters that are {}", status.as_str());
    eventually(&what, async || {
        let rows = archived(database).await;
        if self::count(&rows, status) == count {
            Ok(rows)
        } else {
            let seen = rows.iter().map(|row| (row.id, row.status, row.failures));
            Err(seen.collect::<Vec<_>>())
        }
    })
    .await
}

/// Waits until this many rows are open, and answers all rows.
async fn wait_for_open(database: &Database, count: usize) -> Vec<Model> {
    wait_for(database, DeadLetterStatus::Open, count).await
}

/// Waits until the only one there is has failed so many times, and is open.
async fn wait_for_failures(database: &Database, failures: i32) {
    let what = format!("a dead letter that has failed {failures} times");
    eventually(&what, async || match archived(database).await.as_slice() {
        [row] if row.failures == failures && row.status == DeadLetterStatus::Open => Ok(()),
        other => Err(other.to_vec()),
    })
    .await;
}

/// Waits until a worker has archived so many messages of the dead-letter queue. These are acknowledged before it stops; a row
/// alone may be seen before the worker knows of it, and its message comes back then if the worker is stopped.
async fn has_archived(worker: &WorkerProcess, messages: u64) {
    eventually(&format!("{messages} archived messages"), async || {
        let events = worker.events("archived");
        let counts = events.iter().filter_map(|event| event["count"].as_u64());
        let archived: u64 = counts.sum();
        if archived >= messages {
            Ok(())
        } else {
            Err(archived)
        }
    })
    .await;
}

/// How many of them are in this state.
fn count(rows: &[Model], status: DeadLetterStatus) -> usize {
    rows.iter().filter(|row| row.status == status).count()
}

/// A request whose total is wrong, about an order of its own.
pub(crate) fn wrong(index: usize) -> Value {
    let mut request = samples::with_identity(samples::receipt(), &format!("wrong-{index}"), "1");
    request["totals"] = json!({ "gross": "1.00" });
    request
}

fn wrong_ones(count: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(|index| wrong(index).to_string().into_bytes())
}

/// A dead letter that goes into the table without a broker.
pub(crate) fn letter(index: usize, code: &str) -> NewDeadLetter {
    let payload = wrong(index).to_string().into_bytes();
    NewDeadLetter {
        message_id: Some(format!("message-{index}")),
        exchange: "invoices.dead".into(),
        routing_key: REQUESTED.into(),
        properties: json!({ "message_id": format!("message-{index}") }).to_string(),
        headers: json!({ "x-error-code": code, "tenant": "a" }).to_string(),
        claimed: ClaimedIdentity::of(&payload),
        payload,
        code: code.into(),
        stage: "validate".into(),
        detail: format!("/totals/gross: is {index}.00"),
        attempts: 1,
        worker: Some("host:1".into()),
        failed_at: OffsetDateTime::now_utc(),
        replays: 0,
        replay_of: None,
        is_plain: false,
    }
}

/// A channel of the test's own at the world's broker, with confirms.
pub(crate) async fn channel(world: &World) -> (Connection, Channel) {
    let url = &world.variables["AMQP_URL"];
    let connection = Connection::connect(url, ConnectionProperties::default()).await;
    let connection = connection.expect("the broker can be reached");
    let channel = connection.create_channel().await.expect("a channel");
    let confirms = channel.confirm_select(ConfirmSelectOptions::default());
    confirms.await.expect("confirms");
    (connection, channel)
}

/// Publishes to an exchange as it is.
async fn publish_raw(
    channel: &Channel,
    exchange: &str,
    body: &[u8],
    headers: &[(&str, AMQPValue)],
    properties: BasicProperties,
) {
    let mut table = FieldTable::default();
    for (name, value) in headers {
        table.insert((*name).into(), value.clone());
    }
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let properties = properties.with_headers(table).with_delivery_mode(2);
    let confirm = channel
        .basic_publish(exchange.into(), REQUESTED.into(), options, body, properties)
        .await
        .expect("published");
    confirm.await.expect("confirmed");
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

/// Times differ from row to row by this much at most, when they are about the same moment.
fn is_recent(time: OffsetDateTime) -> bool {
    (OffsetDateTime::now_utc() - time).abs() < Duration::from_secs(300)
}

/// Whether a transaction holds locks of rows.
async fn is_locked(world: &World) -> bool {
    let url = world.variables["DATABASE_URL"].as_str();
    let connection = sea_orm::Database::connect(url).await.expect("a database");
    let mut locked = false;
    for table in ["replay", "dead_letter"] {
        let all = format!("SELECT id FROM {table}");
        let free = format!("{all} FOR UPDATE SKIP LOCKED");
        let rows = async |statement: String| {
            let statement = Statement::from_string(DbBackend::Postgres, statement);
            let rows = connection.query_all_raw(statement).await;
            rows.expect("rows").len()
        };
        locked |= rows(all).await != rows(free).await;
    }
    connection.close().await.expect("closed");
    locked
}
