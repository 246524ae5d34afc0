//! How a browser opens a document (RFC 6266).

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// Whether a browser shows a document or saves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// Shows it.
    Inline,
    /// Saves it.
    Attachment,
}

impl Disposition {
    /// The header with this name of the file. What could end the name early, or is not ASCII, is in the second form only.
    pub fn header(self, name: &str) -> String {
        let kind = match self {
            Self::Inline => "inline",
            Self::Attachment => "attachment",
        };
        let plain: String = name
            .chars()
            .map(|letter| match letter {
                'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '-' | '_' | '.' => letter,
                _ => '_',
            })
            .collect();
        let name = name.replace(['/', '\\'], "-");
        let encoded = utf8_percent_encode(&name, NON_ALPHANUMERIC);
        format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
    }
}

/// The name of a file of an invoice that a person can read.
pub fn file_name(document_type: &str, number: &str, extension: &str) -> String {
    format!("{document_type} {number}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_the_header() {
        let header = Disposition::Attachment.header("invoice \"RE/2026\r\n-1\" ü.pdf");
        assert_eq!(
            header,
            "attachment; filename=\"invoice _RE_2026__-1_ _.pdf\"; \
             filename*=UTF-8''invoice%20%22RE%2D2026%0D%0A%2D1%22%20%C3%BC%2Epdf"
        );
    }
}
