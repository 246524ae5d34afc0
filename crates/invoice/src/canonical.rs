//! The digest of a request's content. Two requests are the same when their contents are equal, even if their bytes differ.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::digest::Sha256Digest;

/// Deepest nesting that is accepted. A request needs six levels, apart from its extensions. Databases and viewers of the
/// stored request have limits too.
pub const MAX_DEPTH: usize = 64;

/// The digest of a JSON document that does not depend on white space, escapes or the order of an object's members.
///
/// A publisher that serialises the same order again may change those. A request that is published again or replayed must
/// still be recognised as the same one.
pub fn digest(value: &Value) -> Sha256Digest {
    let mut hasher = Sha256::new();
    feed(&mut hasher, value);
    Sha256Digest::finish(hasher)
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
    use serde_json::json;

    use super::*;

    #[test]
    fn spelling_does_not_change_the_digest() {
        let one: Value = serde_json::from_str(r#"{"a": "x", "b": [1, null]}"#).expect("JSON");
        let other: Value =
            serde_json::from_str("{\"b\":[1,null],\n\"a\":\"\\u0078\"}").expect("JSON");
        assert_eq!(digest(&one), digest(&other));
    }

    #[test]
    fn content_changes_the_digest() {
        let base = digest(&json!({"a": ["x", "y"]}));
        for other in [
            json!({"a": ["xy"]}),
            json!({"a": ["y", "x"]}),
            json!({"a": [["x", "y"]]}),
            json!({"b": ["x", "y"]}),
            json!({"a": ["x", "y"], "b": null}),
            json!({"a": ["x", "y", null]}),
        ] {
            assert_ne!(base, digest(&other), "{other}");
        }
        assert_ne!(digest(&json!(1)), digest(&json!("1")));
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
}
