//! A patch whose pointers may differ from letter to letter: `{pointer}` stands for the place of the letter's own problem.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::dead_letters::{InvalidPatch, Patch};

/// What stands for the place of a problem, at the beginning of `path` and `from`.
const POINTER: &str = "{pointer}";

/// What stands for a value in a proposal.
pub(super) const VALUE: &str = "{value}";

/// Most problems of one letter to whose places a patch is applied.
const MAX_PLACES: usize = 1_000;

/// A patch of a repair.
#[derive(Clone, Debug)]
pub struct PointedPatch(Form);

#[derive(Clone, Debug)]
enum Form {
    /// It is the same for each letter.
    Same(Arc<Patch>),
    /// The operations, as they are written.
    Pointed(Vec<Written>),
}

/// The members of an operation.
type Written = BTreeMap<String, Box<RawValue>>;

/// Why a patch of a repair is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRepairPatch {
    /// It is no patch.
    #[error(transparent)]
    Patch(#[from] InvalidPatch),
    /// The value of a proposal was not given.
    #[error(
        "the patch has {VALUE} as a value: replace it by the value that the requests are to have"
    )]
    NoValue,
}

impl PointedPatch {
    /// Reads a patch. An array is a JSON Patch (RFC 6902), whose `path` and `from` may begin with `{pointer}`; an object is a
    /// JSON Merge Patch (RFC 7396).
    ///
    /// # Errors
    ///
    /// It is neither, or a value is missing.
    pub fn parse(json: &str) -> Result<Self, InvalidRepairPatch> {
        let Ok(operations) = serde_json::from_str::<Vec<Written>>(json) else {
            // An object, or an error that says what is wrong.
            return Ok(Self(Form::Same(Patch::parse(json.as_bytes())?.into())));
        };
        let has_no_value = |written: &Written| text(written, "value").as_deref() == Some(VALUE);
        if operations.iter().any(has_no_value) {
            return Err(InvalidRepairPatch::NoValue);
        }
        if operations.iter().any(is_pointed) {
            // Wherever the problem is, this patch is one.
            parsed(&at(&operations, &format!("/{POINTER}")))?;
            return Ok(Self(Form::Pointed(operations)));
        }
        Ok(Self(Form::Same(Patch::parse(json.as_bytes())?.into())))
    }

    /// Whether it needs the places of the letter's problems.
    pub fn is_pointed(&self) -> bool {
        match self.0 {
            Form::Same(_) => false,
            Form::Pointed(_) => true,
        }
    }

    /// The patch for a letter whose problems are at these places. The last place comes first, so that an item that is removed
    /// from a list moves none that is still to be changed.
    ///
    /// # Errors
    ///
    /// There is no place, or there are too many, or a pointer is none.
    pub fn for_places(&self, places: &[&str]) -> Result<Arc<Patch>, String> {
        let operations = match &self.0 {
            Form::Same(patch) => return Ok(Arc::clone(patch)),
            Form::Pointed(operations) => operations,
        };
        if places.is_empty() {
            return Err(format!(
                "the request has no such problem, so {POINTER} stands for nothing"
            ));
        }
        if places.len() > MAX_PLACES {
            let count = places.len();
            return Err(format!(
                "the request has {count} such problems, expected at most {MAX_PLACES}"
            ));
        }
        let mut all = Vec::with_capacity(operations.len() * places.len());
        for place in in_reverse(places) {
            all.extend(at(operations, place));
        }
        parsed(&all)
            .map(Arc::new)
            .map_err(|error| error.to_string())
    }
}

/// Different places, the last item of each list first.
fn in_reverse<'a>(places: &[&'a str]) -> Vec<&'a str> {
    let key = |place: &str| -> Vec<(usize, String)> {
        let tokens = place.split('/').skip(1);
        // Numbers are compared as numbers.
        tokens
            .map(|token| (token.parse().unwrap_or(0), token.to_owned()))
            .collect()
    };
    let mut places = places.to_vec();
    places.sort_by_cached_key(|place| std::cmp::Reverse(key(place)));
    places.dedup();
    places
}

fn is_pointed(operation: &Written) -> bool {
    ["path", "from"].iter().any(|name| {
        let pointer = text(operation, name);
        pointer.is_some_and(|pointer| pointer.starts_with(POINTER))
    })
}

/// The operations with this place where they have `{pointer}`.
fn at(operations: &[Written], place: &str) -> Vec<Written> {
    let placed = operations.iter().map(|operation| {
        let mut operation = operation.clone();
        for name in ["path", "from"] {
            let pointer = text(&operation, name);
            let rest = pointer
                .as_deref()
                .and_then(|pointer| pointer.strip_prefix(POINTER));
            let placed =
                rest.map(|rest| serde_json::value::to_raw_value(&format!("{place}{rest}")));
            if let Some(Ok(placed)) = placed {
                operation.insert(name.to_owned(), placed);
            }
        }
        operation
    });
    placed.collect()
}

fn parsed(operations: &[Written]) -> Result<Patch, InvalidPatch> {
    let json = serde_json::to_vec(operations);
    let json = json.map_err(|error| InvalidPatch::NotJson(error.to_string()))?;
    Patch::parse(&json)
}

/// A member that is a text.
fn text(operation: &Written, name: &str) -> Option<String> {
    serde_json::from_str(operation.get(name)?.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(patch: &str, places: &[&str], request: &str) -> Result<String, String> {
        let patch = PointedPatch::parse(patch).map_err(|error| error.to_string())?;
        let patch = patch.for_places(places)?;
        let patched = patch.apply(request.as_bytes(), 10_000);
        let patched = patched.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(patched).expect("UTF-8"))
    }

    #[test]
    fn each_letter_is_patched_at_its_own_places() {
        let remove = r#"[{"op":"remove","path":"{pointer}"}]"#;
        for (patch, places, request, expected) in [
            (remove, &["/a"][..], r#"{"a":1,"b":2.50}"#, r#"{"b":2.50}"#),
            // The ninth is before the tenth.
            (
                remove,
                &["/l/9", "/l/10", "/l/9"],
                r#"{"l":[0,1,2,3,4,5,6,7,8,9,10,11]}"#,
                r#"{"l":[0,1,2,3,4,5,6,7,8,11]}"#,
            ),
            (
                r#"[{"op":"add","path":"{pointer}/x","value":1.0},{"op":"remove","path":"/b"}]"#,
                &["/a"],
                r#"{"a":{},"b":1}"#,
                r#"{"a":{"x":1.0}}"#,
            ),
            (
                r#"[{"op":"move","from":"{pointer}","path":"/c"}]"#,
                &["/a~1b"],
                r#"{"a/b":1}"#,
                r#"{"c":1}"#,
            ),
            (r#"{"a":null}"#, &[], r#"{"a":1,"b":2}"#, r#"{"b":2}"#),
            (
                r#"[{"op":"replace","path":"/a","value":2}]"#,
                &[],
                r#"{"a":1}"#,
                r#"{"a":2}"#,
            ),
        ] {
            let patched = applied(patch, places, request);
            assert_eq!(patched.as_deref(), Ok(expected), "{patch}");
        }
    }

    #[test]
    fn a_pointer_that_stands_for_nothing_is_an_error() {
        let remove = r#"[{"op":"remove","path":"{pointer}"}]"#;
        let error = applied(remove, &[], "{}").expect_err("no place");
        assert!(error.contains("no such problem"), "{error}");
        let many = vec!["/a"; MAX_PLACES + 1];
        assert!(applied(remove, &many, "{}").is_err());
    }

    #[test]
    fn what_is_no_patch_is_refused() {
        for (patch, expected) in [
            ("7", "the patch is a number"),
            ("[]", "the patch is empty"),
            (
                r#"[{"op":"set","path":"{pointer}"}]"#,
                "operation 1 of the patch: op is",
            ),
            (
                r#"[{"op":"add","path":"{pointer}"}]"#,
                "operation 1 of the patch: value is missing",
            ),
            (
                r#"[{"op":"remove","path":"{other}"}]"#,
                "operation 1 of the patch: \"{other}\" is no JSON pointer",
            ),
            (
                r#"[{"op":"add","path":"/a","value":"{value}"}]"#,
                "the patch has {value} as a value",
            ),
        ] {
            let error = PointedPatch::parse(patch).expect_err(patch).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
