//! Which strings of a view a template has to look at before it prints them.
//!
//! Typst breaks no line within a word, and sets a string in the page's direction unless told otherwise. Most strings need
//! neither; to find that out in a template would cost more than to print them.

use std::collections::BTreeSet;

/// Longer words may be too long for a narrow column.
const LONG_WORD: usize = 12;

/// Adds to the view an object `unruly` whose keys are the strings with letters that run against the page or with words of
/// more than twelve letters. On a page from right to left these are all strings.
pub(super) fn mark(view: Vec<u8>, right_to_left: bool) -> Vec<u8> {
    #[expect(clippy::unwrap_used, reason = "the view was made by serde_json")]
    let mut view = String::from_utf8(view).unwrap();
    let mut unruly = BTreeSet::new();
    for string in strings(&view) {
        if right_to_left || is_unruly(string) {
            unruly.insert(string);
        }
    }
    let keys: Vec<String> = unruly.iter().map(|key| format!("\"{key}\":true")).collect();
    // Before the brace that closes the view.
    view.pop();
    view += &format!(",\"unruly\":{{{}}}}}", keys.join(","));
    view.into_bytes()
}

/// The strings in this JSON, but for the names of members; escapes are left as they are.
fn strings(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            let (_, begin) = rest.split_once('"')?;
            let (string, after) = begin.split_at(end(begin)?);
            rest = &after[1..];
            if !rest.starts_with(':') {
                return Some(string);
            }
        }
    })
}

/// Where the quotation mark is that ends a string.
fn end(string: &str) -> Option<usize> {
    let mut bytes = string.bytes().enumerate();
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(index),
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    None
}

fn is_unruly(string: &str) -> bool {
    let mut word = 0;
    string.chars().any(|c| {
        word = if c == ' ' { 0 } else { word + 1 };
        word > LONG_WORD || runs_from_right_to_left(c)
    })
}

/// Letters of such scripts, and the marks that make neighbours do so: the same as in `templates/lib/direction.typ`.
fn runs_from_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn unruly(view: &Value, right_to_left: bool) -> Value {
        let marked = mark(view.to_string().into_bytes(), right_to_left);
        let mut marked: Value = serde_json::from_slice(&marked).expect("JSON");
        let unruly = marked["unruly"].take();
        marked.as_object_mut().expect("an object").remove("unruly");
        assert_eq!(&marked, view, "nothing else changes");
        unruly
    }

    #[test]
    fn long_words_and_letters_against_the_page_are_found_whatever_is_around_them() {
        let view = json!({
            "aMemberOfAnyNameAtAll": "Teigschaber, Edelstahl",
            "lines": [{"name": "Bäckereimaschine \"B\\\", 7 l"}, {"name": "twelveletter \"quoted\""}, {"name": ""}],
            "buyer": {"name": "שלום", "email": "somebody@shop.example", "empty": null, "n": 1.5},
            "twice": "somebody@shop.example",
        });
        assert_eq!(
            unruly(&view, false),
            json!({"Bäckereimaschine \"B\\\", 7 l": true, "שלום": true, "somebody@shop.example": true})
        );
    }

    #[test]
    fn on_a_page_from_right_to_left_every_string_is() {
        let view = json!({"a": "b", "c": ["d", {"e": "f"}]});
        assert_eq!(
            unruly(&view, true),
            json!({"b": true, "d": true, "f": true})
        );
        assert_eq!(unruly(&view, false), json!({}));
    }
}
