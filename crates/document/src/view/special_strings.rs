//! Finds the special strings of a view: those that a template cannot print as they are.
//!
//! Typst breaks no line within a word, and prints a string in the page's direction unless the template sets another one.
//! Most strings are printed right that way. To find the others in a template would cost more than to print them.

use std::collections::BTreeSet;

/// Longer words may be too long for a narrow column; in letters.
const LONG_WORD: usize = 12;

/// Adds the object `specialStrings` to the view. Its keys are the strings that have letters against the page's direction or
/// words of more than twelve letters. On a right-to-left page they are all strings.
pub(super) fn add(view: Vec<u8>, right_to_left: bool) -> Vec<u8> {
    #[expect(clippy::unwrap_used, reason = "the view was made by serde_json")]
    let mut view = String::from_utf8(view).unwrap();
    let mut special = BTreeSet::new();
    for string in strings(&view) {
        if right_to_left || is_special(string) {
            special.insert(string);
        }
    }
    let keys: Vec<String> = special
        .iter()
        .map(|key| format!("\"{key}\":true"))
        .collect();
    // Inserted before the brace that closes the view.
    view.pop();
    view += &format!(",\"specialStrings\":{{{}}}}}", keys.join(","));
    view.into_bytes()
}

/// The strings in this JSON without the names of members. Escapes are left as they are.
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

/// The place of the quotation mark that ends a string.
fn end(string: &str) -> Option<usize> {
    let mut begin = 0;
    loop {
        let mark = begin + string[begin..].find('"')?;
        // A mark behind an odd number of backslashes is escaped. Few strings have one.
        let before = &string.as_bytes()[..mark];
        let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\');
        if backslashes.count() % 2 == 0 {
            return Some(mark);
        }
        begin = mark + 1;
    }
}

fn is_special(string: &str) -> bool {
    // Most strings are short: this costs a tenth of a look at each letter.
    if string.len() <= LONG_WORD && string.is_ascii() {
        return false;
    }
    let mut word = 0;
    string.chars().any(|c| {
        word = if c == ' ' { 0 } else { word + 1 };
        word > LONG_WORD || runs_from_right_to_left(c)
    })
}

/// Letters of right-to-left scripts, and marks of that direction: the same as in `templates/lib/direction.typ`.
fn runs_from_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn special(view: &Value, right_to_left: bool) -> Value {
        let marked = add(view.to_string().into_bytes(), right_to_left);
        let mut marked: Value = serde_json::from_slice(&marked).expect("JSON");
        let special = marked["specialStrings"].take();
        marked
            .as_object_mut()
            .expect("an object")
            .remove("specialStrings");
        assert_eq!(&marked, view, "nothing else changes");
        special
    }

    #[test]
    fn long_words_and_letters_against_the_page_are_found_between_other_members() {
        let view = json!({
            "aMemberOfAnyNameAtAll": "Teigschaber, Edelstahl",
            "lines": [{"name": "Bäckereimaschine \"B\\\", 7 l"}, {"name": "twelveletter \"quoted\""}, {"name": ""}],
            "buyer": {"name": "שלום", "email": "somebody@shop.example", "empty": null, "n": 1.5},
            "twice": "somebody@shop.example",
        });
        assert_eq!(
            special(&view, false),
            json!({"Bäckereimaschine \"B\\\", 7 l": true, "שלום": true, "somebody@shop.example": true})
        );
    }

    #[test]
    fn on_a_right_to_left_page_every_string_is_special() {
        let view = json!({"a": "b", "c": ["d", {"e": "f"}]});
        assert_eq!(
            special(&view, true),
            json!({"b": true, "d": true, "f": true})
        );
        assert_eq!(special(&view, false), json!({}));
    }
}
