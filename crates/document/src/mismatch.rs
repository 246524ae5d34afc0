//! What a page lacks, or shows otherwise than the invoice has it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A field of the invoice that the page does not show as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The template's main file, below the templates folder.
    pub file: String,
    /// The field: a JSON pointer (RFC 6901) into the request.
    pub pointer: String,
    /// What is wrong, and the text that was expected. It quotes amounts, rates and dates; of a name, an address or a number
    /// of a person it has the length only.
    pub problem: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file, self.pointer, self.problem)
    }
}
