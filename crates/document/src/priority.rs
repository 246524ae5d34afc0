//! Which documents go before others.

/// How urgent a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Before every bulk document that waits.
    Ordinary,
    /// When renderers are idle, or by its share.
    Bulk,
}

impl Priority {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ordinary, Self::Bulk];

    /// The name of the lane of such documents, as logs and metrics have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Bulk => "bulk",
        }
    }
}
