//! From a message in the dead-letter queue to a row of the archive.

use invoice::{ClaimedIdentity, FailureCode};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::broker::headers::{
    ATTEMPT, ERROR_CODE, ERROR_DETAIL, ERROR_STAGE, FAILED_AT, REPLAY, REPLAY_OF, WORKER,
};
use crate::broker::{Death, Delivery};
use crate::database::NewDeadLetter;

/// Stage of a message that the broker itself dead-lettered.
pub const BROKER: &str = "broker";

/// Longest code and stage, in characters: they are indexed, and any program can publish to the queue.
const MAX_NAME_CHARS: usize = 100;

/// A message is not replayed more often, and any program can send the header: the archive counts on from it.
const MAX_REPLAYS: u32 = 1_000_000;

struct Reason {
    code: String,
    stage: String,
    detail: String,
}

/// Reads a message from the dead-letter queue. Its identity is looked for in the first `max_bytes` of its content: the message
/// may be one that was refused for its size.
pub(super) fn read(delivery: &mut Delivery, max_bytes: usize) -> NewDeadLetter {
    // The broker adds `x-death` to what it dead-letters itself; workers remove it from what they publish. A message that
    // has both was published again by hand, with an old reason.
    let death = delivery.death();
    let reason = match &death {
        Some(death) => reason_of_broker(death),
        None => reason_of_worker(delivery),
    };
    let failed_at = match &death {
        Some(death) => death.time,
        None => delivery
            .header_text(FAILED_AT)
            .and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok())
            // At the end of the year 9999 not every time has a form in UTC.
            .and_then(|time| time.checked_to_offset(UtcOffset::UTC)),
    };
    let worker = delivery.header_text(WORKER).filter(|_| death.is_none());
    let (exchange, routing_key) = match death {
        Some(death) => (death.exchange, death.routing_key),
        None => (
            delivery.exchange().to_owned(),
            delivery.routing_key().to_owned(),
        ),
    };
    let replays = delivery.header_integer(REPLAY).unwrap_or(0);
    let claimed = ClaimedIdentity::of(&delivery.beginning(max_bytes));
    let payload = delivery.take_body();
    NewDeadLetter {
        message_id: delivery.message_id(),
        exchange,
        routing_key,
        properties: delivery.properties_json(),
        headers: delivery.headers_json(),
        code: reason.code.chars().take(MAX_NAME_CHARS).collect(),
        stage: reason.stage.chars().take(MAX_NAME_CHARS).collect(),
        detail: reason.detail,
        attempts: delivery.header_integer(ATTEMPT).unwrap_or(1),
        worker,
        failed_at: failed_at.unwrap_or_else(OffsetDateTime::now_utc),
        replays: replays.min(MAX_REPLAYS),
        claimed,
        payload,
        replay_of: delivery.header_integer(REPLAY_OF).map(i64::from),
        is_plain: false,
    }
}

fn reason_of_worker(delivery: &Delivery) -> Reason {
    let header = |name: &str| delivery.header_text(name);
    Reason {
        code: header(ERROR_CODE).unwrap_or_else(|| FailureCode::Unknown.to_string()),
        stage: header(ERROR_STAGE).unwrap_or_else(|| BROKER.to_owned()),
        detail: header(ERROR_DETAIL).unwrap_or_else(|| {
            "the message has no header with a reason: it was not a worker that dead-lettered it"
                .to_owned()
        }),
    }
}

fn reason_of_broker(death: &Death) -> Reason {
    let what = match death.reason.as_str() {
        "delivery_limit" => {
            let often = death
                .deliveries
                .map_or_else(String::new, |count| format!(" ({count} times)"));
            format!(
                "it was delivered more often than the queue allows (DELIVERY_LIMIT) and never settled{often}: \
                 workers crashed or lost their connection while they held it"
            )
        }
        "expired" => "its time to live was over before a worker received it".to_owned(),
        "rejected" => "a consumer rejected it; workers of this program never do".to_owned(),
        "maxlen" => "the queue was full".to_owned(),
        other => format!("the broker's reason is {other:?}"),
    };
    Reason {
        code: death.reason.clone(),
        stage: BROKER.to_owned(),
        detail: format!(
            "the broker dead-lettered the message: {what}; queue {}, time no. {}",
            death.queue, death.count
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn letter(headers: &Value) -> NewDeadLetter {
        let body = br#"{"marketplace":{"orderId":"1"}}"#.to_vec();
        let mut delivery = Delivery::mock("invoices.dead", "m1", headers, body);
        read(&mut delivery, 1 << 20)
    }

    #[test]
    fn the_identity_is_looked_for_in_the_beginning_of_the_content() {
        let mut body = br#"{"marketplace":{"orderId":"1"},"x":""#.to_vec();
        body.resize(1 << 20, b' ');
        let order = |max_bytes| {
            let mut delivery = Delivery::mock("invoices.dead", "m1", &json!({}), body.clone());
            let letter = read(&mut delivery, max_bytes);
            assert_eq!(letter.payload.len(), 1 << 20);
            let [_, _, order_id, _, _] = letter.claimed.into_parts();
            order_id
        };
        assert_eq!(order(100).as_deref(), Some("1"));
        assert_eq!(order(20), None);
    }

    fn death(reason: &str, queue: &str) -> Value {
        json!({
            "reason": reason,
            "queue": queue,
            "exchange": "invoices",
            "routing-keys": ["invoice.requested"],
            "count": 2,
            "time": { "$timestamp": 1_795_000_000 },
        })
    }

    #[test]
    fn a_dead_letter_of_a_worker_has_its_reason_in_headers() {
        let letter = letter(&json!({
            ERROR_CODE: "totals_mismatch",
            ERROR_STAGE: "validate",
            ERROR_DETAIL: "/totals/gross: is wrong",
            FAILED_AT: "2026-11-21T12:00:00.5Z",
            WORKER: "host:1",
            ATTEMPT: 3,
            REPLAY: 2,
        }));
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
        let letter = letter(&json!({
            "x-death": [
                death("delivery_limit", "invoice.requests"),
                death("expired", "invoice.requests.retry.5s"),
            ],
            "x-first-death-reason": "expired",
            // Published again by hand, with what an earlier worker wrote.
            ERROR_CODE: "totals_mismatch",
            WORKER: "host:1",
        }));
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
    fn what_any_program_can_write_into_headers_is_bounded() {
        let letter = letter(&json!({
            FAILED_AT: "9999-12-31T23:59:59-01:00",
            REPLAY: u32::MAX,
        }));
        let age = OffsetDateTime::now_utc() - letter.failed_at;
        assert!(age.whole_seconds() < 60, "{}", letter.failed_at);
        assert_eq!(letter.replays, MAX_REPLAYS);
    }

    #[test]
    fn a_dead_letter_without_a_reason_is_archived_too() {
        let letter = letter(&json!({}));
        assert_eq!(
            (letter.code.as_str(), letter.stage.as_str()),
            ("unknown", BROKER)
        );
    }

    #[test]
    fn every_reason_of_the_broker_has_words() {
        for reason in ["delivery_limit", "expired", "rejected", "maxlen", "new one"] {
            let letter = letter(&json!({ "x-death": [death(reason, "q")] }));
            assert_eq!(letter.code, reason);
            let words = "the broker dead-lettered the message: ";
            assert!(letter.detail.starts_with(words));
        }
    }
}
