//! Erases the personal data of requests and, where that is asked for, their documents: a use case over database and bucket.
//!
//! A record keeps what proves the invoice ([`kept`]), a dead letter its code and its times. Rows are read page by page in the order
//! of their keys, each in its own transaction, and those that are erased are passed over: an erasure that was interrupted goes on
//! where it is started again. The use case prints nothing; what became of each row is handed to the caller.
//!
//! The command line runs an erasure itself. One of the API, of the page or of the retention is a row of the database with the lease of
//! the process that runs it, a [`Runner`]: it outlives that process, and is run once however many there are.

mod control;
mod documents;
mod error;
mod filter;
mod kept;
mod outcome;
mod plan;
mod retention;
mod run;
mod runner;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use self::control::{ControlError, Orders, cancel, create, find};
pub use self::error::ErasureError;
pub use self::filter::{WrongFilter, checked};
pub use self::outcome::{
    Item, LetterOutcome, LetterRequest, ObjectOutcome, RecordOutcome, RequestOutcome, Totals,
};
pub use self::plan::{Plan, plan};
pub use self::retention::{ACTOR as RETENTION, Retention};
pub use self::runner::{Parts, Runner};
use crate::database::changes::By;
use crate::database::{Database, ErasureFilter, erasure};
use crate::held::Held;
use crate::storage::Storage;

/// An erasure.
pub struct Erasure<'a> {
    /// The records and the archive.
    pub database: &'a Database,
    /// The bucket, where documents are to be deleted too.
    pub documents: Option<&'a Storage>,
    /// Whose data.
    pub filter: ErasureFilter,
    /// Whether open dead letters are erased, too. They are discarded then.
    pub with_open: bool,
    /// Whether it is only said what would be erased.
    pub dry_run: bool,
    /// Rows a second at most; none is as fast as the servers permit.
    pub rate: Option<u32>,
    /// Rows that are erased at most.
    pub at_most: Option<u64>,
    /// Who, and why. Of one with a row, the row says that.
    pub by: By<'a>,
    /// The row that has its progress, and the lease of this process; none of an erasure that the command line runs.
    pub(crate) row: Option<(&'a erasure::Model, &'a Held<'a>)>,
    /// How long a failing call to the bucket is repeated.
    pub patience: Duration,
    /// Stops it; what it is erasing is finished.
    pub shutdown: &'a CancellationToken,
}
