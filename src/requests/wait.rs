//! Waiting for what becomes of a request.

use std::time::Duration;

use invoice::{InvoiceIdentity, Sha256Digest};
use tokio::time::{Instant, sleep, timeout};

use crate::database::sales_invoice::Model;
use crate::database::{Database, DatabaseError, Status};

/// Time between two looks: short at first, since most documents take less than a tenth of a second.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Longest time for the look after which the wait is over.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// What became of a request.
#[derive(Debug)]
pub enum Outcome {
    /// Its document is issued.
    Generated(Box<Model>),
    /// It was dead-lettered.
    Failed(Box<Model>),
    /// Another request was issued under its identity.
    Conflict(Box<Model>),
    /// Nothing yet.
    Pending,
}

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Awaited<'a> {
    /// Which invoice.
    pub identity: &'a InvoiceIdentity,
    /// The content of the request.
    pub digest: Sha256Digest,
    /// The id of its message: a failure that is recorded of another message is an older one.
    pub message_id: &'a str,
}

/// Waits for at most `longest`. An outage of the database is waited for, too.
///
/// # Errors
///
/// The database could not be read, also at last.
pub async fn wait(
    database: &Database,
    awaited: Awaited<'_>,
    longest: Duration,
) -> Result<Outcome, DatabaseError> {
    let end = Instant::now() + longest;
    let mut pause = FIRST_PAUSE;
    loop {
        sleep(pause.min(end.saturating_duration_since(Instant::now()))).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        let left = end.saturating_duration_since(Instant::now());
        // A database that does not answer keeps the client not much longer than it wants to wait.
        let found = timeout(left.max(LAST_LOOK), database.find(awaited.identity)).await;
        let outcome = match found {
            Ok(Ok(Some(record))) => outcome(record, awaited),
            Ok(Err(error)) if left.is_zero() => return Err(error),
            Ok(Ok(None) | Err(_)) | Err(_) => Outcome::Pending,
        };
        let is_over = Instant::now() >= end;
        if is_over || !matches!(outcome, Outcome::Pending) {
            return Ok(outcome);
        }
    }
}

fn outcome(record: Model, awaited: Awaited<'_>) -> Outcome {
    match record.status {
        Status::Generated if record.is_of(awaited.digest) => Outcome::Generated(record.into()),
        Status::Generated => Outcome::Conflict(record.into()),
        Status::Failed if record.message_id.as_deref() == Some(awaited.message_id) => {
            Outcome::Failed(record.into())
        }
        Status::Failed => Outcome::Pending,
    }
}
