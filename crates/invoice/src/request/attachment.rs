//! Supporting documents.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form;
use crate::limits;

/// Supporting document. `content`, `mimeType` and `filename` are given together: the file is then embedded in the PDF.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Attachment")]
pub(crate) struct AttachmentField {
    /// Reference of the supporting document (BT-122): its number or name.
    #[schemars(with = "String", length(max = limits::TEXT))]
    pub(crate) id: Option<String>,
    /// Description of the supporting document (BT-123).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) description: Option<String>,
    /// Location of the supporting document (BT-124): a URL. The document has a link to an `https` URL, and shows any other one
    /// as text.
    #[schemars(length(max = limits::LINES))]
    pub(crate) url: Option<String>,
    /// Attached file (BT-125), in base64. All files of a request together have a limit (`ATTACHMENTS_MAX_BYTES`).
    #[schemars(with = "Option<form::Base64>")]
    pub(crate) content: Option<String>,
    /// Type of the attached file (BT-125-1).
    #[schemars(with = "Option<form::AttachmentType>")]
    pub(crate) mime_type: Option<String>,
    /// Name of the attached file (BT-125-2).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) filename: Option<String>,
    /// Relationship of the attached file to the document, as PDF/A-3 names it; `supplement` when absent.
    #[schemars(with = "Option<form::Relationship>")]
    pub(crate) relationship: Option<String>,
}
