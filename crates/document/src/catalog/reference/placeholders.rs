//! The placeholders of texts, and whether one text can be printed in place of another.

use serde_json::Value;

/// Why a text cannot be printed in place of the reference's; none if it can.
pub(super) fn difference(text: &Value, expected: &Value) -> Option<String> {
    let (Value::String(written), Value::String(reference)) = (text, expected) else {
        let same = std::mem::discriminant(text) == std::mem::discriminant(expected);
        return (!same).then(|| format!("is {}", described(text)));
    };
    if written.is_empty() != reference.is_empty() {
        return Some(format!("is {}", described(text)));
    }
    // A brace of the reference that has no counterpart is a fault of the reference.
    let wanted = placeholders(expected).ok()?;
    match placeholders(text) {
        Ok(found) => (found != wanted).then(|| format!("has {}", braced(&found))),
        Err(problem) => Some(problem.to_owned()),
    }
}

/// What a text is, as far as the comparison is about it.
pub(super) fn described(text: &Value) -> String {
    match text {
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(_) => match placeholders(text) {
            Ok(names) if !names.is_empty() => braced(&names),
            Ok(_) | Err(_) => format!("{text}"),
        },
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Number(_) | Value::Bool(_) | Value::Null => format!("{text}, which is no text"),
    }
}

fn braced(names: &[&str]) -> String {
    if names.is_empty() {
        return "no placeholder".to_owned();
    }
    let names = names.iter().map(|name| format!("{{{name}}}"));
    names.collect::<Vec<_>>().join(" ")
}

/// The names in braces, sorted: their order differs between languages.
pub(crate) fn placeholders(text: &Value) -> Result<Vec<&str>, &'static str> {
    let mut rest = text.as_str().unwrap_or_default();
    let mut names = Vec::new();
    while let Some(at) = rest.find(['{', '}']) {
        if rest[at..].starts_with('}') {
            return Err("has a } without a { before it");
        }
        rest = &rest[at + 1..];
        match rest.find(['{', '}']) {
            Some(end) if rest[end..].starts_with('}') => {
                names.push(&rest[..end]);
                rest = &rest[end + 1..];
            }
            Some(_) | None => return Err("has a { without a } after it"),
        }
    }
    names.sort_unstable();
    Ok(names)
}
