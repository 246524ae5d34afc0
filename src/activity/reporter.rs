//! A worker writes what it has done.

use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tracing::{debug, info};

use super::Minutes;
use super::old::tidy;
use crate::database::activity::Model;
use crate::database::{Database, DatabaseError};
use crate::retry::{self, Retryable as _};

/// Rows that are written one after the other. After an outage there may be many; those that are left are written a second
/// later.
const AT_ONCE: usize = 20;

/// Time between two times at which old rows are added up.
const TIDY_AFTER: Duration = Duration::from_secs(600);

/// Time after which a write that has failed is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Writes what a worker has done: a row for each minute.
pub struct Reporter {
    database: Database,
    worker: String,
    tidied: Option<Instant>,
    failed_at: Option<Instant>,
    is_logged: bool,
}

impl Reporter {
    /// A reporter of this worker, by its key in the table `worker`.
    pub fn new(database: Database, worker: String) -> Self {
        Self {
            database,
            worker,
            tidied: None,
            failed_at: None,
            is_logged: false,
        }
    }

    /// Writes the minutes that are over. What cannot be written now is kept.
    pub async fn write(&mut self, minutes: &Minutes) {
        if self.failed_at.is_some_and(|at| at.elapsed() < AGAIN_AFTER) {
            return;
        }
        if let Err(error) = self.try_write(minutes).await {
            self.failed_at = Some(Instant::now());
            self.is_logged |= log(&error, self.is_logged);
        }
    }

    async fn try_write(&mut self, minutes: &Minutes) -> Result<(), DatabaseError> {
        for _ in 0..AT_ONCE {
            let Some(row) = minutes.oldest(OffsetDateTime::now_utc(), &self.worker) else {
                break;
            };
            self.add(minutes, &row).await?;
        }
        if self.tidied.is_none_or(|at| at.elapsed() >= TIDY_AFTER) {
            tidy(&self.database).await?;
            self.tidied = Some(Instant::now());
        }
        Ok(())
    }

    async fn add(&self, minutes: &Minutes, row: &Model) -> Result<(), DatabaseError> {
        let added = self.database.add_activity(row).await;
        retry::note(&added);
        added?;
        minutes.written(row);
        Ok(())
    }

    /// Writes everything, the minute that is being counted too, since the worker ends.
    pub async fn finish(&self, minutes: &Minutes) {
        minutes.end();
        while let Some(row) = minutes.oldest(OffsetDateTime::now_utc(), &self.worker) {
            if let Err(error) = self.add(minutes, &row).await {
                log(&error, self.is_logged);
                return;
            }
        }
    }
}

/// A right or a table that is missing is logged once for people, by each process; an outage is reported as such. Returns whether that was done.
fn log(error: &DatabaseError, is_logged: bool) -> bool {
    let is_due = error.is_systemic() && !is_logged;
    if is_due {
        info!(
            event = "activity_not_written",
            %error,
            "the worker cannot write what it has done, so `activity` does not show it; its work goes on"
        );
    } else {
        debug!(event = "activity_write_failed", %error, "the worker could not write what it has done");
    }
    is_due
}
