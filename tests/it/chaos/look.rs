//! Gathers everything that is there when the drill is over.

use invoice::digest::Sha256Digest;
use invoice_worker::database::sales_invoice::Model;
use invoice_worker::database::{DeadLetterStatus, Status, dead_letter};
use sea_orm::EntityTrait as _;

use super::audit::{DeadLetter, Event, Found, Object, Row, Xml};
use super::publisher::reply_queue;
use super::servers::RabbitMq;
use crate::harness::{Received, World, eventually};

pub(super) async fn look(world: &World, rabbitmq: &RabbitMq) -> Found {
    let queues = world.topology.queues();
    let held = eventually("queues that can be inspected", async || {
        rabbitmq.held_in_each(&queues).await.ok_or("no answer")
    });
    let mut found = Found {
        held: held.await,
        ..Found::default()
    };
    let events = world.take_events_and(&reply_queue(world)).await;
    found.events = events.iter().map(event).collect();
    for key in world.objects().await {
        let bytes = world.object(&key).await;
        let object = Object {
            sha256: Sha256Digest::of(&bytes).to_string(),
            size_bytes: bytes.len(),
        };
        found.objects.insert(key, object);
    }
    found.rows = world.rows().await.iter().map(row).collect();
    found.dead_letters = dead_letters(world).await;
    found
}

fn row(model: &Model) -> Row {
    let identity = model.identity().expect("a valid identity");
    let object = model.sha256.clone().zip(model.size_bytes);
    let xml = model.xml_object_key.clone().zip(model.xml_sha256.clone());
    let parsed = invoice::parse(model.request.as_bytes(), 1 << 20);
    Row {
        identity: identity.to_string(),
        generated: model.status == Status::Generated,
        error_code: model.error_code.clone(),
        request_digest: model.request_digest.clone(),
        digest_of_request: parsed.ok().map(|parsed| parsed.digest.to_string()),
        object_key: model.object_key.clone(),
        object: object.map(|(sha256, size_bytes)| Object {
            sha256,
            size_bytes: size_bytes.try_into().expect("a size"),
        }),
        xml: xml.map(|(key, sha256)| Xml { key, sha256 }),
    }
}

/// Those that a worker has archived.
async fn dead_letters(world: &World) -> Vec<DeadLetter> {
    let url = world.variables["DATABASE_URL"].as_str();
    let database = sea_orm::Database::connect(url).await;
    let database = database.expect("the database can be reached");
    let rows = dead_letter::Entity::find().all(&database).await;
    let rows = rows.expect("the archive can be read").into_iter();
    rows.map(|row| DeadLetter {
        message_id: row.message_id.unwrap_or_default(),
        code: row.code,
        body: row.payload,
        open: row.status == DeadLetterStatus::Open,
    })
    .collect()
}

fn event(event: &Received) -> Event {
    let content = event.json();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    Event {
        id: event.message_id.clone().unwrap_or_default(),
        // In a queue for replies the routing key is the queue's name.
        generated: content["type"]
            .as_str()
            .is_some_and(|kind| kind.starts_with("invoice.generated.")),
        subject: text(&content["subject"]),
        message_id: text(&content["data"]["requestMessageId"]).unwrap_or_default(),
    }
}
