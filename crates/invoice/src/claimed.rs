//! The identity in a body that need not be a valid request. It helps people to find a dead letter; no decision may rely on
//! it.

use std::fmt;

use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use crate::identity::{PARTS, serialize_parts};

/// The parts of an identity that could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimedIdentity([Option<String>; 5]);

/// Longest part that is kept, in bytes. An index of PostgreSQL refuses entries above some 2,700.
const MAX_BYTES: usize = 255;

impl ClaimedIdentity {
    /// Reads what can be read from a body.
    pub fn of(body: &[u8]) -> Self {
        let Ok(content) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        // As it is, or in a CloudEvent, or in a MassTransit message.
        ["/marketplace", "/data/marketplace", "/message/marketplace"]
            .into_iter()
            .find_map(|pointer| content.pointer(pointer))
            .map(|claimed| Self(PARTS.map(|name| part(claimed.get(name)?))))
            .unwrap_or_default()
    }

    /// The identity with these parts, in the order of [`PARTS`]: one that was read before.
    pub fn from_parts(parts: [Option<String>; 5]) -> Self {
        Self(parts)
    }

    /// The parts in the order of [`PARTS`].
    pub fn parts(&self) -> [Option<&str>; 5] {
        self.0.each_ref().map(Option::as_deref)
    }

    /// The parts in the order of [`PARTS`].
    pub fn into_parts(self) -> [Option<String>; 5] {
        self.0
    }
}

/// On one line, with `-` for what is not known.
impl fmt::Display for ClaimedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        if parts.iter().all(Option::is_none) {
            return f.write_str("-");
        }
        f.write_str(&parts.map(|part| part.unwrap_or("-")).join("/"))
    }
}

/// An object with a member for each part; `null` for what is not known.
impl Serialize for ClaimedIdentity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_parts("ClaimedIdentity", &self.0, serializer)
    }
}

/// A text or a number; any other value, or one that is too long, counts as absent.
fn part(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let short = (1..=MAX_BYTES).contains(&text.len());
    short.then(|| text.replace('\0', "\u{fffd}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_that_can_be_read_is_kept() {
        let some = |text: &str| Some(text.to_owned());
        let check = |body: &str, platform: Option<String>, order_id: Option<String>| {
            let [found_platform, _, found_order_id, _, _] =
                ClaimedIdentity::of(body.as_bytes()).into_parts();
            assert_eq!(
                (found_platform, found_order_id),
                (platform, order_id),
                "{body}"
            );
        };
        check(
            r#"{"marketplace":{"platform":"tiktok","orderId":"1"}}"#,
            some("tiktok"),
            some("1"),
        );
        check(
            r#"{"marketplace":{"platform":true,"orderId":576461413038785752},"lines":"?"}"#,
            None,
            some("576461413038785752"),
        );
        check(
            r#"{"marketplace":{"platform":"a\u0000b","orderId":""}}"#,
            some("a\u{fffd}b"),
            None,
        );
        check(
            r#"{"data":{"marketplace":{"platform":"tiktok"}}}"#,
            some("tiktok"),
            None,
        );
        check(r#"{"marketplace":"?"}"#, None, None);
        check(r#"{"marketplace":"#, None, None);
        let long = format!(
            r#"{{"marketplace":{{"platform":"{}","orderId":"1"}}}}"#,
            "x".repeat(MAX_BYTES + 1)
        );
        check(&long, None, some("1"));
        assert_eq!(ClaimedIdentity::of(b"\xff\xfe"), ClaimedIdentity::default());
    }

    #[test]
    fn a_part_that_is_not_known_is_shown_as_such() {
        let claimed = ClaimedIdentity::of(br#"{"marketplace":{"platform":"tiktok","orderId":7}}"#);
        assert_eq!(claimed.to_string(), "tiktok/-/7/-/-");
        assert_eq!(
            serde_json::to_string(&claimed).expect("JSON"),
            r#"{"platform":"tiktok","shopId":null,"orderId":"7","packageId":null,"sequenceNumber":null}"#
        );
        assert_eq!(ClaimedIdentity::default().to_string(), "-");
    }
}
