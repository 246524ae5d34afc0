//! JSON for people and for export.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::database::dead_letter::Model;

/// JSON on many lines, if it is JSON. Only white space differs: numbers and the order of members stay as they are,
/// which they would not on the way through a data structure.
pub(super) fn pretty(bytes: &[u8]) -> Option<String> {
    serde_json::from_slice::<IgnoredAny>(bytes).ok()?;
    let text = std::str::from_utf8(bytes).ok()?;
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => {}
            '"' => {
                out.push('"');
                while let Some(c) = characters.next() {
                    out.push(c);
                    match c {
                        '\\' => out.extend(characters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                out.push(c);
                while characters.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                match characters.next_if(|c| matches!(c, '}' | ']')) {
                    Some(end) => out.push(end),
                    None => {
                        depth += 1;
                        new_line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other => out.push(other),
        }
    }
    Some(out)
}

fn new_line(out: &mut String, depth: usize) {
    // Writing to a string cannot fail.
    write!(out, "\n{:width$}", "", width = depth * 2).ok();
}

/// Everything about a dead letter. A payload that is UTF-8 is a text under `payload`, byte for byte; any other is
/// base64 under `payloadBase64`.
pub(super) fn exported(row: &Model) -> Value {
    let parsed = |json: &str| serde_json::from_str(json).unwrap_or_else(|_| Value::from(json));
    let (payload, payload_base64) = match std::str::from_utf8(&row.payload) {
        Ok(text) => (Some(text), None),
        Err(_) => (None, Some(BASE64_STANDARD.encode(&row.payload))),
    };
    json!({
        "id": row.id,
        "status": row.status.as_str(),
        "code": row.code,
        "stage": row.stage,
        "detail": row.detail,
        "failures": row.failures,
        "attempts": row.attempts,
        "messageId": row.message_id,
        "exchange": row.exchange,
        "routingKey": row.routing_key,
        "worker": row.worker,
        "marketplace": {
            "platform": row.platform,
            "shopId": row.shop_id,
            "orderId": row.order_id,
            "packageId": row.package_id,
            "sequenceNumber": row.sequence_number,
        },
        "firstFailedAt": rfc3339(row.first_failed_at),
        "lastFailedAt": rfc3339(row.last_failed_at),
        "replayedAt": row.replayed_at.map(rfc3339),
        "replayedBy": row.replayed_by,
        "discardedAt": row.discarded_at.map(rfc3339),
        "discardedBy": row.discarded_by,
        "discardReason": row.discard_reason,
        "properties": parsed(&row.properties),
        "headers": parsed(&row.headers),
        "payload": payload,
        "payloadBase64": payload_base64,
    })
}

fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pretty_json_differs_in_white_space_only() {
        let json = br#"{"z": [1.50,{},[ ],"a\"}\\"],
            "a":{"n":123456789012345678901234567890}}"#;
        let expected = "{\n  \"z\": [\n    1.50,\n    {},\n    [],\n    \"a\\\"}\\\\\"\n  ],\n  \"a\": {\n    \
                        \"n\": 123456789012345678901234567890\n  }\n}";
        assert_eq!(pretty(json).as_deref(), Some(expected));
        assert_eq!(pretty(br#"{"a":"#), None);
        assert_eq!(pretty(b"\xff"), None);
    }
}
