//! What an edit changes in a request, field by field.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::contract::FieldChange;
use crate::text::one_line;

/// Most changes of one dead letter that are shown.
const MAX_CHANGES: usize = 20;

/// Longest value that is shown, in characters.
const VALUE_CHARS: usize = 80;

/// The first changes from one request to another; none where one of them is not JSON.
pub(super) fn changes(before: &[u8], after: &[u8]) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    if let (Ok(before), Ok(after)) = (
        serde_json::from_slice::<Value>(before),
        serde_json::from_slice::<Value>(after),
    ) {
        compare("", Some(&before), Some(&after), &mut changes);
    }
    changes
}

/// Values are nested no deeper than the parser follows.
fn compare(
    pointer: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    changes: &mut Vec<FieldChange>,
) {
    if changes.len() >= MAX_CHANGES || before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                let token = name.replace('~', "~0").replace('/', "~1");
                let (before, after) = (before.get(name), after.get(name));
                compare(&format!("{pointer}/{token}"), before, after, changes);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            for index in 0..before.len().max(after.len()) {
                let (before, after) = (before.get(index), after.get(index));
                compare(&format!("{pointer}/{index}"), before, after, changes);
            }
        }
        (before, after) => {
            let shown = |value: &Value| one_line(&value.to_string(), VALUE_CHARS);
            changes.push(FieldChange {
                pointer: pointer.to_owned(),
                before: before.map(shown),
                after: after.map(shown),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_named_field_by_field() {
        let before = br#"{"a":1,"b":{"c/d":"x","e":[1,2]},"f":null}"#;
        let after = br#"{"a":1,"b":{"c/d":"y","e":[1,3,4]}}"#;
        let changes: Vec<String> = changes(before, after)
            .iter()
            .map(|change| {
                let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
                let (before, after) = (shown(&change.before), shown(&change.after));
                format!("{} {before} {after}", change.pointer)
            })
            .collect();
        assert_eq!(
            changes,
            [
                "/b/c~1d \"x\" \"y\"",
                "/b/e/1 2 3",
                "/b/e/2 - 4",
                "/f null -"
            ]
        );
    }

    #[test]
    fn many_changes_and_long_values_are_cut() {
        let many = |fill: &str| Value::from(vec![fill; 100]).to_string();
        let changes = changes(many("a").as_bytes(), many(&"b".repeat(500)).as_bytes());
        assert_eq!(changes.len(), MAX_CHANGES);
        let after = changes[0].after.as_deref().expect("a value");
        assert_eq!(after.chars().count(), VALUE_CHARS);
    }
}
