//! JSON with one line a value, for people who edit it: nothing but the white space between its parts changes, so that numbers
//! keep their digits, and objects the order of their members.

/// Steps that an indent has at most. JSON may be deeper, and would be mostly indents.
const DEEPEST: usize = 32;

/// What stands before a line of this depth.
pub(super) fn indent(depth: usize) -> String {
    "  ".repeat(depth.min(DEEPEST))
}

/// The same JSON with indents; what is no JSON stays as it is.
pub(super) fn indented(text: &str) -> String {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut rest = text.trim_ascii();
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '"' => string(rest),
            _ => letter.len_utf8(),
        };
        let (part, after) = rest.split_at(length);
        rest = after.trim_ascii_start();
        match letter {
            '{' | '[' => {
                shown.push(letter);
                if rest.starts_with(['}', ']']) {
                    continue;
                }
                depth += 1;
                line(&mut shown, depth);
            }
            '}' | ']' => {
                if !shown.ends_with(['{', '[']) {
                    depth = depth.saturating_sub(1);
                    line(&mut shown, depth);
                }
                shown.push(letter);
            }
            ',' => {
                shown.push(letter);
                line(&mut shown, depth);
            }
            ':' => shown.push_str(": "),
            _ => shown.push_str(part),
        }
    }
    shown
}

fn line(shown: &mut String, depth: usize) {
    shown.push('\n');
    shown.push_str(&indent(depth));
}

/// Bytes of the text in quotes that this begins with.
fn string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_white_space_changes() {
        let text = r#" {"b":[1.10,{"a":"x, {\"y\": [ ] \\"}, [ ],{} ],"a" : null,"é":-1e2} "#;
        let expected = "{\n  \"b\": [\n    1.10,\n    {\n      \"a\": \"x, {\\\"y\\\": [ ] \\\\\"\n    },\n    [],\n    {}\n  ],\n  \
            \"a\": null,\n  \"é\": -1e2\n}";
        assert_eq!(indented(text), expected);
        assert_eq!(indented(expected), expected);
    }

    #[test]
    fn what_is_deep_is_not_mostly_indents() {
        let deep = format!(
            "{}{}1{}",
            "[".repeat(120),
            "1,".repeat(1_000),
            "]".repeat(120)
        );
        let shown = indented(&deep);
        assert!(shown.len() < 1_300 * 70, "{}", shown.len());
        assert_eq!(indented(&shown), shown);
    }

    #[test]
    fn what_is_no_json_stays_as_it_is() {
        for text in ["", "{", "<a/>", "{} {}", "\"a"] {
            assert_eq!(indented(text), text);
        }
    }
}
