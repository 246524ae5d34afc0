//! Which documents go before others.

/// How urgent a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Before every bulk document that waits.
    Ordinary,
    /// When renderers are idle, or by its share.
    Bulk,
}
