//! Details of failures for readers who may not see personal data.
//!
//! A detail may have come from anywhere: from a check of ours, from a template, from a server, or from another program. So what is
//! shown is known to be no personal data, and everything else is masked: the words of our own messages, the names of fields, rules and
//! files of templates, moments, and numbers that count something or stand for a field which is shown.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use invoice::request::InvoiceRequest;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::fields::{MASK, after_quote, is_shown, steps};

/// The words of our messages, and of those that they quote. `scripts/tables/masked-words` makes the list.
static WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("words.txt").lines().collect());

/// The names of all fields of a request.
static FIELDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut names = BTreeSet::new();
    collect_fields(&InvoiceRequest::json_schema(), &mut names);
    names
});

/// With what the names of rules begin.
const RULES: [&str; 14] = [
    "BR", "CII", "DK", "EN16931", "GR", "IBR", "IS", "IT", "NL", "NO", "PEPPOL", "SE", "UBL", "VAT",
];

/// What is counted: a number before one of these words is that of a limit or of a size.
const UNITS: [&str; 27] = [
    "bytes",
    "characters",
    "codes",
    "deep",
    "decimals",
    "digits",
    "documents",
    "entries",
    "errors",
    "files",
    "fonts",
    "items",
    "languages",
    "letters",
    "lines",
    "MiB",
    "minutes",
    "more",
    "numbers",
    "pages",
    "parts",
    "places",
    "problems",
    "s",
    "seconds",
    "times",
    "to",
];

/// What has a number: a number behind one of these words is that.
const NUMBERED: [&str; 14] = [
    "attempt",
    "column",
    "least",
    "letter",
    "limit",
    "line",
    "lines",
    "most",
    "operation",
    "page",
    "repair",
    "replay",
    "status",
    "version",
];

/// Longest number of which nothing says what it is, in digits.
const FREE_DIGITS: usize = 2;

/// A text about a request, with what may be personal data masked.
pub fn detail(text: &str) -> String {
    masked(text, None)
}

/// A text about the field of this pointer.
pub(super) fn detail_at(pointer: &str, text: &str) -> String {
    masked(text, Some(is_of_shown(pointer)))
}

/// A JSON pointer, with the steps masked that are no fields.
pub(super) fn pointer(pointer: &str) -> String {
    if !pointer.starts_with('/') {
        return if pointer.is_empty() {
            String::new()
        } else {
            MASK.to_owned()
        };
    }
    // No list is in a list, so that a number behind a number is no place.
    let mut is_behind_number = false;
    pointer
        .split('/')
        .skip(1)
        .fold(String::new(), |path, step| {
            let is_number = has_digits_only(step);
            let is_shown = is_step(step) && !(is_number && is_behind_number);
            is_behind_number = is_number;
            path + "/" + if is_shown { step } else { MASK }
        })
}

/// `is_shown` says whether the text is about a field that is shown, where it is about one.
fn masked(text: &str, is_shown: Option<bool>) -> String {
    let text = without_quotes(text);
    let mut reader = Reader {
        is_shown,
        before: "",
        is_behind_number: false,
    };
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let start = rest.find(|c: char| !c.is_whitespace());
        let (space, others) = rest.split_at(start.unwrap_or(rest.len()));
        shown.push_str(space);
        let end = others.find(char::is_whitespace).unwrap_or(others.len());
        let (token, others) = others.split_at(end);
        let after = others.split_whitespace().next().unwrap_or_default();
        let is_before_number = is_number_next(others);
        reader.token(token, trimmed(after).1, is_before_number, &mut shown);
        rest = others;
    }
    shown
}

/// The text with quoted values masked as a whole, however they were escaped.
pub(super) fn without_quotes(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, quoted)) = rest.split_once('"') {
        masked.push_str(before);
        masked.push('"');
        masked.push_str(MASK);
        masked.push('"');
        rest = after_quote(quoted);
    }
    masked.push_str(rest);
    masked
}

/// Goes through the words of a text.
struct Reader<'a> {
    /// Whether the field is shown that the text is about just now; none where it is about no field.
    is_shown: Option<bool>,
    /// The word before, without marks.
    before: &'a str,
    /// Whether a number comes before, with no more than marks in between.
    is_behind_number: bool,
}

impl<'a> Reader<'a> {
    /// Adds what is shown of a token, which has no white space.
    fn token(&mut self, token: &'a str, after: &str, is_before_number: bool, shown: &mut String) {
        let (head, core, tail) = trimmed(token);
        // A number in several groups may be one of a person: of a telephone, or a date.
        let is_group = self.is_behind_number || is_before_number;
        shown.push_str(head);
        if core.contains('@') {
            shown.push_str(MASK);
        } else if core.starts_with('/') && is_pointer(core) {
            self.is_shown = Some(is_of_shown(core));
            shown.push_str(&pointer(core));
        } else if is_template(core) || is_rule(core) || is_moment(core) {
            shown.push_str(core);
        } else if is_number(core) {
            shown.push_str(if self.is_safe(core, after, is_group) {
                core
            } else {
                MASK
            });
        } else {
            self.words(core, is_group, shown);
        }
        shown.push_str(tail);
        self.before = core;
        if let Some(last) = core.chars().rfind(|c| c.is_alphanumeric()) {
            self.is_behind_number = last.is_ascii_digit();
        }
    }

    /// Whether a number may be shown, which may be one of several groups.
    fn is_safe(&self, number: &str, after: &str, is_group: bool) -> bool {
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        match self.is_shown {
            Some(true) => true,
            _ if is_group => false,
            _ if UNITS.contains(&after) => digits <= 10,
            // A limit is before `at most` or behind it.
            _ if after == "at" || NUMBERED.contains(&self.before) => digits <= 4,
            Some(false) => false,
            None => digits <= FREE_DIGITS,
        }
    }

    /// A token of several words, such as `a-b`: each on its own.
    fn words(&self, core: &str, is_group: bool, shown: &mut String) {
        let numbers = core.split(|c: char| !c.is_alphanumeric());
        let is_group = is_group || numbers.filter(|word| has_digits_only(word)).count() > 1;
        let mut rest = core;
        while let Some(c) = rest.chars().next() {
            let length = rest.find(|c: char| !c.is_alphanumeric());
            let length = length.unwrap_or(rest.len());
            let (word, others) = rest.split_at(length);
            if word.is_empty() {
                // Marks between words. Other characters than those of ASCII may be of a name.
                if c.is_ascii() || "…—–→".contains(c) {
                    shown.push(c);
                } else if !shown.ends_with(MASK) {
                    shown.push_str(MASK);
                }
                rest = &rest[c.len_utf8()..];
            } else {
                let is_known = self.is_known(word, is_group);
                shown.push_str(if is_known { word } else { MASK });
                rest = others;
            }
        }
    }

    fn is_known(&self, word: &str, is_group: bool) -> bool {
        if has_digits_only(word) {
            let is_short = word.len() <= FREE_DIGITS && !is_group;
            return self.is_shown.unwrap_or(is_short);
        }
        let is_letter = word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        is_letter || WORDS.contains(word) || FIELDS.contains(word)
    }
}

/// Whether a number follows, with no more than marks in between.
fn is_number_next(text: &str) -> bool {
    let next = text.chars().find(|c| c.is_alphanumeric());
    next.is_some_and(|next| next.is_ascii_digit())
}

fn has_digits_only(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The marks before a token, the token without them, and those behind it.
fn trimmed(token: &str) -> (&str, &str, &str) {
    let head = token.trim_start_matches(['(', '[', '{', '\'', '"', '`', '<', '“', '‘']);
    let core = head.trim_end_matches([
        ')', ']', '}', '\'', '"', '`', '>', '”', '’', ',', '.', ';', ':', '!', '?', '…',
    ]);
    let (before, rest) = token.split_at(token.len() - head.len());
    (before, core, &rest[core.len()..])
}

/// Whether the field of this pointer is shown.
fn is_of_shown(pointer: &str) -> bool {
    is_shown(&steps(pointer))
}

/// Whether this is a JSON pointer into a request: it begins with a field.
fn is_pointer(text: &str) -> bool {
    let first = text[1..].split('/').next().unwrap_or_default();
    FIELDS.contains(first)
}

/// Whether a step of a pointer is a field or a place in a list, which groups of details show as `#`.
fn is_step(step: &str) -> bool {
    let is_number = step.len() <= 4 && step.bytes().all(|byte| byte.is_ascii_digit());
    let is_place = step == "0" || (is_number && !step.starts_with('0'));
    step == "#" || is_place || FIELDS.contains(step)
}

/// Whether this is a place in a template: `invoice/main.typ:12:5`.
fn is_template(text: &str) -> bool {
    let Some((path, place)) = text.split_once(".typ") else {
        return false;
    };
    let is_path = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
    let is_place = |c: char| c.is_ascii_digit() || ":#".contains(c);
    path.chars().all(is_path) && place.chars().all(is_place)
}

/// Whether this is the name of a rule: `BR-CO-15`, `PEPPOL-EN16931-P0100`. Longer numbers may be those of a company or a person.
fn is_rule(text: &str) -> bool {
    let mut parts = text.split('-');
    let numbered = parts.clone().filter(|part| *part != "EN16931");
    let digits = numbered.flat_map(str::bytes).filter(u8::is_ascii_digit);
    let has_long_number = parts
        .clone()
        .any(|part| part.len() > 3 && has_digits_only(part));
    let is_part = |part: &str| {
        (1..=8).contains(&part.len())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    parts.next().is_some_and(|first| RULES.contains(&first))
        && text.contains('-')
        && text.len() <= 32
        && digits.count() <= 4
        && !has_long_number
        && parts.all(is_part)
}

/// Whether this is a moment of ours, with its time.
fn is_moment(text: &str) -> bool {
    text.len() >= 20 && OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

/// Whether this is a number or a date.
fn is_number(text: &str) -> bool {
    let text = text.trim_end_matches('%');
    let is_part = |byte: u8| byte.is_ascii_digit() || b".,-+".contains(&byte);
    text.bytes().all(is_part) && text.bytes().any(|byte| byte.is_ascii_digit())
}

fn collect_fields(node: &Value, names: &mut BTreeSet<String>) {
    match node {
        Value::Object(members) => {
            for (name, member) in members {
                if name == "properties"
                    && let Some(properties) = member.as_object()
                {
                    names.extend(properties.keys().cloned());
                }
                collect_fields(member, names);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect_fields(item, names);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests;
