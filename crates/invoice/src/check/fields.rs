//! Checks of single fields, and the collection of their problems.

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

use crate::FailureCode;
use crate::problem::{MAX_PROBLEMS, Problem, Warning, WarningCode, measured, shown};

/// A place in the request, as a JSON pointer (RFC 6901).
#[derive(Clone, Debug)]
pub(super) struct Place(String);

impl Place {
    pub(super) fn root() -> Self {
        Self(String::new())
    }

    pub(super) fn field(&self, name: &str) -> Self {
        // Each field needs a place, although few are reported; so a place takes one allocation only.
        if name.contains(['~', '/']) {
            let name = name.replace('~', "~0").replace('/', "~1");
            Self([&self.0, "/", &name].concat())
        } else {
            Self([&self.0, "/", name].concat())
        }
    }

    pub(super) fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// Whether the place is in this member of the request.
    pub(super) fn is_within(&self, member: &str) -> bool {
        let path = self.0.strip_prefix('/').unwrap_or_default();
        path.split('/').next() == Some(member)
    }

    pub(super) fn into_pointer(self) -> String {
        self.0
    }
}

/// The text, unless it is blank: a blank text counts as absent.
pub(crate) fn present<T: AsRef<str>>(text: Option<T>) -> Option<T> {
    text.filter(|text| !is_blank(text.as_ref()))
}

/// Whether a text has no visible character: it is empty, or has only white space and characters that are ignored by
/// default (soft hyphens, zero-width spaces, marks of direction). Those are often copied together with a text.
pub(super) fn is_blank(text: &str) -> bool {
    let shapeless = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    text.chars()
        .all(|c| c.is_whitespace() || shapeless.contains(c))
}

/// Whether all characters are digits.
pub(super) fn are_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether all characters are capital letters or digits, as in most codes.
pub(super) fn are_capitals_and_digits(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Most warnings of one request: they go into events.
pub(super) const MAX_WARNINGS: usize = 20;

/// Collects problems. Its methods return the value where it is valid, and `None` where it is absent or was reported.
#[derive(Default)]
pub(super) struct Checker {
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
    /// Whether the document is a receipt, to which fewer rules apply.
    pub(super) is_lenient: bool,
}

impl Checker {
    /// The problems, and what is suspicious.
    pub(super) fn into_parts(self) -> (Vec<Problem>, Vec<Warning>) {
        (self.problems, self.warnings)
    }

    /// Notes what is valid and suspicious.
    pub(super) fn warn(&mut self, code: WarningCode, place: &Place, message: String) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning {
                code,
                pointer: place.0.clone(),
                message,
            });
        }
    }

    pub(super) fn report(
        &mut self,
        code: FailureCode,
        place: &Place,
        rule: Option<&'static str>,
        message: String,
    ) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem {
                code,
                pointer: place.0.clone(),
                rule,
                message,
            });
        }
    }

    /// A checker without problems, for the same kind of document.
    pub(super) fn apart(&self) -> Self {
        Self {
            problems: Vec::new(),
            warnings: Vec::new(),
            is_lenient: self.is_lenient,
        }
    }

    /// Takes over problems of another checker.
    pub(super) fn take_over(&mut self, other: Self, is_kept: impl Fn(&Problem) -> bool) {
        let left = MAX_PROBLEMS.saturating_sub(self.problems.len());
        let kept = other.problems.into_iter().filter(is_kept);
        self.problems.extend(kept.take(left));
        let left = MAX_WARNINGS.saturating_sub(self.warnings.len());
        self.warnings.extend(other.warnings.into_iter().take(left));
    }

    /// Whether the field or a part of it was reported.
    pub(super) fn is_reported(&self, place: &Place) -> bool {
        let is_within = |problem: &Problem| {
            let rest = problem.pointer.strip_prefix(&place.0);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.problems.iter().any(is_within)
    }

    /// Reports a required field that is missing, unless the field or a part of it was reported as wrong.
    pub(super) fn missing(
        &mut self,
        place: &Place,
        rule: impl Into<Option<&'static str>>,
        expected: &str,
    ) {
        if self.is_reported(place) {
            return;
        }
        let message = format!("is missing or empty, expected {expected}");
        self.report(FailureCode::FieldMissing, place, rule.into(), message);
    }

    /// A required field; a blank text counts as absent.
    pub(super) fn required<T: Emptiable>(
        &mut self,
        place: &Place,
        value: Option<T>,
        rule: impl Into<Option<&'static str>>,
        expected: &str,
    ) -> Option<T> {
        let value = value.filter(|value| !value.is_empty());
        if value.is_none() {
            self.missing(place, rule, expected);
        }
        value
    }

    /// A required text of one line.
    pub(super) fn required_text(
        &mut self,
        place: &Place,
        value: Option<String>,
        max_chars: usize,
        rule: impl Into<Option<&'static str>>,
    ) -> Option<String> {
        let value = present(value);
        if value.is_none() {
            let expected = format!("a text of 1 to {max_chars} characters");
            self.missing(place, rule, &expected);
        }
        self.text(place, value, max_chars)
    }

    /// A text of one line; a blank one counts as absent. Line breaks become spaces, as tabs do: they come with texts that
    /// were pasted.
    pub(super) fn text(
        &mut self,
        place: &Place,
        value: Option<String>,
        max_chars: usize,
    ) -> Option<String> {
        let value = value.map(|text| with_line_breaks(text, " "));
        self.limited(place, value, max_chars, false)
    }

    /// A text that may have line breaks. `\r\n`, `\r` and line separators become `\n`.
    pub(super) fn lines(
        &mut self,
        place: &Place,
        value: Option<String>,
        max_chars: usize,
    ) -> Option<String> {
        let value = value.map(|text| with_line_breaks(text, "\n"));
        self.limited(place, value, max_chars, true)
    }

    /// The items of a list. A list that is too long is reported, and counts as empty.
    pub(super) fn items<T>(&mut self, place: &Place, items: Option<Vec<T>>, max: usize) -> Vec<T> {
        let items = items.unwrap_or_default();
        if items.len() > max {
            let message = format!("has {} items, expected at most {max}", items.len());
            self.report(FailureCode::FieldInvalid, place, None, message);
            return Vec::new();
        }
        items
    }

    /// A name of a closed list.
    pub(super) fn one_of<T>(
        &mut self,
        place: &Place,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
        names: &[&str],
    ) -> Option<T> {
        let name = present(Some(name))?;
        let value = parse(name);
        if value.is_none() {
            let names = names.join(", ");
            let message = format!("is {}, expected one of {names}", shown(name));
            self.report(FailureCode::FieldInvalid, place, None, message);
        }
        value
    }

    /// A code of which only the form is checked, because the list of codes is long and changes. Problems quote it.
    pub(super) fn code(
        &mut self,
        place: &Place,
        code: Option<String>,
        form: &str,
        is_valid: impl Fn(&str) -> bool,
    ) -> Option<String> {
        self.formed(place, code, shown, form, is_valid)
    }

    /// The same for a value that problems must not quote: the number of an account or a card, an address on the web.
    pub(super) fn private_code(
        &mut self,
        place: &Place,
        code: Option<String>,
        form: &str,
        is_valid: impl Fn(&str) -> bool,
    ) -> Option<String> {
        self.formed(place, code, measured, form, is_valid)
    }

    fn formed(
        &mut self,
        place: &Place,
        text: Option<String>,
        show: fn(&str) -> String,
        form: &str,
        is_valid: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let text = present(text)?;
        if !is_valid(&text) {
            let message = format!("is {}, expected {form}", show(&text));
            self.report(FailureCode::FieldInvalid, place, None, message);
            return None;
        }
        Some(text)
    }

    /// An address on the web. Only `https` is accepted, since readers will open it.
    pub(super) fn url(&mut self, place: &Place, url: Option<String>) -> Option<String> {
        self.private_code(
            place,
            url,
            "an https URL of at most 2000 characters",
            |url| {
                url.strip_prefix("https://").is_some_and(|rest| {
                    rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
                }) && url.len() <= 2_000
                    && url.bytes().all(|byte| byte.is_ascii_graphic())
            },
        )
    }

    fn limited(
        &mut self,
        place: &Place,
        value: Option<String>,
        max_chars: usize,
        may_break: bool,
    ) -> Option<String> {
        let mut value = present(value)?;
        // Tabs are copied from tables; a template could not keep their columns.
        if value.contains('\t') {
            value = value.replace('\t', " ");
        }
        let chars = value.chars().count();
        if chars > max_chars {
            let message = format!("is {chars} characters long, expected at most {max_chars}");
            self.report(FailureCode::FieldInvalid, place, None, message);
            return None;
        }
        let mut chars = value.chars().zip(1..);
        let wrong = chars.find(|(c, _)| c.is_control() && !(may_break && *c == '\n'));
        if let Some((c, at)) = wrong {
            let line_breaks = if may_break {
                "line breaks (\\n) are allowed"
            } else {
                "line breaks become spaces"
            };
            let message = format!(
                "has U+{:04X} as character {at}, expected no control characters; {line_breaks}",
                u32::from(c)
            );
            self.report(FailureCode::FieldInvalid, place, None, message);
            return None;
        }
        Some(value)
    }
}

/// The text with one form of line breaks. Besides CR and LF there are U+0085, U+2028 and U+2029.
fn with_line_breaks(text: String, line_break: &str) -> String {
    let breaks = |c: char| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if line_break == "\n" && !text.contains(|c| c != '\n' && breaks(c)) || !text.contains(breaks) {
        return text;
    }
    text.replace("\r\n", "\n").replace(breaks, line_break)
}

/// Types of fields that may be present and empty.
pub(super) trait Emptiable {
    fn is_empty(&self) -> bool {
        false
    }
}

impl Emptiable for String {
    fn is_empty(&self) -> bool {
        is_blank(self)
    }
}

impl<T> Emptiable for Vec<T> {
    fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}

impl Emptiable for crate::request::PartyField {}
impl Emptiable for crate::request::TaxField {}
