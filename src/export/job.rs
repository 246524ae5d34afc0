//! What an export needs, and what it has done.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::datev::Datev;
use super::selection::Selection;
use crate::database::Database;
use crate::storage::Storage;

/// An export.
#[derive(Clone)]
pub struct Export {
    /// The records.
    pub database: Database,
    /// The documents.
    pub storage: Storage,
    /// Which documents.
    pub selection: Selection,
    /// The accounts for booking batches; none makes none.
    pub datev: Option<Datev>,
    /// How long a failing call is repeated.
    pub patience: Duration,
    /// Documents at most; none is no limit.
    pub most: Option<u64>,
    /// Cancelled when it has to stop.
    pub stop: CancellationToken,
}

/// What was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Documents in the index.
    pub documents: u64,
    /// Those with a problem, which `errors.csv` lists.
    pub faulty: u64,
    /// Those of them that are not whole in the ZIP: a file is missing, or their amounts are unknown.
    pub incomplete: u64,
    /// Size of the ZIP in bytes.
    pub bytes: u64,
}
