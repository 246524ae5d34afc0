//! Problems of a request, in words that its sender can act on.

use std::fmt;

use crate::FailureCode;

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem it is.
    pub code: FailureCode,
    /// Where it is: a JSON pointer (RFC 6901), empty for the whole body.
    pub pointer: String,
    /// The rule that is broken, where a standard names one (`BR-CO-15` of EN 16931).
    pub rule: Option<&'static str>,
    /// What is wrong and what would be right. Never quotes names, addresses or other personal data.
    pub message: String,
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

/// A request that can never become a document, with everything that is wrong with it; never empty.
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

    /// The code of the first problem: the one to act on first.
    pub fn code(&self) -> FailureCode {
        self.first.code
    }

    /// All problems, in the order of the document.
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
