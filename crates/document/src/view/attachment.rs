//! Supporting documents, as pages name them.

use serde::Serialize;

use crate::locale::Formats;
use invoice::model::Attachment;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttachmentView<'a> {
    id: &'a str,
    description: Option<&'a str>,
    /// An address that a page may link to.
    url: Option<&'a str>,
    /// An address that a page shows as text.
    location: Option<&'a str>,
    /// The name under which the file is attached to the PDF.
    filename: Option<&'a str>,
    mime_type: Option<&'static str>,
    /// Size of the file in kilobytes, at least 1.
    kilobytes: Option<String>,
}

impl<'a> AttachmentView<'a> {
    pub(super) fn new(attachment: &'a Attachment, formats: &Formats) -> Self {
        let file = attachment.file.as_ref();
        let url = attachment.link();
        Self {
            id: &attachment.id,
            description: attachment.description.as_deref(),
            url,
            location: attachment.url.as_deref().filter(|_| url.is_none()),
            filename: file.map(|file| file.safe_name.as_str()),
            mime_type: file.map(|file| file.file_type.mime()),
            kilobytes: file.map(|file| {
                let kilobytes = file.content.as_bytes().len().div_ceil(1_000);
                formats.number(kilobytes.into())
            }),
        }
    }
}
