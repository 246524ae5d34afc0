//! Messages of the template compiler.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A message of the template compiler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The place in the template; absent if the compiler names none.
    pub location: Option<Location>,
    /// What is wrong. The text may quote the request.
    pub message: String,
    /// Suggestions of the compiler.
    pub hints: Vec<String>,
    /// The calls that led to the place, nearest first. A wrong argument of a shared part is found there.
    pub calls: Vec<Location>,
}

/// A place in a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Path below the templates folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// Number of characters that the message is about, within this line.
    pub width: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        f.write_str(&self.message)?;
        self.hints
            .iter()
            .try_for_each(|hint| write!(f, " (hint: {hint})"))
    }
}
