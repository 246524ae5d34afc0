//! Attached files of a document, as its PDF gets them: a list, and the files that it names. The source from which a document is
//! compiled attaches them, so they are in the PDF whichever template is used.

use invoice::model::{Attachment, Relationship};
use serde::Serialize;

use crate::job_file::JobFile;

/// The path of the list. Only a document with attached files has it.
pub(crate) const LIST_PATH: &str = "/.attached/list.json";

/// The path of a file. The name in the PDF is another one.
fn path(index: usize) -> String {
    format!("/.attached/{index}")
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Entry<'a> {
    path: String,
    name: String,
    mime_type: &'static str,
    /// As Typst names it; none for a file without a known relationship.
    relationship: Option<&'static str>,
    description: &'a str,
}

/// The list and the files; nothing for a document without attached files.
pub(crate) fn files(attachments: &[Attachment]) -> Vec<JobFile> {
    let attached = attachments.iter().filter_map(|attachment| {
        let file = attachment.file.as_ref()?;
        Some((attachment, file))
    });
    let mut files = Vec::new();
    let mut list = Vec::new();
    for (index, (attachment, file)) in attached.enumerate() {
        let relationship = match file.relationship {
            Relationship::Supplement | Relationship::Data | Relationship::Source => {
                Some(file.relationship.as_str())
            }
            Relationship::Unspecified => None,
        };
        let description = attachment.description.as_deref();
        list.push(Entry {
            path: path(index),
            // Typst names a file by its path without the root.
            name: format!("/{}", file.safe_name),
            mime_type: file.file_type.mime(),
            relationship,
            description: description.unwrap_or(&attachment.id),
        });
        files.push(JobFile {
            path: path(index),
            bytes: file.content.as_bytes().to_vec(),
        });
    }
    if !list.is_empty() {
        #[expect(
            clippy::unwrap_used,
            reason = "the entries have no maps with other keys than strings"
        )]
        let bytes = serde_json::to_vec(&list).unwrap();
        let path = LIST_PATH.to_owned();
        files.push(JobFile { path, bytes });
    }
    files
}
