//! The identity that a body claims, whether or not it is a valid request. No decision may rely on it: it helps people to
//! find a dead letter.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The parts of an identity that could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimedIdentity {
    /// Marketplace platform.
    #[serde(deserialize_with = "part")]
    pub platform: Option<String>,
    /// Shop on the platform.
    #[serde(deserialize_with = "part")]
    pub shop_id: Option<String>,
    /// Order in the shop.
    #[serde(deserialize_with = "part")]
    pub order_id: Option<String>,
    /// Package of the order.
    #[serde(deserialize_with = "part")]
    pub package_id: Option<String>,
    /// Sequence number of the invoice.
    #[serde(deserialize_with = "part")]
    pub sequence_number: Option<String>,
}

/// Longest part that is kept, in bytes: an index refuses entries above some 2,700.
const MAX_BYTES: usize = 255;

impl ClaimedIdentity {
    /// Reads what can be read.
    pub fn of(body: &[u8]) -> Self {
        let Ok(content) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        // As it is, or in a CloudEvent, or in a MassTransit message.
        ["/marketplace", "/data/marketplace", "/message/marketplace"]
            .into_iter()
            .find_map(|pointer| content.pointer(pointer))
            .and_then(|claimed| Self::deserialize(claimed).ok())
            .unwrap_or_default()
    }
}

/// On one line, with `-` for what is not known.
impl fmt::Display for ClaimedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            &self.platform,
            &self.shop_id,
            &self.order_id,
            &self.package_id,
            &self.sequence_number,
        ];
        if parts.iter().all(|part| part.is_none()) {
            return f.write_str("-");
        }
        let parts = parts.map(|part| part.as_deref().unwrap_or("-"));
        f.write_str(&parts.join("/"))
    }
}

/// A text or a number; any other value, or one that is too long, counts as absent.
fn part<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Ok(None),
    };
    let short = (1..=MAX_BYTES).contains(&text.len());
    Ok(short.then(|| text.replace('\0', "\u{fffd}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_can_be_read_is_read() {
        let some = |text: &str| Some(text.to_owned());
        let check = |body: &str, platform: Option<String>, order_id: Option<String>| {
            let claimed = ClaimedIdentity::of(body.as_bytes());
            assert_eq!(
                (claimed.platform, claimed.order_id),
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
}
