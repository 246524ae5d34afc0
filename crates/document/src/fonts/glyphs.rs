//! Checks whether the fonts have the characters of a request, so that no page has an empty box, and no request fails because
//! of a decoration.
//!
//! A character without a glyph is replaced by its compatible character in Unicode (`Ａ` by `A`, `【` by `[`, `❶` by `1`). A symbol,
//! pictograph or private character without such a replacement is left out, and so is a description or a note that has nothing
//! else. Any other
//! character, such as a letter, is an error that names the character and the field: a name that lacks a letter would be
//! another name.

mod replacements;

use std::borrow::Cow;

use icu_properties::props::{
    BidiClass, DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use serde_json::Value;

use crate::error::{MissingGlyph, RenderError};
use crate::fonts::Coverage;

/// Also a space without width that does not break (U+FEFF).
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Most characters that are listed in an error.
const MAX_REPORTED: usize = 10;

/// Changes the strings of a view so that the fonts have all of their characters.
///
/// On a right-to-left page, strings that run from left to right are isolated. Otherwise a house number before a Latin street
/// would be printed after it, and the groups of a telephone number in reverse order.
///
/// # Errors
///
/// [`RenderError::GlyphMissing`] for characters that are in no font and cannot be replaced or left out.
pub(crate) fn check(
    view: Vec<u8>,
    coverage: &Coverage,
    right_to_left: bool,
) -> Result<Vec<u8>, RenderError> {
    // Nearly all requests end here, after a few microseconds. The view is JSON in UTF-8, in which only ASCII is escaped.
    let shows = |c: char| is_shown(c, coverage);
    if !right_to_left && std::str::from_utf8(&view).is_ok_and(|view| beyond_ascii(view).all(shows))
    {
        return Ok(view);
    }
    let mut checker = Checker {
        coverage,
        right_to_left,
        missing: Vec::new(),
    };
    #[expect(clippy::unwrap_used, reason = "the view was made by serde_json")]
    let mut value: Value = serde_json::from_slice(&view).unwrap();
    checker.walk(&mut value, &mut String::new());
    if checker.missing.is_empty() {
        Ok(value.to_string().into_bytes())
    } else {
        Err(RenderError::GlyphMissing(checker.missing))
    }
}

/// A text of the request as pages show it: with replacements for characters that no font has. It is empty where nothing is left.
pub(crate) fn shown<'a>(text: &'a str, coverage: &Coverage) -> Cow<'a, str> {
    if text.is_ascii() || beyond_ascii(text).all(|c| is_shown(c, coverage)) {
        return Cow::Borrowed(text);
    }
    let checker = Checker {
        coverage,
        right_to_left: false,
        missing: Vec::new(),
    };
    checker.readable(text).unwrap_or_default().into()
}

/// Whether a page shows this character as it is. PDF/A forbids a byte order mark and private characters, which a font may have.
fn is_shown(c: char, coverage: &Coverage) -> bool {
    coverage.contains(c) && !is_direction_control(c) && c != BYTE_ORDER_MARK && !is_private(c)
}

/// The characters that are not ASCII. Most characters are ASCII, and bytes are skipped faster than characters.
fn beyond_ascii(mut text: &str) -> impl Iterator<Item = char> {
    std::iter::from_fn(move || {
        let at = text.bytes().position(|byte| !byte.is_ascii())?;
        let mut rest = text[at..].chars();
        let found = rest.next();
        text = rest.as_str();
        found
    })
}

struct Checker<'a> {
    coverage: &'a Coverage,
    right_to_left: bool,
    missing: Vec<MissingGlyph>,
}

impl Checker<'_> {
    fn walk(&mut self, value: &mut Value, pointer: &mut String) {
        let length = pointer.len();
        match value {
            Value::String(text) => match self.readable(text) {
                Ok(readable)
                    if self.right_to_left
                        && !is_for_machines(pointer)
                        && needs_isolation(&readable) =>
                {
                    *text = format!("\u{2066}{readable}\u{2069}");
                }
                Ok(readable) => *text = readable,
                // The error is a symbol only if the string has nothing else.
                Err(symbol) if is_decoration(symbol) && is_optional(pointer) => {
                    *value = Value::Null;
                }
                Err(character) if self.missing.len() < MAX_REPORTED => {
                    self.missing.push(MissingGlyph {
                        pointer: request_pointer(pointer),
                        character,
                    });
                }
                Err(_) => {}
            },
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    *pointer += &format!("/{index}");
                    self.walk(item, pointer);
                    pointer.truncate(length);
                }
                items.retain(|item| !item.is_null());
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    // The template author checks the brand; the extensions may have any content.
                    if length == 0 && ["brand", "extensions"].contains(&name.as_str()) {
                        continue;
                    }
                    *pointer += &format!("/{name}");
                    self.walk(field, pointer);
                    pointer.truncate(length);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The text with replacements for characters without a glyph, or the first character that has none.
    fn readable(&self, text: &str) -> Result<String, char> {
        let mut readable = String::with_capacity(text.len());
        let mut left_out = None;
        // Selectors and joiners after a pictograph are left out with it.
        let mut follows_left_out = false;
        for c in text.chars() {
            if follows_left_out && is_ignorable(c) {
                continue;
            }
            follows_left_out = false;
            if is_direction_control(c) || c == BYTE_ORDER_MARK {
                // It is left out: it is invisible, and a control without its end would reverse the rest of the line.
            } else if c.is_ascii() || is_shown(c, self.coverage) {
                readable.push(c);
            } else if let Some(replacement) = self.replacement(c) {
                readable += &replacement;
            } else if is_ignorable(c) {
                // It is invisible.
            } else if is_decoration(c) {
                left_out = Some(c);
                follows_left_out = true;
            } else {
                return Err(c);
            }
        }
        match left_out {
            None => Ok(readable),
            Some(c) => {
                let tidy = tidy(&readable);
                if tidy.is_empty() { Err(c) } else { Ok(tidy) }
            }
        }
    }

    /// What stands for a character that no font has: its replacement, and the replacements of that, until the fonts have them
    /// all.
    fn replacement(&self, c: char) -> Option<String> {
        let shows = |c: char| c.is_ascii() || self.coverage.contains(c);
        let mut replacement = replacements::of(c)?;
        while !replacement.chars().all(shows) {
            let mut next = String::new();
            let mut changed = false;
            for c in replacement.chars() {
                match replacements::of(c).filter(|_| !shows(c)) {
                    Some(other) => {
                        next += &other;
                        changed = true;
                    }
                    None => next.push(c),
                }
            }
            if !changed {
                return None;
            }
            replacement = next;
        }
        Some(replacement)
    }
}

/// Removes the spaces around characters that were left out.
fn tidy(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        words.join(" ")
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Whether the document is complete without this field.
fn is_optional(pointer: &str) -> bool {
    let optional = [
        "/description",
        "/reason",
        "/terms",
        "/tradingName",
        "/more/note",
    ];
    pointer.starts_with("/notes/") || optional.iter().any(|field| pointer.ends_with(field))
}

/// Whether a template or a program evaluates this field, so that it must not be isolated. The fields of the Swiss payment
/// part are among them: it runs from left to right on every page.
fn is_for_machines(pointer: &str) -> bool {
    pointer == "/paper" || pointer.ends_with("/url") || pointer.starts_with("/payment/qr/")
}

/// Embeddings, overrides and isolates (UAX #9). Directional marks are not among them, because they affect only their
/// neighbours.
fn is_direction_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Private characters (Unicode, section 23.5).
fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}

fn is_ignorable(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Symbols and pictographs, private characters, which mean something to their inventor only, and the sound marks of Japanese
/// where they stand alone, as faces have them.
fn is_decoration(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    GeneralCategoryGroup::Symbol.contains(category)
        || is_private(c)
        || matches!(c, '\u{3099}' | '\u{309a}' | '\u{ff9e}' | '\u{ff9f}')
        // Pictographs that are newer than the tables of ICU are unassigned there.
        || (category == GeneralCategory::Unassigned && matches!(c, '\u{1f000}'..='\u{1faff}'))
}

/// Whether the parts of a string would be reordered on a right-to-left page: it runs from left to right or has only numbers,
/// and has a character that is neither a letter nor a digit at its ends or between its numbers.
fn needs_isolation(text: &str) -> bool {
    // Formatted numbers and dates have their own marks.
    if text.contains(['\u{200e}', '\u{200f}', '\u{61c}']) {
        return false;
    }
    let class = |c: char| CodePointMapData::<BidiClass>::new().get(c);
    let strong = text.chars().map(class).find(|class| {
        matches!(
            *class,
            BidiClass::LeftToRight | BidiClass::RightToLeft | BidiClass::ArabicLetter
        )
    });
    let starts_left_to_right = text.starts_with(|c| class(c) == BidiClass::LeftToRight);
    match strong {
        Some(BidiClass::LeftToRight) => {
            !starts_left_to_right || !text.ends_with(|c: char| c.is_alphanumeric())
        }
        Some(_) => false,
        // "1,234.50" and "2026-11" are not reordered.
        None => {
            let holds = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\u{a0}');
            !text.chars().all(holds)
        }
    }
}

/// Where in the request the text of a view comes from.
fn request_pointer(view: &str) -> String {
    let segments: Vec<&str> = view.split('/').skip(1).collect();
    match segments.as_slice() {
        ["document", rest @ ..] => join(rest),
        [party, "addressLines", ..] => format!("/{party}/address"),
        [party, field @ ("legalId" | "electronicAddress")] => format!("/{party}/{field}/value"),
        ["payment", "terms"] => "/payment/terms".into(),
        ["payment", "furtherMeans", index, field] => {
            format!("/payment/furtherMeans/{index}/{}", means_field(field))
        }
        ["payment", field] => format!("/payment/means/{}", means_field(field)),
        ["lines", index, "more", rest @ ..] => format!("/lines/{index}{}", join(rest)),
        ["attachments", index, "location"] => format!("/attachments/{index}/url"),
        ["notes", index] => format!("/notes/{index}/text"),
        other => join(other),
    }
}

fn means_field(view: &str) -> &str {
    match view {
        "meansCode" => "code",
        // The words for a code are texts of the template, whose letters are checked when it is loaded.
        "means" | "meansText" => "text",
        other => other,
    }
}

fn join(segments: &[&str]) -> String {
    segments
        .iter()
        .map(|segment| format!("/{segment}"))
        .collect()
}

#[cfg(test)]
mod tests;
