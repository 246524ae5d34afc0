//! What a body says of its invoice, where the body need not be a valid request. It helps people and programs to find what
//! failed; no decision may rely on it.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::content::surrogates;
use crate::identity::{InvoiceIdentity, PARTS, refuse_part, serialize_parts};
use crate::limits;
use crate::model::DocumentType;

/// The parts of an identity that could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimedIdentity([Option<String>; 5]);

/// Longest part that is kept, in bytes. An index of PostgreSQL refuses entries above some 2,700.
const MAX_BYTES: usize = 255;

impl ClaimedIdentity {
    /// Reads what can be read from a [content](crate::content): also from one that is broken behind its identity.
    pub fn of(content: &[u8]) -> Self {
        Found::in_content(content).identity()
    }

    /// The identity with these parts, in the order of [`PARTS`]: one that was read before.
    pub fn from_parts(parts: [Option<String>; 5]) -> Self {
        Self(parts)
    }

    /// The parts in the order of [`PARTS`].
    pub fn parts(&self) -> [Option<&str>; 5] {
        self.0.each_ref().map(Option::as_deref)
    }

    /// Whether the other one names another invoice: a part that is known in both differs.
    pub fn contradicts(&self, other: &Self) -> bool {
        let mut parts = self.0.iter().zip(&other.0);
        parts.any(|(own, other)| own.is_some() && other.is_some() && own != other)
    }

    /// The parts in the order of [`PARTS`].
    pub fn into_parts(self) -> [Option<String>; 5] {
        self.0
    }

    /// Without the parts that no identity can have.
    fn valid(self) -> Self {
        Self(
            self.0
                .map(|part| part.filter(|part| refuse_part(part).is_none())),
        )
    }

    /// The identity, where all parts are known and valid.
    fn whole(&self) -> Option<InvoiceIdentity> {
        let [Some(a), Some(b), Some(c), Some(d), Some(e)] = self.parts() else {
            return None;
        };
        InvoiceIdentity::from_parts([a, b, c, d, e]).ok()
    }
}

/// The invoice that a body is about, as far as it says so with valid values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimedInvoice {
    /// The parts of its identity that are valid.
    pub marketplace: ClaimedIdentity,
    /// The identity, where all parts are valid.
    pub identity: Option<InvoiceIdentity>,
    /// The document type. Of a request that was read to its end and has none it is the usual one.
    pub document_type: Option<DocumentType>,
    /// The number; that of a receipt without one is its sequence number.
    pub number: Option<String>,
}

impl ClaimedInvoice {
    /// Reads what can be read, as [`ClaimedIdentity::of`] does.
    pub fn of(content: &[u8]) -> Self {
        let found = Found::in_content(content);
        let marketplace = found.identity().valid();
        let document_type = match found.document_type.and_then(text) {
            Some(name) => DocumentType::from_name(&name),
            None if found.document_type.is_none() && found.is_whole => Some(DocumentType::Receipt),
            None => None,
        };
        let number = found.number.and_then(text).filter(|number| {
            number.chars().count() <= limits::TEXT && !number.contains(char::is_control)
        });
        let [.., sequence_number] = marketplace.parts();
        let of_a_receipt = sequence_number.filter(|_| {
            document_type == Some(DocumentType::Receipt) && found.number.is_none() && found.is_whole
        });
        Self {
            identity: marketplace.whole(),
            document_type,
            number: number.or_else(|| of_a_receipt.map(str::to_owned)),
            marketplace,
        }
    }
}

/// What is found in an object of JSON up to its end, or to the first error.
#[derive(Default)]
struct Found<'a> {
    marketplace: Option<&'a RawValue>,
    document_type: Option<&'a RawValue>,
    number: Option<&'a RawValue>,
    /// Whether the object was read to its end.
    is_whole: bool,
    /// What an envelope may have the request in.
    inner: Vec<&'a RawValue>,
}

impl<'a> Found<'a> {
    /// In the request: as it is, or in a CloudEvent, or in a MassTransit message.
    fn in_content(content: &'a [u8]) -> Self {
        let mut outer = Self::in_object(content);
        if outer.marketplace.is_some() {
            return outer;
        }
        let inner = std::mem::take(&mut outer.inner).into_iter();
        let mut inner = inner.map(|json| Self::in_object(json.get().as_bytes()));
        inner
            .find(|found| found.marketplace.is_some())
            .unwrap_or(outer)
    }

    fn in_object(content: &'a [u8]) -> Self {
        let mut found = Self::default();
        let mut json = serde_json::Deserializer::from_slice(content);
        // What was found before an error stays.
        let read = json.deserialize_map(&mut found);
        found.is_whole = read.is_ok();
        found
    }

    fn identity(&self) -> ClaimedIdentity {
        let mut parts = ClaimedIdentity::default();
        if let Some(claimed) = self.marketplace {
            let mut json = serde_json::Deserializer::from_str(claimed.get());
            // What is no object has no parts.
            json.deserialize_map(&mut parts).ok();
        }
        parts
    }
}

impl<'a> Visitor<'a> for &mut Found<'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "marketplace" => self.marketplace = Some(members.next_value()?),
                "documentType" => self.document_type = present(members.next_value()?),
                "number" => self.number = present(members.next_value()?),
                "data" | "message" => self.inner.push(members.next_value()?),
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
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

impl<'a> Visitor<'a> for &mut ClaimedIdentity {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value::<&RawValue>()?;
            if let Some(place) = PARTS.iter().position(|part| *part == name) {
                self.0[place] = part(value.get());
            }
        }
        Ok(())
    }
}

/// A text or a number; any other value, or one that is too long, counts as absent. Half a character is U+FFFD, as in a
/// [content](crate::content).
fn part(json: &str) -> Option<String> {
    // With quotation marks, and each byte as an escape.
    if json.len() > 6 * MAX_BYTES + 2 {
        return None;
    }
    let text = match serde_json::from_slice(&surrogates::replaced(json.as_bytes())).ok()? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let short = (1..=MAX_BYTES).contains(&text.len());
    short.then(|| text.replace('\0', "\u{fffd}"))
}

/// A value that does not count as absent.
fn present(json: &RawValue) -> Option<&RawValue> {
    let is_blank = |text: String| crate::check::present(Some(text)).is_none();
    let absent = json.get() == "null" || text(json).is_some_and(is_blank);
    (!absent).then_some(json)
}

/// A text; none where it is another value, or has half a character.
fn text(json: &RawValue) -> Option<String> {
    serde_json::from_str(json.get()).ok()
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
        // Cut, or broken behind the identity.
        check(
            r#"{"documentType":"receipt","marketplace":{"orderId":"1"},"lines":[{"name":"Cu"#,
            None,
            some("1"),
        );
        check(
            "{\"buyer\":{\"name\":\"\\ud83d\"},\"marketplace\":{\"orderId\":\"1\"},}",
            None,
            some("1"),
        );
        check(r#"{"marketplace":"?"}"#, None, None);
        check(
            r#"{"marketplace":{"platform":["tiktok"],"orderId":"1\ud83d"}}"#,
            None,
            some("1\u{fffd}"),
        );
        check(r#"{"marketplace":"#, None, None);
        let long = format!(
            r#"{{"marketplace":{{"platform":"{}","orderId":"1"}}}}"#,
            "x".repeat(MAX_BYTES + 1)
        );
        check(&long, None, some("1"));
        assert_eq!(ClaimedIdentity::of(b"\xff\xfe"), ClaimedIdentity::default());
    }

    #[test]
    fn only_parts_that_are_known_contradict_each_other() {
        let claimed =
            |json: &str| ClaimedIdentity::of(format!(r#"{{"marketplace":{json}}}"#).as_bytes());
        let one = claimed(r#"{"shopId":"a","orderId":"1"}"#);
        for (other, expected) in [
            (r#"{"shopId":"a","orderId":"1"}"#, false),
            (r#"{"shopId":"a","orderId":"1","packageId":"p"}"#, false),
            (r#"{"shopId":"a"}"#, false),
            ("{}", false),
            (r#"{"shopId":"a","orderId":"2"}"#, true),
            (r#"{"orderId":"A"}"#, true),
        ] {
            assert_eq!(one.contradicts(&claimed(other)), expected, "{other}");
        }
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

    #[test]
    fn an_invoice_is_named_as_far_as_its_values_are_valid() {
        let check =
            |body: &str, subject: Option<&str>, kind: Option<&str>, number: Option<&str>| {
                let claimed = ClaimedInvoice::of(body.as_bytes());
                let identity = claimed.identity.map(|identity| identity.to_string());
                let found = (
                    identity.as_deref(),
                    claimed.document_type.map(DocumentType::as_str),
                    claimed.number.as_deref(),
                );
                assert_eq!(found, (subject, kind, number), "{body}");
            };
        let id = r#""marketplace":{"platform":"tiktok","shopId":"s","orderId":"o","packageId":"p","sequenceNumber":"7"}"#;
        let all = Some("tiktok/s/o/p/7");
        check(
            &format!(r#"{{{id},"documentType":"invoice","number":"RE-1","lines":"?"}}"#),
            all,
            Some("invoice"),
            Some("RE-1"),
        );
        check(&format!("{{{id}}}"), all, Some("receipt"), Some("7"));
        check(
            &format!(r#"{{{id},"documentType":" ","number":null}}"#),
            all,
            Some("receipt"),
            Some("7"),
        );
        check(
            &format!(r#"{{"data":{{{id},"documentType":"bill","number":5}}}}"#),
            all,
            None,
            None,
        );
        // Whether a type or a number follows is not known.
        check(&format!(r#"{{{id},"seller":{{"#), all, None, None);
        check(
            r#"{"marketplace":{"platform":"tiktok","shopId":"a/b"}}"#,
            None,
            Some("receipt"),
            None,
        );
        let claimed = ClaimedInvoice::of(
            br#"{"marketplace":{"platform":"tiktok","shopId":"a/b","sequenceNumber":"7"}}"#,
        );
        assert_eq!(claimed.marketplace.to_string(), "tiktok/-/-/-/7");
        assert_eq!(ClaimedInvoice::of(b"\x1f\x8b"), ClaimedInvoice::default());
    }
}
