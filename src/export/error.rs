//! Why an export ends early.

use std::io;

use crate::database::DatabaseError;
use crate::storage::StorageError;

/// Why an export ends early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database cannot be read.
    #[error("cannot read the records")]
    Database(#[from] DatabaseError),
    /// The bucket cannot be read.
    #[error("cannot read the documents")]
    Storage(#[from] StorageError),
    /// The output cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
    /// The reader of the export is gone.
    #[error("the reader of the export is gone")]
    ReaderGone,
    /// It was asked to stop.
    #[error("the export was stopped")]
    Stopped,
    /// The reader wants to go on behind bytes that are not those of this export.
    #[error("the export does not begin with the {bytes} bytes that its reader has")]
    OtherBytes {
        /// How many bytes the reader has.
        bytes: u64,
    },
    /// More documents than fit into memory with their index.
    #[error("more than {most} documents are selected")]
    TooMany {
        /// How many may be.
        most: u64,
    },
    /// There is an unfinished export to the same file, of another selection.
    #[error(
        "{journal} belongs to an unfinished export with other options ({options}): repeat it with those, or delete {journal} to begin \
         anew"
    )]
    OtherOptions {
        /// The journal of the unfinished export.
        journal: String,
        /// Its options.
        options: String,
    },
    /// Another process exports to the same file.
    #[error("another process is writing {0}")]
    InUse(String),
}
