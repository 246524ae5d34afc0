//! Repairs: one change of a group of dead letters, tried for real without effects, then made and replayed.

mod again;
mod approval;
mod commands;
mod control;
mod leases;
mod metrics;
mod patches;
mod processes;
mod refusals;
mod templates;
mod waits;
mod whole;

use std::collections::BTreeMap;
use std::time::Duration;

use invoice::digest::Sha256Digest;
use invoice_worker::database::Database;
use invoice_worker::database::dead_letter::Model;
use invoice_worker::database::dead_letters::Selection;
use serde_json::{Value, json};

use crate::api::operators::right;
use crate::dead_letters::{database, letter};
use crate::harness::http::{Answer, Client};
use crate::harness::{Options, Serve, World, eventually_within, samples};

/// Longest wait for what becomes of a repair. The renderers of a trial have the lowest priority of the processor, of which other
/// tests leave them little.
const PATIENCE: Duration = Duration::from_secs(180);

/// Longest wait for a lease to end, and for what comes after.
const AFTER_A_LEASE: Duration = Duration::from_secs(210);

/// The patch that makes the letters of [`letter`] valid: the totals are computed where they are absent.
pub(crate) fn without_totals() -> Value {
    json!([{ "op": "remove", "path": "/totals" }])
}

/// A world with so many open dead letters, numbered from 1.
pub(crate) async fn world_with(options: Options, letters: usize) -> (World, Database) {
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

/// Stores a dead letter with this request.
pub(crate) async fn store(database: &Database, index: usize, request: &Value) {
    let mut letter = letter(index, "totals_mismatch");
    letter.payload = request.to_string().into_bytes();
    letter.claimed = invoice::ClaimedIdentity::of(&letter.payload);
    let stored = database.store_dead_letters(&[letter]).await;
    stored.expect("stored");
}

/// All dead letters.
async fn archived(database: &Database) -> Vec<Model> {
    let rows = database.dead_letters(&Selection::default(), 0, 1_000).await;
    rows.expect("the archive can be read")
}

/// A server with a token of each of these names, each with this role. The name is the token.
pub(crate) async fn serve_for(
    world: &World,
    names: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> Serve {
    let entries = names.iter().map(|(name, role)| {
        let sha256 = Sha256Digest::of(token(name).as_bytes()).to_string();
        json!({ "name": name, "sha256": sha256, "roles": [role] })
    });
    let tokens = Value::Array(entries.collect()).to_string();
    let mut all = vec![
        ("HTTP_TOKENS", tokens.as_str()),
        ("HTTP_RATE_PER_SECOND", "100000"),
    ];
    all.extend(variables);
    world.serve_with(&all).await
}

/// The token of this name.
pub(crate) fn token(name: &str) -> String {
    format!("{name}-token-0123456789-0123456789")
}

/// Issues the document of another request under the identity of a letter.
pub(crate) async fn issue_other(world: &World, index: usize) {
    let mut issued = right(index);
    issued["buyer"]["name"] = "Someone Else".into();
    world.publish(issued.to_string()).await;
    world.wait_for_document(&samples::identity(&issued)).await;
}

/// Makes a repair of all open dead letters with this patch, and answers its path.
async fn create(client: &Client, patch: &Value) -> String {
    let body = json!({ "targets": { "all": true }, "patch": patch, "reason": "INC-1" });
    let created = client.post("/v1/repairs", &body).await;
    let repair = created.is(201);
    assert_eq!(repair["status"], "trying");
    let path = created.header("location").expect("Location").to_owned();
    assert_eq!(path, format!("/v1/repairs/{}", repair["id"]));
    path
}

/// Waits until a repair is in this state.
pub(crate) async fn until(client: &Client, path: &str, status: &str) -> Value {
    until_within(PATIENCE, client, path, status).await
}

/// [`until`] with another deadline.
pub(crate) async fn until_within(
    deadline: Duration,
    client: &Client,
    path: &str,
    status: &str,
) -> Value {
    eventually_within(
        deadline,
        &format!("a repair that is {status}"),
        async || {
            let repair = client.get(path).await.is(200);
            if repair["status"] == status {
                Ok(repair)
            } else {
                Err(repair)
            }
        },
    )
    .await
}

/// Makes a repair of everything, and waits until it was tried.
async fn tried(client: &Client, patch: &Value) -> (String, Value) {
    let path = create(client, patch).await;
    let repair = until(client, &path, "tried").await;
    (path, repair)
}

/// Applies or approves a repair as it is now.
pub(crate) async fn decide(client: &Client, path: &str, action: &str, body: &Value) -> Answer {
    let body = as_seen(&client.get(path).await.is(200), body);
    client.post(&format!("{path}/{action}"), &body).await
}

/// The body of a decision about a repair as it was seen.
fn as_seen(repair: &Value, body: &Value) -> Value {
    let mut body = body.clone();
    body["updatedAt"] = repair["updatedAt"].clone();
    body
}

/// Why something is done.
fn because(reason: &str) -> Value {
    json!({ "reason": reason })
}

/// All letters of a repair by the numbers of the dead letters, read in small pages.
async fn letters(client: &Client, path: &str) -> BTreeMap<i64, Value> {
    let mut letters = BTreeMap::new();
    let mut query = "limit=20".to_owned();
    loop {
        let page = client.get(&format!("{path}/letters?{query}")).await.is(200);
        for letter in page["items"].as_array().expect("a list") {
            let id = letter["id"].as_i64().expect("a number");
            assert!(letters.insert(id, letter.clone()).is_none(), "{id} twice");
        }
        match page["nextCursor"].as_str() {
            Some(cursor) => query = format!("limit=20&cursor={cursor}"),
            None => return letters,
        }
    }
}
