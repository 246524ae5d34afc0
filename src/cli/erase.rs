//! `erase`: personal data leave, what tax law wants stays.

use std::io::{self, BufWriter, Write as _};
use std::num::NonZeroU32;

use clap::Args;
use time::OffsetDateTime;

use super::dead_letters::reason;
use super::error::{PersonalDataRemain, WrongUsage};
use super::moment::moment;
use super::operator::operator;
use super::table::seconds;
use crate::app::{self, App};
use crate::contract::{ErasedLetter, ErasedRecord, ErasureSummary};
use crate::database::{By, ErasureFilter, rights};
use crate::erasure::{
    self, Erasure, Item, LetterOutcome, LetterRequest, ObjectOutcome, RecordOutcome,
    RequestOutcome, Totals,
};
use crate::output::{self, json};
use crate::text::harmless;

/// Erase the personal data of requests.
///
/// A generated record keeps its identity, its number, its dates, the seller, the taxes and totals, and the digests of request and
/// document. Its PDF stays, unless --documents is given: then it is deleted with all its versions, except for what the object store
/// holds under a retention or a legal hold; the report names these. Dead letters keep their code and their times. What is
/// erased cannot be brought back: see with --dry-run first. docs/erasure.md lists every place, and what stays there.
///
/// Each row is committed by itself; an erasure that was interrupted goes on when it is started again.
///
/// Exit codes: 0 everything selected is erased; 1 not finished; 2 wrong usage or settings; 3 something stays, and the report says
/// why.
#[derive(Debug, Args)]
pub struct Erase {
    /// Delete the documents from the bucket too
    #[arg(long)]
    documents: bool,
    /// Erase open dead letters too, whose requests were not processed yet; they are discarded
    #[arg(long)]
    open: bool,
    /// Show what would be erased, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Records and dead letters a second at most
    #[arg(long, value_name = "COUNT")]
    rate: Option<NonZeroU32>,
    /// Why, for the record, without personal data; a dry run needs none
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Option<String>,
    /// Print JSON, one object a line: what became of each row, then a summary
    #[arg(long)]
    json: bool,
    // Last: its heading holds for all that follows.
    #[command(flatten)]
    filter: Filter,
}

/// Filters; all given ones have to match, and one has to be given.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Filters (one or more; all given ones have to match)")]
struct Filter {
    /// Of this marketplace platform
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// Of this shop of the platform
    #[arg(long, value_name = "SHOP_ID", requires = "platform")]
    shop: Option<String>,
    /// Of this order of the shop
    #[arg(long, value_name = "ORDER_ID", requires = "shop")]
    order: Option<String>,
    /// Of this package of the order
    #[arg(long, value_name = "PACKAGE_ID", requires = "order")]
    package: Option<String>,
    /// With this sequence number
    #[arg(long, value_name = "NUMBER", requires = "order")]
    sequence: Option<String>,
    /// Whose buyer's name has these words; of dead letters, those whose request or detail has them
    #[arg(long, value_name = "TEXT")]
    buyer: Option<String>,
    /// Issued, or failed last, before this time: RFC 3339, a day, or how long ago, like 10y
    #[arg(long, visible_alias = "older-than", value_name = "TIME", value_parser = moment)]
    before: Option<OffsetDateTime>,
}

impl Erase {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        if !self.dry_run && self.reason.is_none() {
            let problem = "what is erased cannot be brought back: see it with --dry-run first, then give --reason TEXT, which \
                           `changes` shows later";
            return Err(WrongUsage(problem.to_owned()).into());
        }
        let filter = self.filter.filter()?;
        let database = app.database().await?;
        let missing = database.missing_grants(rights::ERASE).await?;
        anyhow::ensure!(
            missing.is_empty() || self.dry_run,
            "the user of the database may not erase: {}",
            missing.join("; ")
        );
        let documents = if self.documents {
            Some(app.storage().await?)
        } else {
            None
        };
        let operator = operator();
        let shutdown = app::shutdown_signal()?;
        let erasure = Erasure {
            database,
            documents,
            filter,
            with_open: self.open,
            dry_run: self.dry_run,
            rate: self.rate.map(NonZeroU32::get),
            at_most: None,
            by: By {
                actor: &operator,
                reason: self.reason.as_deref(),
            },
            row: None,
            patience: app.settings().retry.policy().in_place,
            shutdown: &shutdown,
        };
        let (totals, complete, result) = erasure.run(|item| self.print(item)).await;
        let written = self.print_summary(&totals, complete);
        result?;
        written?;
        anyhow::ensure!(
            complete,
            "stopped; the same command goes on where it has stopped"
        );
        match totals.remaining() {
            0 => Ok(()),
            remaining => Err(PersonalDataRemain(remaining).into()),
        }
    }

    fn print(&self, item: &Item) -> io::Result<()> {
        let mut out = BufWriter::new(output::stdout());
        match (item, self.json) {
            (Item::Record(record), true) => {
                json::write(&mut out, &ErasedRecord::new(record, self.dry_run))?;
                writeln!(out)?;
            }
            (Item::Letter(letter), true) => {
                json::write(&mut out, &ErasedLetter::new(letter, self.dry_run))?;
                writeln!(out)?;
            }
            (Item::Record(record), false) => self.write_record(&mut out, record)?,
            (Item::Letter(letter), false) => self.write_letter(&mut out, letter)?,
        }
        out.flush()
    }

    fn write_record(&self, out: &mut impl io::Write, record: &RecordOutcome) -> io::Result<()> {
        let invoice = harmless(&record.invoice.to_string());
        let done = match (record.request, self.dry_run) {
            (RequestOutcome::Erased, false) => "erased",
            (RequestOutcome::Erased, true) => "would be erased",
            (RequestOutcome::ErasedBefore, _) => "was erased before",
            (RequestOutcome::Changing, _) => {
                "stays, since it changed again and again meanwhile: start the same command again"
            }
        };
        writeln!(out, "record {invoice}: {done}")?;
        for (key, object) in &record.objects {
            writeln!(out, "    {}: {}", harmless(key), self.words(object))?;
        }
        Ok(())
    }

    fn words(&self, object: &ObjectOutcome) -> String {
        match object {
            ObjectOutcome::Absent => "not in the bucket".to_owned(),
            ObjectOutcome::Deleted { versions } => {
                let done = if self.dry_run {
                    "would be deleted"
                } else {
                    "deleted"
                };
                format!("{done}, versions: {versions}")
            }
            ObjectOutcome::Locked(lock) => {
                let until = lock.until.map(seconds);
                let until = until.map(|end| format!("retained until {end}"));
                let hold = lock.legal_hold.then(|| "under a legal hold".to_owned());
                let why: Vec<String> = until.into_iter().chain(hold).collect();
                format!("stays, {}", why.join(", "))
            }
            ObjectOutcome::Refused(answer) => {
                format!("stays, the object store refuses: {}", harmless(answer))
            }
            ObjectOutcome::OtherStays => {
                "stays, since the other object of the record stays".to_owned()
            }
            ObjectOutcome::Foreign => "stays, it is not the key of this record".to_owned(),
            ObjectOutcome::NeverIssued => {
                "stays, it was never issued; publish the request again, or delete it by hand"
                    .to_owned()
            }
        }
    }

    fn write_letter(&self, out: &mut impl io::Write, letter: &LetterOutcome) -> io::Result<()> {
        let done = match (letter.request, self.dry_run) {
            (LetterRequest::Erased, false) => "erased",
            (LetterRequest::Erased, true) => "would be erased",
            (LetterRequest::Open, _) => {
                "stays, since it is open: replay or discard it first, or give --open"
            }
            (LetterRequest::Changing, _) => {
                "stays, since a replay is publishing it, or it has changed: start the same command again"
            }
        };
        let invoice = harmless(&letter.invoice.to_string());
        writeln!(out, "dead letter {} {invoice}: {done}", letter.id)
    }

    fn print_summary(&self, totals: &Totals, complete: bool) -> io::Result<()> {
        let mut out = output::stdout();
        if self.json {
            json::write(
                &mut out,
                &ErasureSummary::new(totals, complete, self.dry_run),
            )?;
            return writeln!(out);
        }
        let would = if self.dry_run { "would be " } else { "" };
        writeln!(
            out,
            "{would}erased: {} records, {} dead letters; {would}deleted: {} documents",
            totals.records, totals.dead_letters, totals.objects
        )?;
        if totals.remaining() > 0 {
            writeln!(
                out,
                "stay: {} documents, {} dead letters, {} records that changed meanwhile",
                totals.kept_objects, totals.kept_letters, totals.kept_records
            )?;
        }
        if totals.is_unsearched {
            writeln!(
                out,
                "rows of an earlier version have no searchable names, and this user of the database may not add them: they were \
                 not searched"
            )?;
        }
        Ok(())
    }
}

impl Filter {
    fn filter(&self) -> Result<ErasureFilter, WrongUsage> {
        let filter = ErasureFilter {
            platform: self.platform.clone(),
            shop_id: self.shop.clone(),
            order_id: self.order.clone(),
            package_id: self.package.clone(),
            sequence_number: self.sequence.clone(),
            buyer: self.buyer.clone(),
            before: self.before,
        };
        erasure::checked(filter).map_err(|wrong| WrongUsage(wrong.to_string()))
    }
}
