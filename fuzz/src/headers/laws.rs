use std::io::Cursor;

use cookie_factory::r#gen as encode;
use lapin::BasicProperties;
use lapin::types::generation::gen_field_table;
use lapin::types::parsing::parse_field_table;
use lapin::types::{AMQPValue, FieldTable, LongString};
use time::OffsetDateTime;

use super::fitting::{Dropped, fitted};
use super::frame_repair::is_repaired;
use super::headers::{self, DROPPED, Progress, Reason, goes_along, integer, is_own, string};
use super::stored;

/// What the field with the names of dropped headers takes at most.
const MARK_BYTES: usize = 1 + DROPPED.len() + 1 + 4 + Dropped::MAX_BYTES;

/// The first two bytes are the room for the headers, the rest is their table as it is on the wire.
pub(crate) fn check(data: &[u8]) {
    let Some((room, fields)) = data.split_first_chunk::<2>() else {
        return;
    };
    let room = usize::from(u16::from_be_bytes(*room));
    let length = u32::try_from(fields.len()).expect("short");
    let mut table = [&length.to_be_bytes()[..], fields].concat();
    // As it reaches the client: texts are texts, and nothing is nested without end.
    if !is_repaired(&mut table) {
        return;
    }
    let Ok((_, headers)) = parse_field_table(&table[..]) else {
        return;
    };
    are_given_back_by_the_archive(&headers);
    are_kept_by_what_is_published_again(&headers);
    fit(&headers, room);
}

fn are_given_back_by_the_archive(headers: &FieldTable) {
    let json = stored::headers_to_json(headers);
    let back = stored::headers_from_json(&json).expect("JSON");
    let (back, expected) = (
        AMQPValue::FieldTable(back),
        AMQPValue::FieldTable(headers.clone()),
    );
    assert!(same(&back, &widened(&expected)), "{json}: {headers:?}");
}

/// The archive has one width of each kind of number, and one kind of text.
fn widened(value: &AMQPValue) -> AMQPValue {
    match value {
        AMQPValue::ShortShortInt(value) => AMQPValue::LongLongInt((*value).into()),
        AMQPValue::ShortShortUInt(value) => AMQPValue::LongLongInt((*value).into()),
        AMQPValue::ShortInt(value) => AMQPValue::LongLongInt((*value).into()),
        AMQPValue::ShortUInt(value) => AMQPValue::LongLongInt((*value).into()),
        AMQPValue::LongInt(value) => AMQPValue::LongLongInt((*value).into()),
        AMQPValue::LongUInt(value) => AMQPValue::LongLongInt((*value).into()),
        AMQPValue::Float(value) => finite((*value).into()),
        AMQPValue::Double(value) => finite(*value),
        AMQPValue::ShortString(text) => AMQPValue::LongString(LongString::from(text.as_str())),
        AMQPValue::FieldArray(values) => {
            let values: Vec<AMQPValue> = values.as_slice().iter().map(widened).collect();
            AMQPValue::FieldArray(values.into())
        }
        AMQPValue::FieldTable(table) => {
            let mut wide = FieldTable::default();
            for (name, value) in table.inner() {
                wide.insert(name.clone(), widened(value));
            }
            AMQPValue::FieldTable(wide)
        }
        AMQPValue::Boolean(_)
        | AMQPValue::LongLongInt(_)
        | AMQPValue::DecimalValue(_)
        | AMQPValue::LongString(_)
        | AMQPValue::Timestamp(_)
        | AMQPValue::ByteArray(_)
        | AMQPValue::Void => value.clone(),
    }
}

/// JSON has no other fractions.
fn finite(value: f64) -> AMQPValue {
    if value.is_finite() {
        AMQPValue::Double(value)
    } else {
        AMQPValue::Void
    }
}

/// Equal, but for the last digit of a fraction.
fn same(one: &AMQPValue, other: &AMQPValue) -> bool {
    match (one, other) {
        (AMQPValue::Double(one), AMQPValue::Double(other)) => {
            (one - other).abs() <= one.abs() * 2.0 * f64::EPSILON
                || one.to_bits().abs_diff(other.to_bits()) <= 2
        }
        (AMQPValue::FieldArray(one), AMQPValue::FieldArray(other)) => {
            let (one, other) = (one.as_slice(), other.as_slice());
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (AMQPValue::FieldTable(one), AMQPValue::FieldTable(other)) => {
            let (one, other) = (one.inner(), other.inner());
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|((name, one), (of, other))| name == of && same(one, other))
        }
        _ => one == other,
    }
}

fn are_kept_by_what_is_published_again(headers: &FieldTable) {
    let original = BasicProperties::default().with_headers(headers.clone());
    let progress = Progress {
        attempt: 3,
        first_received_at: OffsetDateTime::UNIX_EPOCH,
    };
    let reason = Reason {
        code: "unknown",
        detail: &"é".repeat(4_000),
        list: Some(&"é".repeat(4_000)),
        stage: "render",
        worker: "w",
    };
    for (properties, attempt) in [
        (headers::for_retry(&original, &progress), 4),
        (headers::for_dead_letter(&original, &progress, &reason), 3),
    ] {
        let again = properties.headers().as_ref().expect("headers").inner();
        let counted = again.get(headers::ATTEMPT).and_then(integer);
        assert_eq!(counted, Some(attempt));
        for (name, value) in headers.inner() {
            if is_own(name.as_str()) {
                continue;
            }
            let kept = goes_along(name.as_str()).then_some(value);
            assert!(
                again.get(name.as_str()) == kept || value_is_odd(value),
                "{name}"
            );
        }
    }
    // The archive keeps what a replay needs.
    let json = stored::headers_to_json(headers);
    let properties = stored::properties_to_json(&original);
    let replayed = headers::for_replay(&properties, &json, 7, 2).expect("its own JSON");
    let again = replayed.headers().as_ref().expect("headers").inner();
    assert_eq!(again.get(headers::REPLAY).and_then(integer), Some(2));
    assert_eq!(again.get(headers::REPLAY_OF).and_then(integer), Some(7));
    for name in [
        headers::ATTEMPT,
        headers::ERROR_CODE,
        "x-death",
        "x-delivery-count",
        "CC",
    ] {
        assert!(!again.contains_key(name), "{name}");
    }
    for name in headers.inner().keys() {
        let kept = goes_along(name.as_str()) && !headers::PROGRESS.contains(&name.as_str());
        assert!(again.contains_key(name.as_str()) || !kept, "{name}");
    }
}

/// A fraction that is not a number does not equal itself.
fn value_is_odd(value: &AMQPValue) -> bool {
    value != value
}

fn fit(headers: &FieldTable, room: usize) {
    let original = BasicProperties::default().with_headers(headers.clone());
    let all = bytes(headers);
    let properties = fitted(&original, room);
    let kept = properties.headers().clone().expect("headers");
    if all <= room {
        assert_eq!(names(&kept), names(headers));
        return;
    }
    assert!(
        bytes(&kept) <= room + MARK_BYTES,
        "{} bytes in {room}",
        bytes(&kept)
    );
    let dropped = kept.inner().get(DROPPED).and_then(string);
    let dropped = dropped.expect("the names of what was dropped");
    assert!(dropped.len() <= Dropped::MAX_BYTES);
    for (name, _) in kept.inner() {
        assert!(name.as_str() == DROPPED || headers.inner().contains_key(name.as_str()));
    }
    let own = |table: &FieldTable| {
        let mut own = FieldTable::default();
        for (name, value) in table.inner() {
            if is_own(name.as_str()) {
                own.insert(name.clone(), value.clone());
            }
        }
        own
    };
    let ours = own(headers);
    if bytes(&ours) <= room {
        assert_eq!(names(&own(&kept)), names(&ours));
    }
}

fn names(table: &FieldTable) -> Vec<&str> {
    table.inner().keys().map(|name| name.as_str()).collect()
}

/// The length of a table's fields, as the client writes them.
fn bytes(table: &FieldTable) -> usize {
    const LENGTH: usize = 4;
    let mut buffer = vec![0; 64 << 10];
    let written = encode(gen_field_table(table), Cursor::new(&mut buffer[..]));
    let (_, length) = written.expect("written");
    usize::try_from(length).expect("short") - LENGTH
}
