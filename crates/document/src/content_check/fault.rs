//! What is found on the pages of a document.

/// What is wrong with a page.
#[derive(Debug)]
pub(super) struct Fault {
    /// The field; empty where it is about the whole document.
    pub(super) pointer: String,
    /// What is wrong, without personal data.
    pub(super) problem: String,
    /// The text that it is about, which may be personal.
    pub(super) text: Option<String>,
}

impl Fault {
    pub(super) fn new(pointer: String, problem: String) -> Self {
        Self {
            pointer,
            problem,
            text: None,
        }
    }

    /// One about a text that may be personal, so that the problem has its length only.
    pub(super) fn about(pointer: String, problem: String, text: &str) -> Self {
        Self {
            text: Some(text.to_owned()),
            ..Self::new(pointer, problem)
        }
    }
}
