//! Messages of dead letters, and their edits, for people.

use std::borrow::Cow;

use invoice::content::envelope_max;
use time::OffsetDateTime;

use crate::broker::replayed::Archived;
use crate::database::dead_letter::Model;
use crate::database::dead_letter_edit;
use crate::http::api::Api;
use crate::http::masked;
use crate::http::ops::diff::{self, DiffLine};
use crate::http::ops::indent::indented;
use crate::http::ops::visitor::Visitor;
use crate::moment;

/// Longest body that is shown where it is no JSON, in characters.
const RAW_CHARS: usize = 20_000;

/// An edit, with what it has changed.
pub(super) struct EditView {
    /// The name of its difference: no two regions of a page have the same.
    pub(super) label: String,
    pub(super) at: OffsetDateTime,
    pub(super) actor: String,
    pub(super) reason: Option<String>,
    pub(super) former: Option<String>,
    pub(super) lines: Vec<DiffLine>,
}

/// How messages are shown to a visitor.
pub(super) struct View {
    max_bytes: usize,
    pub(super) is_read: bool,
}

impl View {
    /// Whole to those who may see personal data, and masked to others.
    pub(super) fn new(api: &Api, visitor: &Visitor) -> Self {
        Self {
            max_bytes: envelope_max(api.request_limits.max_bytes),
            is_read: visitor.may_read(),
        }
    }

    /// A body of this dead letter, unpacked.
    pub(super) fn content<'a>(&self, row: &Model, body: &'a [u8]) -> Cow<'a, [u8]> {
        let archived = Archived {
            properties: &row.properties,
            headers: &row.headers,
        };
        archived.content(body, self.max_bytes)
    }

    /// Whether a content is larger than a request may be. The archive has such messages too, and they are not read.
    pub(super) fn is_large(&self, content: &[u8]) -> bool {
        content.len() > self.max_bytes
    }

    /// A request for people; of a large one its beginning.
    pub(super) fn text(&self, content: &[u8]) -> String {
        let is_large = self.is_large(content);
        match (self.is_read, is_large) {
            (true, false) => String::from_utf8_lossy(content).into_owned(),
            (true, true) => {
                // A character has four bytes at most.
                let beginning = &content[..content.len().min(RAW_CHARS * 4)];
                let beginning = String::from_utf8_lossy(beginning);
                beginning.chars().take(RAW_CHARS).collect()
            }
            (false, false) => masked::request(content),
            (false, true) => format!("{} ({} bytes)", masked::MASK, content.len()),
        }
    }

    /// The beginning of a text that is no JSON.
    pub(super) fn beginning(text: &str) -> String {
        text.chars().take(RAW_CHARS).collect()
    }

    /// An edit of this dead letter, with what it has changed.
    pub(super) fn edit(&self, row: &Model, edit: dead_letter_edit::Model) -> EditView {
        let text = |body: &[u8]| indented(&self.text(&self.content(row, body)));
        let at = moment::seconds(edit.edited_at);
        EditView {
            label: format!("What the edit of {at} has changed"),
            lines: diff::lines(&text(&edit.before), &text(&edit.after)),
            former: edit.former().map(|former| former.to_string()),
            at: edit.edited_at,
            actor: edit.edited_by,
            reason: if self.is_read {
                edit.reason
            } else {
                masked::reason(edit.reason)
            },
        }
    }
}
