//! Why a document cannot be rendered again.

use document::{BundleError, RenderError};
use einvoice::EmbedError;

use super::PROGRAM;
use crate::outages::Server;
use crate::retry::Retryable;
use crate::storage::{OwnKey, StorageError};

/// Why a document cannot be rendered again.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The record lacks what is needed.
    #[error("the record {0}")]
    Record(String),
    /// The bucket has no manifest with the digest.
    #[error(
        "the bucket has no {what} with the digest {digest} below {}: it was never stored, or was deleted",
        super::PREFIX
    )]
    Missing {
        /// `template` or `brand`.
        what: &'static str,
        /// The digest of the record.
        digest: String,
    },
    /// A manifest names a file that is not there.
    #[error("{key}, which {path} of the {what} {digest} is stored under, is not in the bucket")]
    FileMissing {
        /// `template` or `brand`.
        what: &'static str,
        /// Its digest.
        digest: String,
        /// The file's path.
        path: String,
        /// The key of its content.
        key: OwnKey,
    },
    /// What is stored cannot be used.
    #[error("{what} {digest} cannot be used as it is stored")]
    Unusable {
        /// `template` or `brand`.
        what: &'static str,
        /// Its digest.
        digest: String,
        /// What is wrong.
        source: BundleError,
    },
    /// The bucket cannot be read.
    #[error("{key} cannot be read")]
    Storage {
        /// What was read.
        key: OwnKey,
        /// Why not.
        source: StorageError,
    },
    /// The document cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Its e-invoice cannot be put into it.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// It can be rendered, and is another document.
    #[error(
        "the document that was rendered again has other bytes than the recorded ones; its template was {}; this is \
         invoice-worker {PROGRAM}",
        used_by(.programs)
    )]
    OtherBytes {
        /// The versions of the program that have stored the template.
        programs: Vec<String>,
    },
}

impl ArchiveError {
    pub(super) fn storage(key: &OwnKey) -> impl FnOnce(StorageError) -> Self {
        let key = key.clone();
        |source| Self::Storage { key, source }
    }
}

impl Retryable for ArchiveError {
    const SERVER: Server = Server::Bucket;

    fn is_outage(&self) -> bool {
        match self {
            Self::Storage { source, .. } => source.is_outage(),
            Self::Record(_)
            | Self::Missing { .. }
            | Self::FileMissing { .. }
            | Self::Unusable { .. }
            | Self::Render(_)
            | Self::Embed(_)
            | Self::OtherBytes { .. } => false,
        }
    }

    fn is_transient(&self) -> bool {
        match self {
            Self::Storage { source, .. } => source.is_transient(),
            Self::Render(error) => error.is_transient(),
            Self::Record(_)
            | Self::Missing { .. }
            | Self::FileMissing { .. }
            | Self::Unusable { .. }
            | Self::Embed(_)
            | Self::OtherBytes { .. } => false,
        }
    }

    fn is_systemic(&self) -> bool {
        match self {
            Self::Storage { source, .. } => source.is_systemic(),
            Self::Record(_)
            | Self::Missing { .. }
            | Self::FileMissing { .. }
            | Self::Unusable { .. }
            | Self::Render(_)
            | Self::Embed(_)
            | Self::OtherBytes { .. } => false,
        }
    }
}

fn used_by(programs: &[String]) -> String {
    if programs.is_empty() {
        return "never stored by any version".to_owned();
    }
    format!("used by invoice-worker {}", programs.join(", "))
}
