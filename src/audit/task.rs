//! What an audit is given, and what it answers.

use std::time::Duration;

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::calls::Calls;
use super::finding::Totals;
use super::position::Position;
use super::requests::RequestFiles;
use super::scope::Scope;
use crate::database::{By, Database};
use crate::storage::Storage;
use crate::template_archive::TemplateArchive;

/// An audit.
pub struct Audit<'a> {
    /// The records and the archive.
    pub database: &'a Database,
    /// The bucket.
    pub storage: &'a Storage,
    /// Which documents.
    pub scope: Scope,
    /// Whether objects are only listed, and not read.
    pub quick: bool,
    /// How findings are repaired; none leaves everything as it is.
    pub repairs: Option<Repairs<'a>>,
    /// An object without a row that is younger is in work.
    pub in_work: Duration,
    /// Rows and objects a second at most.
    pub rate: Option<u32>,
    /// Rows and objects at most.
    pub limit: Option<u64>,
    /// How long a failing call is repeated.
    pub patience: Duration,
    /// Stops it; what it is looking at is finished.
    pub shutdown: &'a CancellationToken,
}

/// How findings are repaired.
pub struct Repairs<'a> {
    /// What documents were rendered with, to render them again.
    pub templates: &'a TemplateArchive,
    /// Requests of the order service, in which those of documents without a row are looked for.
    pub requests: Option<&'a RequestFiles>,
    /// Whether it is only said what would be repaired.
    pub dry_run: bool,
    /// Who: user@host, and why.
    pub by: By<'a>,
}

/// How far an audit has come, and what it has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// What it has looked at and found.
    pub totals: Totals,
    /// What it has looked at last: an audit from here goes on.
    pub position: Position,
    /// Whether it has looked at everything behind its beginning.
    pub complete: bool,
}

impl Audit<'_> {
    pub(super) fn calls(&self) -> Calls<'_> {
        Calls {
            database: self.database,
            storage: self.storage,
            patience: self.patience,
        }
    }

    /// Whether something of this time is so young that the work on it may not be over.
    pub(super) fn is_in_work(&self, time: Option<OffsetDateTime>) -> bool {
        time.is_some_and(|time| OffsetDateTime::now_utc() - time < self.in_work)
    }
}
