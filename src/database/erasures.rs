//! Erasing personal data: the rows that may have some, what is left of them, and the record of who has erased them.

mod letters;
mod records;
mod wordless;

use sea_orm::{ConnectionTrait, DbErr, TransactionTrait as _};

pub use self::letters::ErasedLetters;
pub use self::records::ErasableRecord;
use super::changes::{self, By, ChangeAction, NewChange};
use super::erasure::{KeptItem, Model};
use super::erasure_filter::{ErasureCounts, ErasureFilter};
use super::erasure_runs::{Progress, advance};
use super::leases::{Hold, Lease};
use super::{Database, DatabaseError};

/// Most of what stays that a row of `erasure` names.
const MAX_NAMED: usize = 100;

/// An erasure, which takes several transactions: who, what for, its record among what people changed, and its row, if it has one.
#[derive(Clone, Debug)]
pub struct ErasureRun<'a> {
    by: By<'a>,
    target: String,
    recorded: Option<i64>,
    /// Its row in the table `erasure`, and the lease of this process.
    held: Option<(i64, &'a Lease)>,
    hold: Hold,
    /// What the last update under the lease has shown, until it is taken.
    shown: Option<Hold>,
    /// What earlier runs of the row have done.
    before: ErasureCounts,
    /// What is done so far, by earlier runs of the row too. What stays is counted again by each run.
    pub counts: ErasureCounts,
    /// Rows that were looked at.
    pub looked: u64,
    kept: Vec<KeptItem>,
    has_new_kept: bool,
}

/// What was written with a step of an erasure.
#[derive(Clone, Copy, Debug)]
struct Recorded {
    change: i64,
    hold: Hold,
}

impl<'a> ErasureRun<'a> {
    /// An erasure of what this filter selects, which has no row. Nothing is recorded before the first change.
    pub fn new(filter: &ErasureFilter, by: By<'a>) -> Self {
        Self {
            by,
            target: filter.target(),
            recorded: None,
            held: None,
            hold: Hold::Held,
            shown: None,
            before: ErasureCounts::default(),
            counts: ErasureCounts::default(),
            looked: 0,
            kept: Vec::new(),
            has_new_kept: false,
        }
    }

    /// The erasure of a row that this process holds. It goes on with the counts, and with the record, of an earlier run.
    pub fn of_row(row: &'a Model, lease: &'a Lease) -> Self {
        let by = By {
            actor: &row.actor,
            reason: row.reason.as_deref(),
        };
        let before = ErasureCounts {
            kept_objects: 0,
            kept_letters: 0,
            kept_records: 0,
            ..row.counts()
        };
        Self {
            target: row.target(),
            recorded: row.change_id,
            held: Some((row.id, lease)),
            before,
            counts: before,
            // What an earlier run has named is found again.
            has_new_kept: true,
            ..Self::new(&ErasureFilter::default(), by)
        }
    }

    /// What earlier runs of the row have done.
    pub fn before(&self) -> ErasureCounts {
        self.before
    }

    /// Whether it may not go on: another process has the row, or a person has asked for the end.
    pub fn is_over(&self) -> bool {
        self.hold != Hold::Held
    }

    /// Whether another process has the row, or it is over.
    pub fn is_lost(&self) -> bool {
        self.hold == Hold::Lost
    }

    /// What the last update under the lease has shown, unless that was taken already.
    pub fn take_hold(&mut self) -> Option<Hold> {
        self.shown.take()
    }

    /// Takes in what an update has shown.
    fn see(&mut self, hold: Hold) {
        self.hold = hold;
        self.shown = self.held.is_some().then_some(hold);
    }

    /// Names something that stays; the first of it is kept in the row.
    pub fn keep(&mut self, item: KeptItem) {
        if self.held.is_some() && self.kept.len() < MAX_NAMED {
            self.kept.push(item);
            self.has_new_kept = true;
        }
    }

    /// Writes the record, or its new counts, and those of the row.
    async fn record(
        &self,
        connection: &impl ConnectionTrait,
        counts: ErasureCounts,
    ) -> Result<Recorded, DbErr> {
        let change = if let Some(id) = self.recorded {
            changes::count(connection, id, &counts.named()).await?;
            id
        } else {
            let new = NewChange {
                by: self.by,
                action: ChangeAction::RequestErase,
                target: self.target.clone(),
                counts: &counts.named(),
            };
            changes::insert(connection, new).await?.id
        };
        let hold = self.advance(connection, counts, Some(change)).await?;
        Ok(Recorded { change, hold })
    }

    /// Writes the counts of the row, under its lease.
    async fn advance(
        &self,
        connection: &impl ConnectionTrait,
        counts: ErasureCounts,
        change: Option<i64>,
    ) -> Result<Hold, DbErr> {
        let Some((id, lease)) = self.held else {
            return Ok(Hold::Held);
        };
        let progress = Progress {
            counts,
            looked: self.looked,
            change,
            kept: self.has_new_kept.then_some(&self.kept),
        };
        advance(connection, id, lease, &progress).await
    }

    /// Takes in what a step has written. Returns whether it may be committed: without the lease another process erases.
    fn is_held(recorded: Recorded) -> bool {
        recorded.hold != Hold::Lost
    }

    /// Holds from now on, if it is committed. Returns whether it is.
    fn committed(&mut self, recorded: Recorded, counts: ErasureCounts) -> bool {
        self.see(recorded.hold);
        if !Self::is_held(recorded) {
            return false;
        }
        self.recorded = Some(recorded.change);
        self.counts = counts;
        self.has_new_kept = false;
        true
    }
}

impl Database {
    /// Records how far an erasure has come whose last steps were outside of the database, or have erased nothing.
    pub async fn count_erasure(&self, run: &mut ErasureRun<'_>) -> Result<(), DatabaseError> {
        let counts = run.counts;
        let erasure = &*run;
        if erasure.recorded.is_none() && ErasureCounts::default().named() == counts.named() {
            let hold = self
                .in_time(async |connection| erasure.advance(&connection, counts, None).await)
                .await?;
            run.see(hold);
            run.has_new_kept = false;
            return Ok(());
        }
        let recorded = self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let recorded = erasure.record(&transaction, counts).await?;
            if ErasureRun::is_held(recorded) {
                transaction.commit().await?;
            }
            Ok(recorded)
        });
        let recorded = recorded.await?;
        run.committed(recorded, counts);
        Ok(())
    }
}
