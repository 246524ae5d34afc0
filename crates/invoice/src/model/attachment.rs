//! Supporting documents and attached files.

use std::fmt;
use std::sync::Arc;

use crate::Sha256Digest;

/// Supporting document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Reference of the supporting document (BT-122): its number or name.
    pub id: String,
    /// Description of the supporting document (BT-123).
    pub description: Option<String>,
    /// Location of the supporting document (BT-124): a URL of any scheme.
    pub url: Option<String>,
    /// Attached file (BT-125), which is embedded in the PDF.
    pub file: Option<AttachedFile>,
}

impl Attachment {
    /// The location, where a page may link to it: an `https` URL with a host.
    pub fn link(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| is_link(url))
    }
}

/// Whether a page may link to this URL: it is an `https` one, with a host.
fn is_link(url: &str) -> bool {
    url.strip_prefix("https://").is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && rest.bytes().all(|byte| byte.is_ascii_graphic())
    })
}

/// Attached file. Its content has the form of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedFile {
    /// Name as the request gives it (BT-125-2).
    pub filename: String,
    /// Name in the PDF: without a path, safe on every system, with the extension of the type, and unlike that of any other
    /// file of the document.
    pub safe_name: String,
    /// Type of the file (BT-125-1).
    pub file_type: FileType,
    /// Relationship to the document.
    pub relationship: Relationship,
    /// Content.
    pub content: FileContent,
}

/// Content of a file. Copies share it.
#[derive(Clone, PartialEq, Eq)]
pub struct FileContent(Arc<[u8]>);

impl FileContent {
    /// The content with these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The length and the digest: neither a log nor a test prints the bytes.
impl fmt::Debug for FileContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = Sha256Digest::of(&self.0);
        write!(f, "FileContent({} bytes, {digest})", self.0.len())
    }
}

/// Type of an attached file: the list of EN 16931 (BT-125-1). XML is not on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileType {
    /// PDF.
    Pdf,
    /// PNG image.
    Png,
    /// JPEG image.
    Jpeg,
    /// Comma-separated values.
    Csv,
    /// Office Open XML workbook.
    Xlsx,
    /// OpenDocument spreadsheet.
    Ods,
}

impl FileType {
    /// All types.
    pub const ALL: [Self; 6] = [
        Self::Pdf,
        Self::Png,
        Self::Jpeg,
        Self::Csv,
        Self::Xlsx,
        Self::Ods,
    ];

    /// The type with this MIME type.
    pub fn from_mime(mime: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.mime() == mime)
    }

    /// The MIME type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
        }
    }

    /// The extensions of a file's name, the usual one first.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Csv => &["csv"],
            Self::Xlsx => &["xlsx"],
            Self::Ods => &["ods"],
        }
    }
}

/// Relationship of an attached file to the document (ISO 19005-3, `AFRelationship`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relationship {
    /// Further information.
    Supplement,
    /// Data that the document shows.
    Data,
    /// What the document was made from.
    Source,
    /// None of them, or not known.
    Unspecified,
}

impl Relationship {
    /// All relationships.
    pub const ALL: [Self; 4] = [
        Self::Supplement,
        Self::Data,
        Self::Source,
        Self::Unspecified,
    ];

    /// The relationship with this name on the wire.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Supplement => "supplement",
            Self::Data => "data",
            Self::Source => "source",
            Self::Unspecified => "unspecified",
        }
    }
}
