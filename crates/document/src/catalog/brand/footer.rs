//! The footer of a brand.

use serde::{Deserialize, Serialize};

/// The lines below each page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Footer {
    /// One line.
    Line(String),
    /// Several lines.
    Lines(Vec<String>),
}

impl Footer {
    /// Its lines.
    pub fn lines(&self) -> &[String] {
        match self {
            Self::Line(line) => std::slice::from_ref(line),
            Self::Lines(lines) => lines,
        }
    }
}
