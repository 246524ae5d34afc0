//! `docs/asyncapi.json`: it is what the program prints, it names every header, and real messages are as it says; events are also as
//! their own schemas say.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use invoice::content;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::harness::{Finished, Message, Options, Program, Received, World, eventually, samples};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn file(name: &str) -> String {
    let path = path(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the program prints with these settings.
async fn printed(variables: &[(&str, &str)]) -> String {
    let folder = TempDir::new().expect("a temporary folder");
    let program = Program::new(folder.path(), &["asyncapi"]);
    let variables = variables.iter().copied();
    program.envs(variables).run().await.succeeded()
}

/// `scripts/verify/messages` with what `make test` has installed for it.
async fn verify(arguments: &[&str]) -> Finished {
    let python = path("target/tools/bin/python3");
    let output = Command::new(&python)
        .arg(path("scripts/verify/messages"))
        .args(arguments)
        .output()
        .await;
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// `invoice-worker asyncapi > docs/asyncapi.json` renews it.
#[tokio::test]
async fn the_published_document_is_that_of_the_program() {
    assert!(
        printed(&[]).await == file("docs/asyncapi.json"),
        "docs/asyncapi.json is out of date"
    );
}

#[tokio::test]
async fn the_document_has_the_names_of_the_settings() {
    let settings = [
        ("AMQP_EXCHANGE", "shop"),
        ("AMQP_QUEUE", "shop.orders"),
        ("RETRY_DELAYS_SECONDS", "60,7200"),
    ];
    let document: Value = serde_json::from_str(&printed(&settings).await).expect("JSON");
    for (pointer, expected) in [
        (
            "/channels/requests/bindings/amqp/exchange/name",
            json!("shop"),
        ),
        ("/channels/bulkRequests/x-queue", json!("shop.orders.bulk")),
        (
            "/channels/retries/address",
            json!("shop.orders.retry.{delay}"),
        ),
        (
            "/channels/retries/parameters/delay/enum",
            json!(["1m", "2h"]),
        ),
        ("/channels/deadLetters/address", json!("shop.orders.dead")),
    ] {
        assert_eq!(document.pointer(pointer), Some(&expected), "{pointer}");
    }
}

#[test]
fn the_document_describes_every_header_that_the_program_has_a_name_for() {
    let document: Value = serde_json::from_str(&file("docs/asyncapi.json")).expect("JSON");
    let messages = document["components"]["messages"]
        .as_object()
        .expect("messages");
    let described: BTreeSet<&String> = messages
        .values()
        .filter_map(|message| message["headers"]["properties"].as_object())
        .flat_map(|headers| headers.keys())
        .collect();
    let source = file("src/broker/headers.rs");
    let constant =
        regex::Regex::new(r#"(?m)^pub(?:\(\w+\))? const \w+: &str =\s*"([^"]+)";"#).expect("valid");
    let named: BTreeSet<&str> = constant
        .captures_iter(&source)
        .filter_map(|found| Some(found.get(1)?.as_str()))
        .collect();
    assert!(named.len() > 15, "{named:?}");
    for name in named {
        // Some are the beginning of names.
        let is_prefix = name.ends_with([':', '_', '-']);
        let is_described = described
            .iter()
            .any(|header| *header == name || (is_prefix && header.starts_with(name)));
        assert!(is_described, "no message has the header {name}");
    }
}

#[tokio::test]
async fn the_examples_and_the_messages_of_fixtures_are_as_the_document_says() {
    let examples = verify(&["examples"]).await.succeeded();
    assert!(examples.contains("4 request,"), "{examples}");
    let fixture = concat!(
        "tests/fixtures/",
        env!("CARGO_PKG_VERSION"),
        "/fixture.json"
    );
    let fixture = path(fixture);
    let arguments = ["fixtures", fixture.to_str().expect("UTF-8")];
    let checked = verify(&arguments).await.succeeded();
    for name in ["deadLetter", "requestInMassTransit", "retriedRequest"] {
        assert!(checked.contains(name), "{checked}");
    }
}

/// Requests that the CloudEvents library has written are processed, and it reads their events.
#[tokio::test(flavor = "multi_thread")]
async fn real_messages_are_as_the_document_says() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let mut lines = published(&world).await;
    let events = world.wait_for_events(lines.len()).await;
    lines.extend(events.iter().map(of_event));
    lines.extend(dead_letters(&world, 2).await);
    worker.stop().await;

    let checked = check(&world, &lines).await.succeeded();
    let expected = "as described: 2 deadLetter, 2 failed, 3 generated, 2 request, 2 requestInBinaryCloudEvent, 1 requestInCloudEvent";
    assert_eq!(checked.trim_end(), expected);

    let generated = lines.iter().find(|line| line["message"] == "generated");
    let mut without_id = generated.expect("an event").clone();
    let mut event: Value = body(&without_id);
    event.as_object_mut().expect("an event").remove("id");
    without_id["body"] = json!(event.to_string());
    let refused = check(&world, &[without_id]).await;
    assert_eq!(refused.code, 1, "{refused:#?}");
    for problem in [
        "body: : 'id' is a required property",
        "body: invoice-generated.schema.json: $: 'id' is a required property",
    ] {
        assert!(refused.stderr.contains(problem), "{refused:#?}");
    }
}

/// Publishes three requests that are carried out, another one of the first identity, and one that is not valid.
async fn published(world: &World) -> Vec<Value> {
    let sample = path("templates/receipt/samples/receipt-minimal.json");
    let printed = verify(&["events", sample.to_str().expect("UTF-8")]).await;
    let printed = printed.succeeded();
    let requests = printed.lines();
    let mut lines: Vec<Value> = requests
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    for line in &lines {
        world.send(&message_of(line)).await;
    }
    let request = |sequence_number| {
        let receipt = samples::receipt();
        let order_id = receipt["marketplace"]["orderId"].as_str().expect("a text");
        samples::with_identity(receipt.clone(), order_id, sequence_number)
    };
    for sequence_number in ["1", "2", "3"] {
        let identity = samples::identity(&request(sequence_number));
        world.wait_for_document(&identity).await;
    }
    let mut other = request("1");
    other["lines"][0]["quantity"] = json!("3");
    let mut invalid = samples::invoice();
    invalid["totals"]["gross"] = json!("278.21");
    for request in [other, invalid] {
        let line = json!({
            "message": "request",
            "properties": { "content_type": content::JSON, "correlation_id": "order-1" },
            "headers": { "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
            "body": request.to_string(),
        });
        world.send(&message_of(&line)).await;
        lines.push(line);
    }
    lines
}

fn message_of(line: &Value) -> Message {
    let mut headers = FieldTable::default();
    for (name, value) in line["headers"].as_object().expect("headers") {
        let text = value.as_str().expect("a text");
        headers.insert(name.as_str().into(), AMQPValue::LongString(text.into()));
    }
    let properties = &line["properties"];
    let content_type = match properties["content_type"].as_str() {
        Some(content::CLOUD_EVENT) => content::CLOUD_EVENT,
        Some(content::JSON) => content::JSON,
        other => panic!("{other:?} is no content type of a request here"),
    };
    Message {
        content_type,
        odd_headers: headers,
        correlation_id: properties["correlation_id"].as_str().map(str::to_owned),
        ..Message::new(line["body"].as_str().expect("a text"))
    }
}

fn of_event(event: &Received) -> Value {
    let mut properties = json!({
        "content_type": event.content_type,
        "delivery_mode": event.delivery_mode,
        "message_id": event.message_id,
    });
    if let Some(id) = &event.correlation_id {
        properties["correlation_id"] = json!(id);
    }
    let name = event.routing_key.strip_prefix("invoice.");
    json!({
        "message": name.expect("an event"),
        "properties": properties,
        "headers": event.headers,
        "body": String::from_utf8_lossy(&event.body),
    })
}

/// Those that the worker has archived, with the headers that they had in the queue.
async fn dead_letters(world: &World, count: usize) -> Vec<Value> {
    let exported = eventually("dead letters in the archive", async || {
        let exported = world.program(&["dead-letters", "export"]).run().await;
        let exported = exported.succeeded();
        let found = exported.lines().count();
        if found == count {
            Ok(exported)
        } else {
            Err(found)
        }
    });
    let exported = exported.await;
    let letters = exported.lines().map(|line| {
        let letter: Value = serde_json::from_str(line).expect("JSON");
        json!({
            "message": "deadLetter",
            "properties": letter["properties"],
            "headers": letter["headers"],
            "body": letter["payload"],
        })
    });
    letters.collect()
}

async fn check(world: &World, lines: &[Value]) -> Finished {
    let path = world.path("messages.ndjson");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, text).expect("written");
    verify(&["check", path.to_str().expect("UTF-8")]).await
}

/// The body of a message, which is JSON.
fn body(line: &Value) -> Value {
    serde_json::from_str(line["body"].as_str().expect("a text")).expect("JSON")
}
