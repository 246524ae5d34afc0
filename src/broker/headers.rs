//! Message headers: those of this program, beside the publisher's own.

use invoice::Envelope;
use invoice::content::Form;
use invoice::envelope::Metadata;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use time::OffsetDateTime;

use super::stored;
use crate::moment;

/// On a request: whether members that are no field are problems. A boolean, or the text `true`.
pub const STRICT: &str = "x-strict";
/// Which attempt a message is, from 1. The broker counts deliveries, not attempts.
pub const ATTEMPT: &str = "x-attempt";
/// When a worker first received the message, RFC 3339.
pub const FIRST_RECEIVED_AT: &str = "x-first-received-at";
/// On a message that is retried: when and why its last attempts have failed, as JSON. A dead letter keeps it.
pub const FAILED_ATTEMPTS: &str = "x-failed-attempts";
/// On a message that is retried because one of the places for its event refused that: the place that has confirmed it, and
/// the id of the event.
pub const EVENT_CONFIRMED: &str = "x-event-confirmed";
/// On a message that is retried because its event was refused: since when that is so, RFC 3339.
pub const EVENT_REFUSED_SINCE: &str = "x-event-refused-since";
/// On the same, where it is a `crash_suspect`: how often it had been delivered. It is not processed again.
pub const CRASH_SUSPECT: &str = "x-crash-suspect";
/// The stable code of a failure.
pub const ERROR_CODE: &str = "x-error-code";
/// The failure in words, cut to fit a frame.
pub const ERROR_DETAIL: &str = "x-error-detail";
/// What is wrong with the fields of the request, as JSON: the first problems, as many as fit.
pub const ERROR_LIST: &str = "x-error-list";
/// Where the failure happened.
pub const ERROR_STAGE: &str = "x-error-stage";
/// When the message was dead-lettered, RFC 3339.
pub const FAILED_AT: &str = "x-failed-at";
/// The worker that dead-lettered it.
pub const WORKER: &str = "x-worker";

/// On a message that was replayed: how often it had failed before.
pub const REPLAY: &str = "x-replay";

/// On a message that was replayed: the number of its dead letter.
pub const REPLAY_OF: &str = "x-replay-of";

/// On a message that was published again, or is a dead letter: the context of the attempt that did so, in the form of
/// [`TRACEPARENT`]. The next attempt has a link to it.
pub const ORIGIN_TRACEPARENT: &str = "x-origin-traceparent";

/// Names the headers that were dropped because they did not fit into a frame.
pub const DROPPED: &str = "x-headers-dropped";

/// How often a quorum queue has delivered the message before; it is absent the first time.
pub const DELIVERY_COUNT: &str = "x-delivery-count";

/// Where the broker itself has moved the message from, and why: the last time first.
pub const DEATH: &str = "x-death";

/// W3C trace context.
pub const TRACEPARENT: &str = "traceparent";

/// W3C: data of tracing systems that belongs to [`TRACEPARENT`].
pub const TRACESTATE: &str = "tracestate";

/// Before the name of an attribute of a binary CloudEvent.
pub const CLOUD_EVENT: &str = "cloudEvents:";

/// The same of JMS, and of clients modelled on it, which cannot have a colon in a name.
pub const CLOUD_EVENT_OF_JMS: &str = "cloudEvents_";

/// The same of the binding for RabbitMQ, which the CloudEvents library for Python has.
pub const CLOUD_EVENT_OF_RABBITMQ: &str = "ce-";

/// All that may be there.
pub const CLOUD_EVENT_PREFIXES: [&str; 3] =
    [CLOUD_EVENT, CLOUD_EVENT_OF_JMS, CLOUD_EVENT_OF_RABBITMQ];

/// Longest detail, in bytes.
const MAX_DETAIL_BYTES: usize = 4_096;

/// Headers that the broker adds, and that do not apply to a message that is published again.
const BROKERS_OWN: [&str; 9] = [
    "x-acquired-count",
    DEATH,
    DELIVERY_COUNT,
    "x-first-death-exchange",
    "x-first-death-queue",
    "x-first-death-reason",
    "x-last-death-exchange",
    "x-last-death-queue",
    "x-last-death-reason",
];

/// Headers of this program about attempts, failures and replays. A replayed message starts without them.
pub(super) const PROGRESS: [&str; 14] = [
    ATTEMPT,
    FIRST_RECEIVED_AT,
    FAILED_ATTEMPTS,
    EVENT_CONFIRMED,
    EVENT_REFUSED_SINCE,
    CRASH_SUSPECT,
    ERROR_CODE,
    ERROR_DETAIL,
    ERROR_LIST,
    ERROR_STAGE,
    FAILED_AT,
    WORKER,
    REPLAY,
    REPLAY_OF,
];

/// Whether a header is one that this program or the broker writes, and reads.
pub(super) fn is_own(name: &str) -> bool {
    PROGRESS.contains(&name)
        || BROKERS_OWN.contains(&name)
        || name == TRACEPARENT
        || name == ORIGIN_TRACEPARENT
}

/// Sender-selected distribution: the copies went out when the message was first published.
const COPIES: [&str; 2] = ["CC", "BCC"];

/// Whether a message keeps a header when it is published again.
pub(super) fn goes_along(name: &str) -> bool {
    !BROKERS_OWN.contains(&name) && !COPIES.contains(&name)
}

/// What the properties of a message say of the form of its body.
pub(super) fn form(properties: &BasicProperties) -> Form<'_> {
    Form {
        content_type: properties.content_type().as_ref().map(ShortString::as_str),
        content_encoding: properties
            .content_encoding()
            .as_ref()
            .map(ShortString::as_str),
    }
}

/// What a body is wrapped in, by the properties and headers of its message. Its content may have so many bytes once it is
/// unpacked.
pub(super) fn envelope(properties: &BasicProperties, body: &[u8], max_bytes: usize) -> Envelope {
    let headers = properties.headers().as_ref();
    let header = |name: &str| {
        headers
            .and_then(|headers| headers.inner().get(name))
            .and_then(string)
    };
    let metadata = Metadata {
        form: form(properties),
        message_type: properties.kind().as_ref().map(ShortString::as_str),
        attribute: &|name| {
            let mut prefixes = CLOUD_EVENT_PREFIXES.iter();
            prefixes.find_map(|prefix| header(&format!("{prefix}{name}")))
        },
        max_bytes,
    };
    Envelope::open(&metadata, body)
}

/// The history of a message so far.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// When a worker first received the message.
    pub first_received_at: OffsetDateTime,
}

/// Why a message is dead-lettered.
#[derive(Clone, Copy, Debug)]
pub struct Reason<'a> {
    /// The stable code.
    pub code: &'a str,
    /// The reason in words; cut to fit a frame.
    pub detail: &'a str,
    /// What is wrong with the fields of the request, as JSON; none where it is not about fields.
    pub list: Option<&'a str>,
    /// Where it failed.
    pub stage: &'a str,
    /// The worker that dead-letters it.
    pub worker: &'a str,
}

/// The properties of a message that is published again, as its next attempt.
pub(super) fn for_retry(original: &BasicProperties, progress: &Progress) -> BasicProperties {
    let mut headers = foreign(original);
    insert_progress(&mut headers, progress, progress.attempt.saturating_add(1));
    stored::carried(original)
        .with_headers(headers)
        .with_delivery_mode(PERSISTENT)
}

/// The properties of a message that becomes a dead letter, with the reason.
pub(super) fn for_dead_letter(
    original: &BasicProperties,
    progress: &Progress,
    reason: &Reason<'_>,
) -> BasicProperties {
    let mut headers = foreign(original);
    insert_progress(&mut headers, progress, progress.attempt);
    let failed_at = moment::text(OffsetDateTime::now_utc());
    for (name, value) in [
        (ERROR_CODE, reason.code),
        (ERROR_DETAIL, cut(reason.detail)),
        (ERROR_STAGE, reason.stage),
        (FAILED_AT, &failed_at),
        (WORKER, reason.worker),
    ] {
        headers.insert(name.into(), AMQPValue::LongString(LongString::from(value)));
    }
    if let Some(list) = reason.list {
        let list = AMQPValue::LongString(LongString::from(list));
        headers.insert(ERROR_LIST.into(), list);
    }
    stored::carried(original)
        .with_headers(headers)
        .with_delivery_mode(PERSISTENT)
}

/// The properties of a dead letter that is published again as a request. `id` is its number, `failures` says how often it had
/// failed. Properties and headers are the JSON that the archive has.
pub(super) fn for_replay(
    properties: &str,
    headers: &str,
    id: i64,
    failures: i32,
) -> serde_json::Result<BasicProperties> {
    let mut kept = FieldTable::default();
    for (name, value) in stored::headers_from_json(headers)?.inner() {
        if goes_along(name.as_str()) && !PROGRESS.contains(&name.as_str()) {
            kept.insert(name.clone(), value.clone());
        }
    }
    kept.insert(REPLAY.into(), AMQPValue::LongLongInt(failures.into()));
    kept.insert(REPLAY_OF.into(), AMQPValue::LongLongInt(id));
    Ok(stored::properties_from_json(properties)?
        .with_headers(kept)
        .with_delivery_mode(PERSISTENT))
}

/// AMQP's delivery mode for messages that survive a restart of the broker.
pub(super) const PERSISTENT: u8 = 2;

/// Headers of this program that are written anew where they are still right.
const OF_ONE_ATTEMPT: [&str; 4] = [
    EVENT_CONFIRMED,
    EVENT_REFUSED_SINCE,
    CRASH_SUSPECT,
    FAILED_ATTEMPTS,
];

/// The publisher's own headers.
fn foreign(original: &BasicProperties) -> FieldTable {
    let mut kept = FieldTable::default();
    for (name, value) in original.headers().iter().flat_map(FieldTable::inner) {
        if goes_along(name.as_str()) && !OF_ONE_ATTEMPT.contains(&name.as_str()) {
            kept.insert(name.clone(), value.clone());
        }
    }
    kept
}

fn insert_progress(headers: &mut FieldTable, progress: &Progress, attempt: u32) {
    headers.insert(ATTEMPT.into(), AMQPValue::LongLongInt(attempt.into()));
    let first_received_at = moment::text(progress.first_received_at);
    headers.insert(
        FIRST_RECEIVED_AT.into(),
        AMQPValue::LongString(LongString::from(first_received_at)),
    );
}

fn cut(detail: &str) -> &str {
    let mut end = detail.len().min(MAX_DETAIL_BYTES);
    while !detail.is_char_boundary(end) {
        end -= 1;
    }
    &detail[..end]
}

/// A boolean, or its text.
pub(super) fn is_true(value: &AMQPValue) -> bool {
    matches!(value, AMQPValue::Boolean(true))
        || string(value).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// An integer of any of AMQP's widths: clients choose different ones.
pub(super) fn integer(value: &AMQPValue) -> Option<u32> {
    let wide = match value {
        AMQPValue::ShortShortInt(value) => i64::from(*value),
        AMQPValue::ShortShortUInt(value) => i64::from(*value),
        AMQPValue::ShortInt(value) => i64::from(*value),
        AMQPValue::ShortUInt(value) => i64::from(*value),
        AMQPValue::LongInt(value) => i64::from(*value),
        AMQPValue::LongUInt(value) => i64::from(*value),
        AMQPValue::LongLongInt(value) => *value,
        AMQPValue::Boolean(_)
        | AMQPValue::Float(_)
        | AMQPValue::Double(_)
        | AMQPValue::DecimalValue(_)
        | AMQPValue::ShortString(_)
        | AMQPValue::LongString(_)
        | AMQPValue::FieldArray(_)
        | AMQPValue::Timestamp(_)
        | AMQPValue::FieldTable(_)
        | AMQPValue::ByteArray(_)
        | AMQPValue::Void => return None,
    };
    wide.try_into().ok()
}

pub(super) fn string(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => Some(text.to_string()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        AMQPValue::Boolean(_)
        | AMQPValue::ShortShortInt(_)
        | AMQPValue::ShortShortUInt(_)
        | AMQPValue::ShortInt(_)
        | AMQPValue::ShortUInt(_)
        | AMQPValue::LongInt(_)
        | AMQPValue::LongUInt(_)
        | AMQPValue::LongLongInt(_)
        | AMQPValue::Float(_)
        | AMQPValue::Double(_)
        | AMQPValue::DecimalValue(_)
        | AMQPValue::FieldArray(_)
        | AMQPValue::Timestamp(_)
        | AMQPValue::FieldTable(_)
        | AMQPValue::ByteArray(_)
        | AMQPValue::Void => None,
    }
}

#[cfg(test)]
mod tests {
    use lapin::message::Delivery as LapinDelivery;

    use super::super::delivery::Delivery;
    use super::*;

    const PROGRESS: Progress = Progress {
        attempt: 3,
        first_received_at: OffsetDateTime::UNIX_EPOCH,
    };

    #[test]
    fn a_dead_letter_keeps_the_publishers_headers_and_drops_the_brokers() {
        let mut headers = FieldTable::default();
        headers.insert("tenant".into(), AMQPValue::LongString("a".into()));
        headers.insert("x-delivery-count".into(), AMQPValue::LongLongInt(2));
        headers.insert("CC".into(), AMQPValue::FieldArray(vec![].into()));
        let original = BasicProperties::default()
            .with_headers(headers)
            .with_message_id("m1".into());
        let detail = "ü".repeat(MAX_DETAIL_BYTES);
        let reason = Reason {
            code: "totals_mismatch",
            detail: &detail,
            list: Some("[]"),
            stage: "validate",
            worker: "host:1",
        };

        let properties = for_dead_letter(&original, &PROGRESS, &reason);
        let headers = properties.headers().as_ref().expect("headers").inner();
        let get = |name: &str| headers.get(name).and_then(string);
        assert_eq!(get("tenant").as_deref(), Some("a"));
        assert_eq!(get(ERROR_CODE).as_deref(), Some("totals_mismatch"));
        assert_eq!(
            get(ERROR_DETAIL).map(|detail| detail.len()),
            Some(MAX_DETAIL_BYTES)
        );
        assert_eq!(headers.get(ATTEMPT).and_then(integer), Some(3));
        assert!(!headers.contains_key("x-delivery-count"));
        assert!(!headers.contains_key("CC"));
        assert_eq!(
            properties.message_id().as_ref().map(ShortString::as_str),
            Some("m1")
        );
        assert_eq!(properties.delivery_mode(), &Some(PERSISTENT));
    }

    #[test]
    fn the_attributes_of_a_binary_event_may_have_any_of_the_prefixes() {
        let opened = |prefix: &str, event_type: &str| {
            let mut headers = FieldTable::default();
            for (name, value) in [("specversion", "1.0"), ("type", event_type), ("id", "e1")] {
                let value = AMQPValue::LongString(value.into());
                headers.insert(format!("{prefix}{name}").into(), value);
            }
            let properties = BasicProperties::default().with_headers(headers);
            envelope(&properties, b"{}", 100)
        };
        for prefix in ["cloudEvents:", "cloudEvents_", "ce-"] {
            let event = opened(prefix, "com.example.invoice.requested.v1");
            assert_eq!(event.message_id.as_deref(), Some("e1"), "{prefix}");
            assert!(event.request(b"{}").is_ok(), "{prefix}");
            let other = opened(prefix, "com.example.order.placed");
            assert!(other.request(b"{}").is_err(), "{prefix}");
        }
        let foreign = opened("x-", "com.example.order.placed");
        assert!(foreign.request(b"{}").is_ok());
    }

    #[test]
    fn a_count_of_deliveries_that_the_publisher_sent_is_not_believed() {
        for (redelivered, expected) in [(false, 0), (true, 15)] {
            let mut headers = FieldTable::default();
            headers.insert(DELIVERY_COUNT.into(), AMQPValue::LongLongInt(15));
            let (exchange, key) = ("invoices".into(), "invoice.requested".into());
            let mut delivery = LapinDelivery::mock(1, exchange, key, redelivered, b"{}".to_vec());
            delivery.properties = BasicProperties::default().with_headers(headers);
            assert_eq!(Delivery::new(delivery).delivery_count(), expected);
        }
    }

    #[test]
    fn a_retry_counts_the_attempt() {
        let properties = for_retry(&BasicProperties::default(), &PROGRESS);
        let headers = properties.headers().as_ref().expect("headers").inner();
        assert_eq!(headers.get(ATTEMPT).and_then(integer), Some(4));
        assert_eq!(
            headers.get(FIRST_RECEIVED_AT).and_then(string).as_deref(),
            Some("1970-01-01T00:00:00.000000Z")
        );
    }
}
