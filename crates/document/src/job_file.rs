//! Files that a template reads besides its data.

/// A file of one document, which its template reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFile {
    /// The path under which the template finds it, with a leading slash.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}
