//! Collecting problems while looking at fields one after the other.

use crate::invoice::problem::{Problem, ProblemCode};

/// A place in the request, as a JSON pointer (RFC 6901).
#[derive(Clone, Debug)]
pub(super) struct Place(String);

impl Place {
    pub(super) fn root() -> Self {
        Self(String::new())
    }

    pub(super) fn field(&self, name: &str) -> Self {
        Self(format!(
            "{}/{}",
            self.0,
            name.replace('~', "~0").replace('/', "~1")
        ))
    }

    pub(super) fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    pub(super) fn into_pointer(self) -> String {
        self.0
    }
}

/// Reporting stops here; a request with this many problems is not read to the end by anyone.
const MAX_PROBLEMS: usize = 50;

/// Collects what is wrong. Methods return the value where it is right and `None` where it was reported or absent.
#[derive(Default)]
pub(super) struct Checker {
    problems: Vec<Problem>,
}

impl Checker {
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    pub(super) fn report(
        &mut self,
        code: ProblemCode,
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

    pub(super) fn missing(&mut self, place: &Place, rule: impl Into<Option<&'static str>>) {
        self.report(
            ProblemCode::FieldMissing,
            place,
            rule.into(),
            "is required".into(),
        );
    }

    pub(super) fn unsupported(&mut self, place: &Place) {
        let message =
            "is not supported by this version, and leaving it out would make the amounts wrong"
                .into();
        self.report(ProblemCode::FieldUnsupported, place, None, message);
    }

    /// A field that must be there; an empty text counts as absent.
    pub(super) fn required<T: Emptiable>(
        &mut self,
        place: &Place,
        value: Option<T>,
        rule: impl Into<Option<&'static str>>,
    ) -> Option<T> {
        let value = value.filter(|value| !value.is_empty());
        if value.is_none() {
            self.missing(place, rule);
        }
        value
    }

    /// A text of one line that must be there.
    pub(super) fn required_text(
        &mut self,
        place: &Place,
        value: Option<String>,
        max_chars: usize,
        rule: impl Into<Option<&'static str>>,
    ) -> Option<String> {
        let value = self.required(place, value, rule)?;
        self.text(place, Some(value), max_chars)
    }

    /// A text of one line; an empty one counts as absent.
    pub(super) fn text(
        &mut self,
        place: &Place,
        value: Option<String>,
        max_chars: usize,
    ) -> Option<String> {
        self.limited(place, value, max_chars, |_| false)
    }

    /// A text that may have line breaks.
    pub(super) fn lines(
        &mut self,
        place: &Place,
        value: Option<String>,
        max_chars: usize,
    ) -> Option<String> {
        self.limited(place, value, max_chars, |c| c == '\n')
    }

    fn limited(
        &mut self,
        place: &Place,
        value: Option<String>,
        max_chars: usize,
        allowed_control: impl Fn(char) -> bool,
    ) -> Option<String> {
        let value = value.filter(|value| !value.is_empty())?;
        if value.chars().count() > max_chars {
            let message = format!("must not be longer than {max_chars} characters");
            self.report(ProblemCode::FieldInvalid, place, None, message);
            return None;
        }
        // U+2028 and U+2029 break lines like control characters do, without being any.
        let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if value.chars().any(|c| breaks(c) && !allowed_control(c)) {
            self.report(
                ProblemCode::FieldInvalid,
                place,
                None,
                "must not hold control characters or line separators".into(),
            );
            return None;
        }
        Some(value)
    }
}

/// What can be present and yet say nothing.
pub(super) trait Emptiable {
    fn is_empty(&self) -> bool {
        false
    }
}

impl Emptiable for String {
    fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl<T> Emptiable for Vec<T> {
    fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}

impl Emptiable for crate::invoice::request::PartyField {}
impl Emptiable for crate::invoice::request::TaxField {}
