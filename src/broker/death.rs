//! `x-death`: why the broker itself dead-lettered a message.

use lapin::types::{AMQPValue, FieldTable};
use time::OffsetDateTime;

use super::headers::{DEATH, DELIVERY_COUNT, integer, string};

/// The last time that the broker dead-lettered a message. The headers `x-first-death-*` describe the first time, which
/// may be the end of a wait in a retry queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Death {
    /// `delivery_limit`, `expired`, `rejected`, `maxlen`, or what later brokers add.
    pub reason: String,
    /// The queue that it was in.
    pub queue: String,
    /// The exchange that it came through before.
    pub exchange: String,
    /// Its routing key then.
    pub routing_key: String,
    /// How often this happened to it in this queue, for this reason.
    pub count: u32,
    /// When.
    pub time: Option<OffsetDateTime>,
    /// How often the queue had delivered it, where the broker says so.
    pub deliveries: Option<u32>,
}

impl Death {
    pub(super) fn last(headers: &FieldTable) -> Option<Self> {
        let deaths = headers.inner().get(DEATH)?;
        let AMQPValue::FieldArray(deaths) = deaths else {
            return None;
        };
        let AMQPValue::FieldTable(death) = deaths.as_slice().first()? else {
            return None;
        };
        let text = |name: &str| death.inner().get(name).and_then(string);
        let routing_key = match death.inner().get("routing-keys") {
            Some(AMQPValue::FieldArray(keys)) => keys.as_slice().first().and_then(string),
            Some(_) | None => None,
        };
        let time = match death.inner().get("time") {
            Some(AMQPValue::Timestamp(seconds)) => i64::try_from(*seconds).ok(),
            Some(_) | None => None,
        };
        Some(Self {
            reason: text("reason")?,
            queue: text("queue").unwrap_or_default(),
            exchange: text("exchange").unwrap_or_default(),
            routing_key: routing_key.unwrap_or_default(),
            count: death.inner().get("count").and_then(integer).unwrap_or(1),
            time: time.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()),
            deliveries: headers.inner().get(DELIVERY_COUNT).and_then(integer),
        })
    }
}
