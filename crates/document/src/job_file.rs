//! Files beside the data of a document.

/// A file that belongs to one document, and that its template reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFile {
    /// The path under which the template finds it, with a leading slash.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}
