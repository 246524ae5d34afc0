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

/// A request that is not valid, with all its problems: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRequest {
    first: Problem,
    others: Vec<Problem>,
}

impl InvalidRequest {
    /// These problems as an error; `None` where there are none.
    pub fn from_problems(problems: Vec<Problem>) -> Option<Self> {
        let mut problems = problems.into_iter();
        let first = problems.next()?;
        Some(Self {
            first,
            others: problems.collect(),
        })
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
