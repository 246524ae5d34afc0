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
    /// Path below the templates folder, with a leading slash.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// Number of characters that the message is about, within this line.
    pub width: usize,
}

/// The compiler's words for a font family that no file has.
const UNKNOWN_FAMILY: &str = "unknown font family: ";

impl Diagnostic {
    /// The font family that the template names and no file has, where the message is about one: the page would have another font.
    pub(crate) fn unknown_family(&self) -> Option<&str> {
        self.message.strip_prefix(UNKNOWN_FAMILY)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.trim_start_matches('/');
        write!(f, "{file}:{}:{}", self.line, self.column)
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
