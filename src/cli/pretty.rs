//! JSON for people.

use std::fmt::Write as _;

use serde::de::IgnoredAny;

/// Deepest nesting that is indented. A person follows some ten levels; requests are refused beyond 64.
const MAX_DEPTH: usize = 64;

/// How many times longer than the input the output may be. Usual requests become twice as long.
const MAX_GROWTH: usize = 8;

/// JSON on several lines; `None` if it is not JSON, or if its form on several lines would be out of proportion: it is nested
/// too deeply, or is mostly indentation. Only white space differs: numbers and the order of members stay as they
/// are, which a data structure would not preserve.
fn pretty(bytes: &[u8]) -> Option<String> {
    serde_json::from_slice::<IgnoredAny>(bytes).ok()?;
    let text = std::str::from_utf8(bytes).ok()?;
    // Short requests may grow by a larger factor.
    let longest = text
        .len()
        .saturating_mul(MAX_GROWTH)
        .saturating_add(64 << 10);
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
                        if depth > MAX_DEPTH {
                            return None;
                        }
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
        if out.len() > longest {
            return None;
        }
    }
    Some(out)
}

/// JSON in its form for people, where that is not out of proportion; anything else as it is; what is no text at all by its
/// bytes.
pub(super) fn content(payload: &[u8]) -> String {
    match pretty(payload) {
        Some(pretty) => pretty,
        None => match std::str::from_utf8(payload) {
            Ok(text) => text.to_owned(),
            Err(_) => format!("(not UTF-8) {}", payload.escape_ascii()),
        },
    }
}

fn new_line(out: &mut String, depth: usize) {
    // Writing to a string cannot fail.
    write!(out, "\n{:width$}", "", width = depth * 2).ok();
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

    #[test]
    fn json_that_would_be_mostly_indentation_stays_as_it_is() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(pretty(nested(MAX_DEPTH).as_bytes()).is_some_and(|all| all.len() < 10_000));
        for depth in [MAX_DEPTH + 1, 20_000, 70_000] {
            assert_eq!(pretty(nested(depth).as_bytes()), None, "{depth} levels");
        }
        let wide = format!(
            "{}{}{}",
            "[".repeat(60),
            vec!["1"; 100_000].join(","),
            "]".repeat(60)
        );
        assert_eq!(pretty(wide.as_bytes()), None);
    }
}
