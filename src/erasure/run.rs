//! Goes through everything once: the records first, then the dead letters.

use std::io;

use invoice::ClaimedIdentity;
use time::OffsetDateTime;
use tokio::time::Instant;
use uuid::Uuid;

use super::kept::kept;
use super::outcome::{Item, LetterOutcome, LetterRequest, RecordOutcome, RequestOutcome, Totals};
use super::{Erasure, ErasureError};
use crate::blocking::off_the_runtime;
use crate::database::dead_letter::DeadLetterStatus;
use crate::database::dead_letters::{Page, Selection, Summary};
use crate::database::erasures::ErasableRecord;
use crate::database::sales_invoice::{Model, Status};
use crate::database::{DatabaseError, ErasureRun};
use crate::pace::{Pace, batch_size, wait_for_turn};
use crate::retry::Retryable as _;

/// Rows of a page.
const PAGE: u64 = 500;

/// Records and dead letters without words that are read together: their requests are in memory at once.
const WORDLESS: u64 = 20;

/// How often a record is read that changes while it is to be erased.
const ATTEMPTS: usize = 3;

impl Erasure<'_> {
    /// Erases everything that the filter selects. `report` is called with what became of each row, once that is committed. Returns
    /// the totals, and whether everything was looked at.
    ///
    /// # Errors
    ///
    /// Database, bucket or report cannot be used.
    pub async fn run(
        &self,
        mut report: impl FnMut(&Item) -> io::Result<()>,
    ) -> (Totals, bool, Result<(), ErasureError>) {
        let mut totals = Totals::default();
        let mut run = match self.row {
            Some((row, held)) => ErasureRun::of_row(row, held.lease),
            None => ErasureRun::new(&self.filter, self.by),
        };
        let mut pace = Pace::new(self.rate, Instant::now());
        let passed = self
            .pass(&mut run, &mut totals, &mut pace, &mut report)
            .await;
        // The objects that were deleted last are not counted yet.
        let counted = if self.dry_run || run.is_lost() {
            Ok(())
        } else {
            self.database.count_erasure(&mut run).await
        };
        let is_complete = matches!(passed, Ok(true));
        let result = passed.map(drop);
        let result = result.and(counted.map_err(ErasureError::from));
        (totals, is_complete, result)
    }

    /// Returns whether it has come to the end.
    async fn pass(
        &self,
        run: &mut ErasureRun<'_>,
        totals: &mut Totals,
        pace: &mut Pace,
        report: &mut impl FnMut(&Item) -> io::Result<()>,
    ) -> Result<bool, ErasureError> {
        if self.filter.buyer.is_some() && !self.add_words(totals).await? {
            return Ok(false);
        }
        if !self.records(run, totals, pace, report).await? {
            return Ok(false);
        }
        self.letters(run, totals, pace, report).await
    }

    /// Whether nothing further may be begun.
    fn is_stopped(&self, run: &ErasureRun<'_>) -> bool {
        self.shutdown.is_cancelled() || run.is_over()
    }

    /// Takes in what updates have shown that were sent at this time or later.
    fn take_in(&self, sent_at: Instant, run: &mut ErasureRun<'_>) {
        if let (Some((_, held)), Some(hold)) = (self.row, run.take_hold()) {
            held.note(sent_at, hold);
        }
    }

    /// How many rows it may still erase.
    fn remaining(&self, run: &ErasureRun<'_>) -> usize {
        let erased = run.counts.records + run.counts.dead_letters;
        let remaining = self.at_most.map(|most| most.saturating_sub(erased));
        remaining.map_or(usize::MAX, |it| usize::try_from(it).unwrap_or(usize::MAX))
    }

    /// Takes account of what became of a row.
    fn note(
        run: &mut ErasureRun<'_>,
        totals: &mut Totals,
        item: &Item,
        report: &mut impl FnMut(&Item) -> io::Result<()>,
    ) -> Result<(), ErasureError> {
        totals.count(item);
        let before = run.before();
        run.counts.objects = before.objects + totals.objects;
        run.counts.kept_objects = before.kept_objects + totals.kept_objects;
        run.counts.kept_letters = before.kept_letters + totals.kept_letters;
        run.counts.kept_records = before.kept_records + totals.kept_records;
        for kept in item.kept() {
            run.keep(kept);
        }
        Ok(report(item)?)
    }

    /// Records how far it has come, where the erasure has a row.
    async fn record_progress(&self, run: &mut ErasureRun<'_>) -> Result<(), ErasureError> {
        if self.row.is_some() && !self.dry_run {
            let sent_at = Instant::now();
            self.database.count_erasure(run).await?;
            self.take_in(sent_at, run);
        }
        Ok(())
    }

    /// Returns whether it has come to the end.
    async fn records(
        &self,
        run: &mut ErasureRun<'_>,
        totals: &mut Totals,
        pace: &mut Pace,
        report: &mut impl FnMut(&Item) -> io::Result<()>,
    ) -> Result<bool, ErasureError> {
        let mut after = Uuid::nil();
        loop {
            let page = self.database.erasable_records(&self.filter, after, PAGE);
            let page = page.await?;
            let Some(last) = page.last() else {
                return Ok(true);
            };
            after = last.id;
            if self.is_stopped(run) {
                return Ok(false);
            }
            for row in &page {
                // Counted now, so that what is recorded with each erased row has it.
                run.looked += 1;
                if !self.is_due(row) {
                    continue;
                }
                if self.remaining(run) == 0 {
                    return Ok(true);
                }
                if !wait_for_turn(pace.due, self.shutdown).await || run.is_over() {
                    return Ok(false);
                }
                let began = Instant::now();
                let outcome = self.record(row, run).await?;
                self.take_in(began, run);
                if let Some(outcome) = outcome {
                    Self::note(run, totals, &Item::Record(outcome), report)?;
                }
                pace.spend(1, began);
            }
            self.record_progress(run).await?;
        }
    }

    /// Whether there is something to be done with a record.
    fn is_due(&self, row: &ErasableRecord) -> bool {
        let has_documents = self.documents.is_some()
            && row.status == Status::Generated
            && row.documents_erased_at.is_none();
        let is_old = self.filter.before.is_none_or(|end| row.settled_at() < end);
        // An erasure with documents that was interrupted has left them, so that it finds the row again by name.
        let has_words = self.documents.is_none() && row.has_words;
        is_old && (!row.is_erased() || has_documents || has_words)
    }

    /// Erases one record, unless that was done or it is gone.
    async fn record(
        &self,
        row: &ErasableRecord,
        run: &mut ErasureRun<'_>,
    ) -> Result<Option<RecordOutcome>, ErasureError> {
        let outcome = |record: &Model, request, objects| RecordOutcome {
            invoice: claimed(record),
            status: record.status,
            request,
            objects,
        };
        let mut attempts = 0;
        let (record, request) = loop {
            let Some(record) = self.database.record(row.id).await? else {
                return Ok(None);
            };
            if record.is_erased() {
                let has_words = self.documents.is_none() && record.buyer_words.is_some();
                if has_words && !self.dry_run {
                    self.database.end_erasure(record.id, false).await?;
                    run.counts.records += 1;
                }
                let request = if has_words {
                    RequestOutcome::Erased
                } else {
                    RequestOutcome::ErasedBefore
                };
                break (record, request);
            }
            // A worker may have recorded another request in the place of one that had failed.
            if self.filter.before.is_some() && record.updated_at != row.updated_at {
                return Ok(None);
            }
            // The request goes first: without it no audit can put a deleted document back.
            if self.dry_run || self.erase(&record, run).await? {
                break (record, RequestOutcome::Erased);
            }
            if run.is_over() {
                return Ok(None);
            }
            attempts += 1;
            if attempts == ATTEMPTS {
                return Ok(Some(outcome(&record, RequestOutcome::Changing, Vec::new())));
            }
        };
        let mut objects = Vec::new();
        if let Some(storage) = self.documents {
            objects = self.delete_documents(storage, &record).await?;
            if record.status == Status::Generated && !self.dry_run {
                let are_gone = objects.iter().all(|(_, object)| !object.stays());
                self.database.end_erasure(record.id, are_gone).await?;
            }
        }
        Ok(Some(outcome(&record, request, objects)))
    }

    async fn erase(&self, record: &Model, run: &mut ErasureRun<'_>) -> Result<bool, ErasureError> {
        let kept = {
            let record = record.clone();
            let at = OffsetDateTime::now_utc();
            off_the_runtime(move || kept(&record, at)).await
        };
        Ok(self
            .database
            .erase_record(record, &kept, self.documents.is_some(), run)
            .await?)
    }

    /// Returns whether it has come to the end.
    async fn letters(
        &self,
        run: &mut ErasureRun<'_>,
        totals: &mut Totals,
        pace: &mut Pace,
        report: &mut impl FnMut(&Item) -> io::Result<()>,
    ) -> Result<bool, ErasureError> {
        let selection = self.selection();
        let most = usize::try_from(batch_size(self.rate)).unwrap_or(usize::MAX);
        let mut after = 0;
        loop {
            let database = self.database;
            let page = database.dead_letter_summaries(&selection, Page::After(after), PAGE);
            let page = page.await?;
            let Some(last) = page.last() else {
                return Ok(true);
            };
            after = last.id;
            if self.is_stopped(run) {
                return Ok(false);
            }
            let rows = page.len();
            let due: Vec<Summary> = page.into_iter().filter(|it| self.is_letter(it)).collect();
            run.looked += (rows - due.len()) as u64;
            let mut due = due.as_slice();
            while !due.is_empty() {
                let size = most.min(self.remaining(run)).min(due.len());
                if size == 0 {
                    return Ok(true);
                }
                if !wait_for_turn(pace.due, self.shutdown).await || run.is_over() {
                    return Ok(false);
                }
                let began = Instant::now();
                let (together, others) = due.split_at(size);
                due = others;
                run.looked += size as u64;
                let erased = self.erase_letters(together, run).await?;
                self.take_in(began, run);
                if run.is_over() && erased.is_empty() {
                    return Ok(false);
                }
                for letter in together {
                    let item = Item::Letter(LetterOutcome {
                        id: letter.id,
                        invoice: letter.invoice(),
                        status: letter.status,
                        request: self.letter_request(letter, &erased),
                    });
                    Self::note(run, totals, &item, report)?;
                }
                pace.spend(erased.len(), began);
            }
            self.record_progress(run).await?;
        }
    }

    /// Erases dead letters; those that are erased, or would be.
    async fn erase_letters(
        &self,
        letters: &[Summary],
        run: &mut ErasureRun<'_>,
    ) -> Result<Vec<i64>, ErasureError> {
        if self.dry_run {
            let would = letters.iter().filter(|letter| self.may_go(letter.status));
            return Ok(would.map(|letter| letter.id).collect());
        }
        let ids: Vec<i64> = letters.iter().map(|letter| letter.id).collect();
        let erased = self.database.erase_dead_letters(&ids, self.with_open, run);
        Ok(erased.await?.erased)
    }

    /// What became of the personal data of a dead letter, where those of these letters are erased.
    fn letter_request(&self, letter: &Summary, erased: &[i64]) -> LetterRequest {
        if erased.contains(&letter.id) {
            LetterRequest::Erased
        } else if self.may_go(letter.status) {
            LetterRequest::Changing
        } else {
            LetterRequest::Open
        }
    }

    /// Adds their words to the records and dead letters of an earlier version, which a search would not find. Returns whether it
    /// has come to the end.
    async fn add_words(&self, totals: &mut Totals) -> Result<bool, ErasureError> {
        let mut after = Uuid::nil();
        loop {
            if self.shutdown.is_cancelled() {
                return Ok(false);
            }
            match self.database.add_buyer_words(after, WORDLESS).await {
                Ok(Some(last)) => after = last,
                Ok(None) => break,
                Err(error) if self.may_not_write(&error) => {
                    totals.is_unsearched = true;
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        loop {
            if self.shutdown.is_cancelled() {
                return Ok(false);
            }
            match self.database.add_words(WORDLESS).await {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if self.may_not_write(&error) => {
                    totals.is_unsearched = true;
                    return Ok(true);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether this is a dry run whose user of the database has no right to write.
    fn may_not_write(&self, error: &DatabaseError) -> bool {
        self.dry_run && !error.is_outage()
    }

    fn selection(&self) -> Selection {
        let filter = &self.filter;
        Selection {
            platform: filter.platform.clone(),
            shop_id: filter.shop_id.clone(),
            order_id: filter.order_id.clone(),
            sequence_number: filter.sequence_number.clone(),
            text: filter.buyer.clone(),
            until: filter.before,
            ..Selection::default()
        }
    }

    /// What the selection does not say: the package, and whether it is erased.
    fn is_letter(&self, letter: &Summary) -> bool {
        let package = self.filter.package_id.as_ref();
        let is_it = package.is_none_or(|it| letter.package_id.as_ref() == Some(it));
        is_it && letter.erased_at.is_none()
    }

    fn may_go(&self, status: DeadLetterStatus) -> bool {
        match status {
            DeadLetterStatus::Open => self.with_open,
            DeadLetterStatus::Replayed | DeadLetterStatus::Discarded => true,
        }
    }
}

/// The identity of a row as it is.
fn claimed(record: &Model) -> ClaimedIdentity {
    let parts = [
        &record.platform,
        &record.shop_id,
        &record.order_id,
        &record.package_id,
        &record.sequence_number,
    ];
    ClaimedIdentity::from_parts(parts.map(|part| Some(part.clone())))
}
