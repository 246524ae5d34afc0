//! Messages of fixtures as messages of the broker, and back.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use invoice_worker::broker::Lane;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicPublishOptions};
use lapin::types::{AMQPValue, DecimalValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Connection};
use serde_json::{Value, json};

use super::fixture::{Expected, Message, Place};
use crate::dead_letters::channel;
use crate::harness::World;

/// A client of the broker that sees messages as they are.
pub(super) struct Wire<'a> {
    world: &'a World,
    channel: Channel,
    _connection: Connection,
}

impl<'a> Wire<'a> {
    pub(super) async fn new(world: &'a World) -> Self {
        let (connection, channel) = channel(world).await;
        Self {
            world,
            channel,
            _connection: connection,
        }
    }

    /// Publishes it to where it has waited.
    pub(super) async fn publish(&self, message: &Message) {
        let topology = &self.world.topology;
        let key = |lane: Lane| lane.routing_key().to_owned();
        let (exchange, key) = match message.to {
            Place::Requests => (topology.exchange.clone(), key(Lane::Ordinary)),
            Place::Bulk => (topology.exchange.clone(), key(Lane::Bulk)),
            Place::Retry => (String::new(), retry_queue(self.world)),
            Place::Dead => (topology.dead_exchange.clone(), key(Lane::Ordinary)),
        };
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let confirm = self
            .channel
            .basic_publish(
                exchange.into(),
                key.into(),
                options,
                message.body.as_bytes(),
                properties(message),
            )
            .await
            .expect("published");
        let confirmation = confirm.await.expect("confirmed");
        assert!(confirmation.is_ack(), "{}: {confirmation:?}", message.name);
    }

    /// Takes the only message of a queue.
    pub(super) async fn take(
        &self,
        name: &str,
        queue: &str,
        to: Place,
        expected: Expected,
    ) -> Message {
        let got = self
            .channel
            .basic_get(queue.into(), BasicGetOptions::default())
            .await
            .expect("the queue");
        let delivery = got
            .unwrap_or_else(|| panic!("{name}: {queue} is empty"))
            .delivery;
        let acked = delivery.acker.ack(BasicAckOptions::default()).await;
        acked.expect("acknowledged");
        let headers = delivery.properties.headers().iter();
        // The broker adds the one that is left out by itself.
        let headers = headers
            .flat_map(FieldTable::inner)
            .filter(|(name, _)| name.as_str() != "x-delivery-count")
            .map(|(name, value)| (name.to_string(), typed(value)));
        Message {
            name: name.to_owned(),
            to,
            expected,
            headers: headers.collect(),
            properties: named(&delivery.properties),
            body: String::from_utf8(delivery.data).expect("UTF-8"),
        }
    }
}

/// The first of the world's retry queues.
pub(super) fn retry_queue(world: &World) -> String {
    let queues = world.topology.queues().into_iter();
    let mut retries = queues.filter(|queue| queue.contains(".retry."));
    retries.next().expect("a retry queue")
}

fn named(properties: &BasicProperties) -> BTreeMap<String, Value> {
    let text = |value: &Option<ShortString>| value.as_ref().map(|value| json!(value.as_str()));
    let all = [
        ("contentType", text(properties.content_type())),
        ("contentEncoding", text(properties.content_encoding())),
        (
            "deliveryMode",
            properties.delivery_mode().map(|value| json!(value)),
        ),
        ("priority", properties.priority().map(|value| json!(value))),
        ("correlationId", text(properties.correlation_id())),
        ("replyTo", text(properties.reply_to())),
        ("messageId", text(properties.message_id())),
        (
            "timestamp",
            properties.timestamp().map(|value| json!(value)),
        ),
        ("type", text(properties.kind())),
        ("appId", text(properties.app_id())),
    ];
    let given = all
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.collect()
}

fn properties(message: &Message) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in &message.headers {
        headers.insert(name.as_str().into(), untyped(value));
    }
    let mut properties = BasicProperties::default().with_headers(headers);
    for (name, value) in &message.properties {
        let text = || ShortString::from(value.as_str().expect("a text"));
        let number = || value.as_u64().expect("a number");
        let octet = || u8::try_from(number()).expect("an octet");
        properties = match name.as_str() {
            "contentType" => properties.with_content_type(text()),
            "contentEncoding" => properties.with_content_encoding(text()),
            "deliveryMode" => properties.with_delivery_mode(octet()),
            "priority" => properties.with_priority(octet()),
            "correlationId" => properties.with_correlation_id(text()),
            "replyTo" => properties.with_reply_to(text()),
            "messageId" => properties.with_message_id(text()),
            "timestamp" => properties.with_timestamp(number()),
            "type" => properties.with_type(text()),
            "appId" => properties.with_app_id(text()),
            other => panic!("{}: there is no property {other}", message.name),
        };
    }
    properties
}

/// A value with the letter of its type, as RabbitMQ has them.
fn typed(value: &AMQPValue) -> Value {
    match value {
        AMQPValue::Boolean(value) => json!({ "t": value }),
        AMQPValue::ShortShortInt(value) => json!({ "b": value }),
        AMQPValue::ShortShortUInt(value) => json!({ "B": value }),
        AMQPValue::ShortInt(value) => json!({ "s": value }),
        AMQPValue::ShortUInt(value) => json!({ "u": value }),
        AMQPValue::LongInt(value) => json!({ "I": value }),
        AMQPValue::LongUInt(value) => json!({ "i": value }),
        AMQPValue::LongLongInt(value) => json!({ "l": value }),
        AMQPValue::Float(value) => json!({ "f": value }),
        AMQPValue::Double(value) => json!({ "d": value }),
        AMQPValue::DecimalValue(value) => json!({ "D": [value.scale, value.value] }),
        AMQPValue::LongString(text) => match std::str::from_utf8(text.as_bytes()) {
            Ok(text) => json!({ "S": text }),
            Err(_) => json!({ "S64": BASE64_STANDARD.encode(text.as_bytes()) }),
        },
        AMQPValue::ShortString(_) => panic!("RabbitMQ has no short strings in tables"),
        AMQPValue::FieldArray(values) => {
            let values = values.as_slice().iter().map(typed);
            json!({ "A": values.collect::<Value>() })
        }
        AMQPValue::Timestamp(seconds) => json!({ "T": seconds }),
        AMQPValue::FieldTable(table) => {
            let fields = table.inner().iter();
            let fields = fields.map(|(name, value)| (name.to_string(), typed(value)));
            json!({ "F": fields.collect::<serde_json::Map<_, _>>() })
        }
        AMQPValue::ByteArray(bytes) => json!({ "x": BASE64_STANDARD.encode(bytes.as_slice()) }),
        AMQPValue::Void => json!({ "V": null }),
    }
}

pub(super) fn untyped(value: &Value) -> AMQPValue {
    let members = value.as_object().filter(|members| members.len() == 1);
    let (kind, value) = members
        .and_then(|members| members.iter().next())
        .expect("a type");
    let whole = || value.as_i64().expect("a whole number");
    let fraction = || value.as_f64().expect("a fraction");
    let bytes = || {
        let text = value.as_str().expect("base64");
        BASE64_STANDARD.decode(text).expect("base64")
    };
    match kind.as_str() {
        "t" => AMQPValue::Boolean(value.as_bool().expect("true or false")),
        "b" => AMQPValue::ShortShortInt(whole().try_into().expect("i8")),
        "B" => AMQPValue::ShortShortUInt(whole().try_into().expect("u8")),
        "s" => AMQPValue::ShortInt(whole().try_into().expect("i16")),
        "u" => AMQPValue::ShortUInt(whole().try_into().expect("u16")),
        "I" => AMQPValue::LongInt(whole().try_into().expect("i32")),
        "i" => AMQPValue::LongUInt(whole().try_into().expect("u32")),
        "l" => AMQPValue::LongLongInt(whole()),
        #[expect(clippy::cast_possible_truncation, reason = "it was one")]
        "f" => AMQPValue::Float(fraction() as f32),
        "d" => AMQPValue::Double(fraction()),
        "D" => AMQPValue::DecimalValue(DecimalValue {
            scale: value[0].as_u64().expect("a scale").try_into().expect("u8"),
            value: value[1].as_u64().expect("digits").try_into().expect("u32"),
        }),
        "S" => AMQPValue::LongString(value.as_str().expect("a text").into()),
        "S64" => AMQPValue::LongString(LongString::from(bytes())),
        "A" => {
            let values = value.as_array().expect("a list").iter().map(untyped);
            AMQPValue::FieldArray(values.collect::<Vec<_>>().into())
        }
        "T" => AMQPValue::Timestamp(value.as_u64().expect("seconds")),
        "F" => {
            let mut table = FieldTable::default();
            for (name, value) in value.as_object().expect("a table") {
                table.insert(name.as_str().into(), untyped(value));
            }
            AMQPValue::FieldTable(table)
        }
        "x" => AMQPValue::ByteArray(bytes().into()),
        "V" => AMQPValue::Void,
        other => panic!("there is no type {other}"),
    }
}
