//! Dead letters: from the queue to the archive, and from the archive to the exchange again.

use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::headers::{
    self, ATTEMPT, ERROR_CODE, ERROR_DETAIL, ERROR_STAGE, FAILED_AT, FIRST_RECEIVED_AT, PERSISTENT,
    WORKER, goes_along, integer, string,
};
use super::publisher::Outgoing;
use super::stored;
use super::topology::{REQUESTED, Topology};
use crate::database::NewDeadLetter;
use crate::database::dead_letter::Model;
use invoice::{Envelope, FailureCode};

/// On a message that was replayed: how often it had failed before.
pub const REPLAY: &str = "x-replay";

/// Stage of what the broker gave up.
pub(crate) const BROKER: &str = "broker";

/// Longest code and stage: they are indexed, and anybody can publish to the queue.
const MAX_NAME_CHARS: usize = 100;

/// Nobody replays a message more often, and anybody can send the header: the archive goes on counting from it.
const MAX_REPLAYS: u32 = 1_000_000;

/// Ours that say how a message fared the last time.
const PROGRESS: [&str; 8] = [
    ATTEMPT,
    FIRST_RECEIVED_AT,
    ERROR_CODE,
    ERROR_DETAIL,
    ERROR_STAGE,
    FAILED_AT,
    WORKER,
    REPLAY,
];

/// The dead letter in a delivery from the dead-letter queue.
pub(super) fn read(delivery: Delivery) -> NewDeadLetter {
    let properties = delivery.properties;
    let none = FieldTable::default();
    let headers = properties.headers().as_ref().unwrap_or(&none);
    let text = |name: &str| headers.inner().get(name).and_then(string);
    let number = |name: &str| headers.inner().get(name).and_then(integer);

    // The broker adds this to what it gives up itself; workers take it off what they publish. A message that has both
    // was published again by hand, with an old reason.
    let death = Death::last(headers);
    let reason = match &death {
        Some(death) => death.reason(number("x-delivery-count")),
        None => Reason {
            code: text(ERROR_CODE).unwrap_or_else(|| FailureCode::Unknown.to_string()),
            stage: text(ERROR_STAGE).unwrap_or_else(|| BROKER.to_owned()),
            detail: text(ERROR_DETAIL).unwrap_or_else(|| {
                "it came to the dead-letter queue without a reason; a worker did not put it there"
                    .to_owned()
            }),
        },
    };
    let failed_at = match &death {
        Some(death) => death.time,
        None => text(FAILED_AT)
            .and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok())
            // At the end of the year 9999 not every time has one in UTC.
            .and_then(|time| time.checked_to_offset(UtcOffset::UTC)),
    };
    let (exchange, routing_key) = match &death {
        Some(death) => (death.exchange.clone(), death.routing_key.clone()),
        None => (
            delivery.exchange.to_string(),
            delivery.routing_key.to_string(),
        ),
    };
    let by_worker = death.is_none();
    NewDeadLetter {
        message_id: properties.message_id().as_ref().map(ShortString::to_string),
        exchange,
        routing_key,
        properties: stored::properties_to_json(&properties),
        headers: stored::headers_to_json(headers),
        payload: delivery.data,
        code: reason.code.chars().take(MAX_NAME_CHARS).collect(),
        stage: reason.stage.chars().take(MAX_NAME_CHARS).collect(),
        detail: reason.detail,
        attempts: number(ATTEMPT).unwrap_or(1),
        worker: text(WORKER).filter(|_| by_worker),
        failed_at: failed_at.unwrap_or_else(OffsetDateTime::now_utc),
        replays: number(REPLAY).unwrap_or(0).min(MAX_REPLAYS),
    }
}

/// The request of an archived dead letter, as it was published at first but for the content that an operator gave it.
pub fn replay(row: &Model, topology: &Topology) -> serde_json::Result<Outgoing> {
    let mut headers = FieldTable::default();
    for (name, value) in stored::headers_from_json(&row.headers)?.inner() {
        if goes_along(name.as_str()) && !PROGRESS.contains(&name.as_str()) {
            headers.insert(name.clone(), value.clone());
        }
    }
    headers.insert(REPLAY.into(), AMQPValue::LongLongInt(row.failures.into()));
    let properties = stored::properties_from_json(&row.properties)?
        .with_headers(headers)
        .with_delivery_mode(PERSISTENT);
    Ok(Outgoing {
        exchange: topology.exchange.clone(),
        routing_key: REQUESTED.to_owned(),
        body: row.payload.clone(),
        properties,
        mandatory: true,
    })
}

/// What a worker would find in this body, were it replayed with the properties and headers of a dead letter.
pub fn envelope(row: &Model, body: &[u8]) -> serde_json::Result<Envelope> {
    let headers = stored::headers_from_json(&row.headers)?;
    let properties = stored::properties_from_json(&row.properties)?.with_headers(headers);
    Ok(headers::envelope(&properties, body))
}

struct Reason {
    code: String,
    stage: String,
    detail: String,
}

/// What the broker says of a message that it gave up.
struct Death {
    reason: String,
    queue: String,
    exchange: String,
    routing_key: String,
    count: u32,
    time: Option<OffsetDateTime>,
}

impl Death {
    /// The last one. The headers `x-first-death-*` tell of the first one, which may be the end of a wait in a delay
    /// queue.
    fn last(headers: &FieldTable) -> Option<Self> {
        let Some(AMQPValue::FieldArray(deaths)) = headers.inner().get("x-death") else {
            return None;
        };
        let Some(AMQPValue::FieldTable(death)) = deaths.as_slice().first() else {
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
        })
    }

    fn reason(&self, deliveries: Option<u32>) -> Reason {
        let Self { queue, count, .. } = self;
        let what = match self.reason.as_str() {
            "delivery_limit" => {
                let often =
                    deliveries.map_or_else(String::new, |count| format!(" ({count} times)"));
                format!(
                    "it was delivered more often than the queue allows (DELIVERY_LIMIT) and never settled{often}: \
                     workers crashed or lost their connection while they held it"
                )
            }
            "expired" => "its time to live was over before a worker took it".to_owned(),
            "rejected" => "a consumer rejected it; a worker of this program never does".to_owned(),
            "maxlen" => "the queue was full".to_owned(),
            other => format!("the broker says {other:?}"),
        };
        Reason {
            code: self.reason.clone(),
            stage: BROKER.to_owned(),
            detail: format!("the broker gave it up: {what}; queue {queue}, time no. {count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapin::BasicProperties;
    use lapin::types::LongString;

    fn delivery(headers: FieldTable) -> Delivery {
        let properties = BasicProperties::default()
            .with_headers(headers)
            .with_message_id("m1".into());
        let body = br#"{"marketplace":{"orderId":"1"}}"#.to_vec();
        let (exchange, key) = ("invoices.dead".into(), "invoice.requested".into());
        let mut delivery = Delivery::mock(1, exchange, key, false, body);
        delivery.properties = properties;
        delivery
    }

    fn text_value(text: &str) -> AMQPValue {
        AMQPValue::LongString(LongString::from(text))
    }

    fn headers(all: &[(&str, AMQPValue)]) -> FieldTable {
        let mut table = FieldTable::default();
        for (name, value) in all {
            table.insert((*name).into(), value.clone());
        }
        table
    }

    fn death(reason: &str, queue: &str) -> AMQPValue {
        let keys = AMQPValue::FieldArray(vec![text_value("invoice.requested")].into());
        AMQPValue::FieldTable(headers(&[
            ("reason", text_value(reason)),
            ("queue", text_value(queue)),
            ("exchange", text_value("invoices")),
            ("routing-keys", keys),
            ("count", AMQPValue::LongLongInt(2)),
            ("time", AMQPValue::Timestamp(1_795_000_000)),
        ]))
    }

    #[test]
    fn a_workers_dead_letter_says_why_itself() {
        let letter = read(delivery(headers(&[
            (ERROR_CODE, text_value("totals_mismatch")),
            (ERROR_STAGE, text_value("validate")),
            (ERROR_DETAIL, text_value("/totals/gross: is wrong")),
            (FAILED_AT, text_value("2026-11-21T12:00:00.5Z")),
            (WORKER, text_value("host:1")),
            (ATTEMPT, AMQPValue::LongLongInt(3)),
            (REPLAY, AMQPValue::LongLongInt(2)),
        ])));
        assert_eq!(letter.code, "totals_mismatch");
        assert_eq!(letter.stage, "validate");
        assert_eq!(letter.detail, "/totals/gross: is wrong");
        assert_eq!((letter.attempts, letter.replays), (3, 2));
        assert_eq!(letter.worker.as_deref(), Some("host:1"));
        assert_eq!(
            letter.failed_at,
            time::macros::datetime!(2026-11-21 12:00:00.5 UTC)
        );
        assert_eq!(letter.message_id.as_deref(), Some("m1"));
        assert_eq!(letter.exchange, "invoices.dead");
    }

    #[test]
    fn a_dead_letter_of_the_broker_is_explained_by_its_last_death() {
        let deaths = vec![
            death("delivery_limit", "invoice.requests"),
            death("expired", "invoice.requests.retry.5s"),
        ];
        let letter = read(delivery(headers(&[
            ("x-death", AMQPValue::FieldArray(deaths.into())),
            ("x-first-death-reason", text_value("expired")),
            // Published again by hand, with what an earlier worker said.
            (ERROR_CODE, text_value("totals_mismatch")),
            (WORKER, text_value("host:1")),
        ])));
        assert_eq!(
            (letter.code.as_str(), letter.stage.as_str()),
            ("delivery_limit", BROKER)
        );
        assert!(
            letter.detail.contains("queue invoice.requests, time no. 2"),
            "{}",
            letter.detail
        );
        assert_eq!(letter.worker, None);
        assert_eq!(letter.exchange, "invoices");
        assert_eq!(letter.failed_at.unix_timestamp(), 1_795_000_000);
    }

    #[test]
    fn what_anybody_can_write_into_headers_is_bounded() {
        let letter = read(delivery(headers(&[
            (FAILED_AT, text_value("9999-12-31T23:59:59-01:00")),
            (REPLAY, AMQPValue::LongLongInt(i64::from(u32::MAX))),
        ])));
        let age = OffsetDateTime::now_utc() - letter.failed_at;
        assert!(age.whole_seconds() < 60, "{}", letter.failed_at);
        assert_eq!(letter.replays, MAX_REPLAYS);
    }

    #[test]
    fn a_dead_letter_without_a_reason_is_one_too() {
        let letter = read(delivery(FieldTable::default()));
        assert_eq!(
            (letter.code.as_str(), letter.stage.as_str()),
            ("unknown", BROKER)
        );
    }

    #[test]
    fn every_reason_of_the_broker_has_words() {
        for reason in ["delivery_limit", "expired", "rejected", "maxlen", "new one"] {
            let deaths = vec![death(reason, "q")];
            let all = headers(&[("x-death", AMQPValue::FieldArray(deaths.into()))]);
            let letter = read(delivery(all));
            assert_eq!(letter.code, reason);
            assert!(letter.detail.starts_with("the broker gave it up: "));
        }
    }
}
