//! Problems of a request: what is wrong, where, and what was expected.

use std::fmt;

use crate::FailureCode;

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The code of the problem.
    pub code: FailureCode,
    /// Where it is: a JSON pointer (RFC 6901), empty for the whole body.
    pub pointer: String,
    /// The rule that is broken, where a standard names one (`BR-CO-15` of EN 16931).
    pub rule: Option<&'static str>,
    /// What is wrong and what was expected, to be read after the place. Does not quote names, addresses, ids of people or
    /// free text.
    pub message: String,
}

/// Something that is valid and suspicious. It changes neither the document nor a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The code of the warning.
    pub code: WarningCode,
    /// Where it is: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What is suspicious, to be read after the place.
    pub message: String,
}

/// The stable name of a kind of warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningCode {
    /// A member that is ignored, whose name nearly is that of a field.
    FieldMisspelt,
    /// A tax rate that is probably a fraction: rates are in percent.
    RateUnusual,
    /// Two dates that are probably in the wrong order.
    DatesReversed,
    /// The template, its version or the language that is asked for is not among the templates at hand.
    TemplateUnavailable,
}

impl WarningCode {
    /// All codes.
    pub const ALL: [Self; 4] = [
        Self::FieldMisspelt,
        Self::RateUnusual,
        Self::DatesReversed,
        Self::TemplateUnavailable,
    ];

    /// The name as published.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FieldMisspelt => "field_misspelt",
            Self::RateUnusual => "rate_unusual",
            Self::DatesReversed => "dates_reversed",
            Self::TemplateUnavailable => "template_unavailable",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.message)
    }
}

/// A value that stands where a code, a date or a number belongs, as a message shows it. It is quoted only if it looks like
/// one: a longer text in the wrong field may be personal data.
pub(crate) fn shown(value: &str) -> String {
    /// The longest code that is accepted anywhere has this many.
    const MAX_CHARS: usize = 40;
    let looks_like_a_code = |byte: u8| byte.is_ascii_graphic() && byte != b'@';
    if value.len() <= MAX_CHARS && value.bytes().all(looks_like_a_code) {
        format!("{value:?}")
    } else {
        measured(value)
    }
}

/// A value that may be personal data, as a message shows it.
pub(crate) fn measured(value: &str) -> String {
    format!("a text of {} characters", value.chars().count())
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "the body"
        } else {
            &self.pointer
        };
        write!(f, "{place}: {}", self.message)?;
        match self.rule {
            Some(rule) => write!(f, " ({rule})"),
            None => Ok(()),
        }
    }
}

/// Most problems that are reported: a longer list does not help a reader.
pub(crate) const MAX_PROBLEMS: usize = 50;

/// A request that is not valid, with all its problems: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRequest {
    first: Problem,
    others: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl InvalidRequest {
    /// These problems as an error; `None` where there are none.
    pub fn from_problems(problems: Vec<Problem>) -> Option<Self> {
        let mut problems = problems.into_iter();
        let first = problems.next()?;
        Some(Self {
            first,
            others: problems.collect(),
            warnings: Vec::new(),
        })
    }

    /// With further problems, behind the others.
    pub(crate) fn with(mut self, others: impl IntoIterator<Item = Problem>) -> Self {
        self.others.extend(others);
        self
    }

    /// With what another check has found. Of a field that has a problem already, it says nothing new.
    pub fn joined(mut self, others: Self) -> Self {
        let news: Vec<Problem> = others.into_problems();
        let is_named = |problem: &Problem| self.problems().any(|it| it.pointer == problem.pointer);
        let mut news: Vec<Problem> = news.into_iter().filter(|it| !is_named(it)).collect();
        self.others.append(&mut news);
        self.bounded()
    }

    /// With no more problems than help a reader.
    pub fn bounded(mut self) -> Self {
        self.others.truncate(MAX_PROBLEMS - 1);
        self
    }

    fn into_problems(self) -> Vec<Problem> {
        let mut problems = vec![self.first];
        problems.extend(self.others);
        problems
    }

    /// With what is suspicious as well.
    pub fn with_warnings(self, warnings: Vec<Warning>) -> Self {
        Self { warnings, ..self }
    }

    /// What is suspicious as well.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The code of the first problem.
    pub fn code(&self) -> FailureCode {
        self.first.code
    }

    /// All problems, in the order in which they were found.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl From<Problem> for InvalidRequest {
    fn from(problem: Problem) -> Self {
        Self {
            first: problem,
            others: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        self.others
            .iter()
            .try_for_each(|problem| write!(f, "; {problem}"))
    }
}

impl std::error::Error for InvalidRequest {}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(pointer: &str, rule: &'static str) -> Problem {
        Problem {
            code: FailureCode::EInvoiceInvalid,
            pointer: pointer.to_owned(),
            rule: Some(rule),
            message: "is wrong".to_owned(),
        }
    }

    #[test]
    fn what_another_check_has_found_is_added_where_it_is_about_other_fields() {
        let first = InvalidRequest::from(problem("/a", "1"));
        let others = vec![problem("/a", "2"), problem("/b", "3"), problem("/b", "4")];
        let others = InvalidRequest::from_problems(others).expect("problems");
        let rules = first.joined(others);
        let rules: Vec<_> = rules.problems().filter_map(|it| it.rule).collect();
        assert_eq!(rules, ["1", "3", "4"]);
    }

    #[test]
    fn no_more_problems_are_reported_than_help_a_reader() {
        let many = vec![problem("/a", "1"); 3 * MAX_PROBLEMS];
        let many = InvalidRequest::from_problems(many).expect("problems");
        assert_eq!(many.bounded().problems().count(), MAX_PROBLEMS);
    }
}
