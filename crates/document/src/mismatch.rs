//! What a page lacks, or shows otherwise than the invoice has it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A field of the invoice that the page does not show as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The template's main file, below the templates folder.
    pub file: String,
    /// The field: a JSON pointer (RFC 6901) into the request; empty where the fault is about a page, and no field.
    pub pointer: String,
    /// What is wrong, and the text that was expected. It quotes amounts, rates and dates; of a name, an address or a number
    /// of a person it has the length only.
    pub problem: String,
    /// The text that the problem has the length of. It may be personal: it is for the author of the template who renders a request
    /// on their own machine, and not for logs and records.
    pub text: Option<String>,
}

impl Mismatch {
    /// What is wrong, with the text itself.
    pub fn explained(&self) -> String {
        let pointer = match &*self.pointer {
            "" => String::new(),
            pointer => format!("{pointer}: "),
        };
        let text = self.text.as_ref();
        let text = text.map(|text| format!(": {text:?}")).unwrap_or_default();
        format!("{pointer}{}{}", self.problem, plain(&text))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&*self.file, &self.pointer, &self.problem];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        f.write_str(&parts.join(": "))
    }
}

/// A message with plain spaces in the place of those at which no line breaks. Amounts have them, and Rust writes them as escapes.
pub(crate) fn plain(message: &str) -> String {
    message.replace("\\u{a0}", " ").replace("\\u{202f}", " ")
}
