//! The digest of a request's content. Two requests are the same when their contents are equal, even if their bytes differ.

mod number;

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use self::number::Form;
pub use self::number::is_same_number;
use crate::digest::Sha256Digest;

/// Deepest nesting that is accepted. A request needs six levels, apart from its extensions. Databases and viewers of the
/// stored request have limits too.
pub const MAX_DEPTH: usize = 64;

/// The digest of a JSON document that does not depend on white space, escapes or the order of an object's members.
///
/// A publisher that serialises the same order again may change those. A request that is published again or replayed must
/// still be recognised as the same one. A number counts by its decimal value, however many digits it has; but `1` and `1.0`
/// are different, as they have always been.
///
/// # Errors
///
/// Where it is not JSON.
pub fn digest(json: &[u8]) -> serde_json::Result<Sha256Digest> {
    digest_of_parsed(json, &serde_json::from_slice(json)?)
}

/// The same for a document that was parsed already.
pub(crate) fn digest_of_parsed(json: &[u8], content: &Value) -> serde_json::Result<Sha256Digest> {
    let mut hasher = Sha256::new();
    if number::all_are_short(json) {
        feed(&mut hasher, content);
    } else {
        // A `Value` may have rounded some of its numbers.
        feed_raw(&mut hasher, serde_json::from_slice(json)?)?;
    }
    Ok(Sha256Digest::finish(hasher))
}

/// Feeds a value to the hasher, with a tag and a length, so that two different documents never feed the same bytes.
fn feed(hasher: &mut Sha256, value: &Value) {
    match value {
        Value::Null => hasher.update(b"0"),
        Value::Bool(false) => hasher.update(b"f"),
        Value::Bool(true) => hasher.update(b"t"),
        Value::Number(number) => feed_text(hasher, b"n", &number.to_string()),
        Value::String(text) => feed_text(hasher, b"s", text),
        Value::Array(items) => {
            feed_length(hasher, b"a", items.len());
            items.iter().for_each(|item| feed(hasher, item));
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            feed_length(hasher, b"o", members.len());
            for (name, member) in members {
                feed_text(hasher, b"s", name);
                feed(hasher, member);
            }
        }
    }
}

/// Feeds what [`feed`] does, but for numbers that a [`Value`] rounds: those are fed as they are written. Each level is
/// scanned again for the one below, so this is for documents that need it.
fn feed_raw(hasher: &mut Sha256, json: &RawValue) -> serde_json::Result<()> {
    let text = json.get();
    match text.as_bytes().first() {
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            feed_length(hasher, b"a", items.len());
            items
                .into_iter()
                .try_for_each(|item| feed_raw(hasher, item))
        }
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
            feed_length(hasher, b"o", members.len());
            members.into_iter().try_for_each(|(name, member)| {
                feed_text(hasher, b"s", &name);
                feed_raw(hasher, member)
            })
        }
        _ => {
            match serde_json::from_str(text)? {
                Value::Number(number) => match number::form(text, &number) {
                    Form::Shown(text) => feed_text(hasher, b"n", &text),
                    Form::Exact(text) => feed_text(hasher, b"d", &text),
                },
                other @ (Value::Null
                | Value::Bool(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_)) => feed(hasher, &other),
            }
            Ok(())
        }
    }
}

fn feed_text(hasher: &mut Sha256, tag: &[u8; 1], text: &str) {
    feed_length(hasher, tag, text.len());
    hasher.update(text);
}

fn feed_length(hasher: &mut Sha256, tag: &[u8; 1], length: usize) {
    hasher.update(tag);
    hasher.update((length as u64).to_be_bytes());
}

/// The nesting depth of a JSON text. It is counted without a parser, because parsers recurse and skip ignored members.
pub fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (true, b'"') => in_string = false,
            (true, _) => {}
            (false, b'"') => in_string = true,
            (false, b'{' | b'[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (false, _) => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn of(json: &str) -> Sha256Digest {
        digest(json.as_bytes()).expect("JSON")
    }

    #[test]
    fn spelling_does_not_change_the_digest() {
        assert_eq!(
            of(r#"{"a": "x", "b": [1, null]}"#),
            of("{\"b\":[1,null],\n\"a\":\"\\u0078\"}")
        );
    }

    #[test]
    fn content_changes_the_digest() {
        let base = of(r#"{"a": ["x", "y"]}"#);
        for other in [
            r#"{"a": ["xy"]}"#,
            r#"{"a": ["y", "x"]}"#,
            r#"{"a": [["x", "y"]]}"#,
            r#"{"b": ["x", "y"]}"#,
            r#"{"a": ["x", "y"], "b": null}"#,
            r#"{"a": ["x", "y", null]}"#,
        ] {
            assert_ne!(base, of(other), "{other}");
        }
        assert_ne!(of("1"), of(r#""1""#));
    }

    #[test]
    fn numbers_that_a_float_cannot_tell_apart_have_different_digests() {
        for (one, other) in [
            ("12345678901234567890123", "12345678901234567890124"),
            ("18446744073709551616", "18446744073709551617"),
            ("-9223372036854775809", "-9223372036854775810"),
            ("0.12345678901234567890", "0.12345678901234567891"),
            ("1.00000000000000000001", "1.0"),
            ("1e-400", "0.0"),
            ("1e-400", "1e-401"),
            ("1e-99999999999999999999", "1e-99999999999999999998"),
        ] {
            for (one, other) in [
                (one.to_owned(), other.to_owned()),
                (
                    format!(r#"{{"b":[{{"n":{one}}}],"a":1}}"#),
                    format!(r#"{{"b":[{{"n":{other}}}],"a":1}}"#),
                ),
            ] {
                assert_ne!(of(&one), of(&other), "{one} {other}");
            }
        }
        for (one, other) in [
            ("12345678901234567890123", "12345678901234567890123.000"),
            ("123456789012345678901230e-1", "1.2345678901234567890123E22"),
            ("-0.12345678901234567890", "-0.123456789012345678900"),
        ] {
            assert_eq!(of(one), of(other), "{one} {other}");
        }
    }

    /// Rows and objects of earlier versions have these digests.
    #[test]
    fn digests_of_ordinary_documents_are_those_of_earlier_versions() {
        for (json, expected) in [
            (
                r#"{"b":[1,1.0,-2.5e3,null],"a":"Zo\u00eb","n":18446744073709551615}"#,
                "4f74f29641acb9beec8b5e80871740aac118edbe11638d38172a2d6b31f149db",
            ),
            (
                "[1.0]",
                "df6d683659124cd3216fa7dce0f74e050672b7667616d67d0f49d4cb29556c82",
            ),
            (
                "[1.00]",
                "df6d683659124cd3216fa7dce0f74e050672b7667616d67d0f49d4cb29556c82",
            ),
            (
                "[1e0]",
                "df6d683659124cd3216fa7dce0f74e050672b7667616d67d0f49d4cb29556c82",
            ),
            (
                "[1]",
                "f53d6f8431a9c6d382a1fc38fd36360137cd9e0443f4537cc81a146885613723",
            ),
            // The shortest fraction that a float is shown as, and a whole number that fits into 64 bits.
            (
                "[0.1,25e-1,-9223372036854775808]",
                "6cfc010d05473a6a4361782e960716e041904c2ec78ca816239968326c7d1c0b",
            ),
        ] {
            assert_eq!(of(json).to_string(), expected, "{json}");
        }
    }

    #[test]
    fn depth_counts_brackets_outside_of_strings() {
        for (json, expected) in [
            ("1", 0),
            ("{}", 1),
            (r#"{"a":[{}]}"#, 3),
            (r#"{"[[[":"]]\"[["}"#, 1),
            ("[[[[", 4),
            ("]]][", 1),
        ] {
            assert_eq!(depth(json.as_bytes()), expected, "{json}");
        }
    }

    /// Any JSON with short numbers.
    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z\"\\\\é]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"]{0,2}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_long_number_somewhere_leaves_the_rest_as_it_is(content in document()) {
            let json = content.to_string();
            let (mut parsed, mut raw) = (Sha256::new(), Sha256::new());
            feed(&mut parsed, &content);
            feed_raw(&mut raw, serde_json::from_str(&json).expect("JSON")).expect("JSON");
            prop_assert_eq!(parsed.finalize(), raw.finalize());
        }

        #[test]
        fn a_float_as_programs_write_it_is_what_a_value_shows(float in any::<f64>()) {
            prop_assume!(float.is_finite());
            let content = serde_json::json!([float]);
            let mut shown = Sha256::new();
            feed(&mut shown, &content);
            prop_assert_eq!(of(&content.to_string()), Sha256Digest::finish(shown));
        }

        #[test]
        fn numbers_have_one_digest_exactly_if_they_have_one_value(
            digits in "[1-9][0-9]{15,30}", zeros in 0..20_usize, last in 0..10_u8,
        ) {
            let one = format!("0.{digits}1");
            let padded = format!("{one}{}", "0".repeat(zeros));
            prop_assert_eq!(of(&one), of(&padded));
            let shifted = format!("{digits}1e-{}", digits.len() + 1);
            prop_assert_eq!(of(&one), of(&shifted));
            let other = format!("0.{digits}{last}");
            prop_assert_eq!(of(&one) == of(&other), last == 1);
        }
    }
}
