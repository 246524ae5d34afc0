//! `export`: the documents of a period for accountants.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use time::{Date, OffsetDateTime};

use super::error::WrongUsage;
use super::moment::moment;
use super::progress::Progress;
use crate::app::{self, App};
use crate::blocking::off_the_runtime;
use crate::export;
use crate::export::{Datev, DatevSettings, ExportError, ExportFile, Exported, Selection};
use crate::output;
use crate::text::harmless;

/// Write the documents of a period for accountants: a ZIP with an index, totals by tax rate and checksums
///
/// The ZIP has the PDFs and the XML of e-invoices, index.csv, totals.csv, SHA256SUMS and, if something is wrong, errors.csv. Each
/// file is compared with the recorded SHA-256 before it is written. docs/export.md describes all of it.
///
/// An export that is stopped or killed leaves FILE.part and FILE.journal; the same command goes on from there.
///
/// Exit codes: 0 everything exported; 1 not finished, or documents are listed in errors.csv; 2 wrong usage or settings.
#[derive(Debug, Args)]
pub struct Export {
    /// File to write, readable by its owner only
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    datev: DatevArgs,
}

/// Filters; all given ones have to match.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Filters (all given ones have to match)")]
struct Filter {
    /// Of this marketplace platform
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// Of this shop
    #[arg(long, value_name = "SHOP_ID")]
    shop: Option<String>,
    /// Whose document was recorded at this time or later: RFC 3339, a day, or how long ago, like 90s, 15m, 2h, 3d
    #[arg(long, value_name = "TIME", value_parser = given)]
    since: Option<Given>,
    /// Whose document was recorded before this time [default: now]
    #[arg(long, value_name = "TIME", value_parser = given)]
    until: Option<Given>,
    /// With this issue date or a later one
    #[arg(long, value_name = "DAY", value_parser = day)]
    issued_since: Option<Date>,
    /// With an issue date before this one
    #[arg(long, value_name = "DAY", value_parser = day)]
    issued_until: Option<Date>,
}

/// Accounts for booking batches.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Booking batches for DATEV")]
struct DatevArgs {
    /// Add a booking batch for each month, in the DATEV format
    #[arg(long, requires_all = ["datev_consultant", "datev_client", "datev_fiscal_year", "datev_debtor", "datev_revenue"])]
    datev: bool,
    /// Number of the tax consultant (Beraternummer)
    #[arg(long, value_name = "NUMBER", requires = "datev")]
    datev_consultant: Option<u32>,
    /// Number of the client (Mandantennummer)
    #[arg(long, value_name = "NUMBER", requires = "datev")]
    datev_client: Option<u32>,
    /// First day of the fiscal year
    #[arg(long, value_name = "DAY", value_parser = day, requires = "datev")]
    datev_fiscal_year: Option<Date>,
    /// Digits of a general ledger account (Sachkontenlänge)
    #[arg(long, value_name = "DIGITS", default_value_t = 4)]
    datev_account_length: u8,
    /// Account of the debtors
    #[arg(long, value_name = "ACCOUNT", requires = "datev")]
    datev_debtor: Option<String>,
    /// Revenue account of a tax rate, like 19=8400, or K:0=8125 for another category than S; may be repeated
    #[arg(
        long,
        value_name = "RATE=ACCOUNT",
        value_delimiter = ',',
        requires = "datev"
    )]
    datev_revenue: Vec<String>,
}

/// A moment, as it was given. An export goes on with the moments that it was begun with.
#[derive(Clone, Debug)]
struct Given {
    text: String,
    moment: OffsetDateTime,
}

fn given(text: &str) -> Result<Given, String> {
    let moment = moment(text)?;
    let text = text.to_owned();
    Ok(Given { text, moment })
}

fn day(text: &str) -> Result<Date, &'static str> {
    crate::moment::day(text).ok_or("must be a day like 2026-11-21")
}

impl Export {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let selection = self.filter.selection()?;
        let datev = self.datev.checked()?;
        let (database, storage) = (app.database().await?, app.storage().await?);
        let (path, options) = (self.output.clone(), self.options());
        let opened = off_the_runtime(move || ExportFile::open(&path, options, selection));
        let ExportFile {
            destination,
            selection,
            resumed,
        } = opened.await.map_err(usage)?;
        if resumed > 0 {
            output::note(format_args!(
                "going on behind {resumed} documents that are exported already"
            ));
        }
        let export = export::Export {
            database: database.clone(),
            storage: storage.clone(),
            selection,
            datev,
            patience: app.settings().retry.policy().in_place,
            most: None,
            stop: app::shutdown_signal()?,
        };
        let mut progress = Progress::new("{spinner} {human_pos} exported ({per_sec})");
        let show = |reached: Exported| {
            progress.show(
                |bar| bar.set_position(reached.documents),
                || output::note(format_args!("{} documents exported", reached.documents)),
            );
        };
        let done = export.run(destination, show).await;
        progress.bar.finish_and_clear();
        let path = self.output.display().to_string();
        let path = harmless(&path);
        let Exported {
            documents,
            faulty,
            bytes,
            ..
        } = done.map_err(|error| {
            let error = anyhow::Error::new(error);
            error.context(format!("{path} is not finished; the same command goes on"))
        })?;
        writeln!(
            output::stdout(),
            "{path}: {documents} documents, {bytes} bytes"
        )?;
        anyhow::ensure!(
            faulty == 0,
            "{faulty} of {documents} documents are not exported or booked as they should be; errors.csv in the ZIP says why"
        );
        Ok(())
    }

    /// What is exported, in the words of the person who asks. Two commands with the same words export the same.
    fn options(&self) -> Vec<String> {
        let Filter {
            platform,
            shop,
            since,
            until,
            issued_since,
            issued_until,
        } = &self.filter;
        let text = |given: &Option<Given>| given.as_ref().map(|it| it.text.clone());
        let day = |given: &Option<Date>| given.map(|it| it.to_string());
        let number = |given: Option<u32>| given.map(|it| it.to_string());
        let datev = &self.datev;
        let length = datev.datev.then(|| datev.datev_account_length.to_string());
        let revenue = datev.datev.then(|| datev.datev_revenue.join(","));
        let all = [
            ("platform", platform.clone()),
            ("shop", shop.clone()),
            ("since", text(since)),
            ("until", text(until)),
            ("issued-since", day(issued_since)),
            ("issued-until", day(issued_until)),
            ("datev-consultant", number(datev.datev_consultant)),
            ("datev-client", number(datev.datev_client)),
            ("datev-fiscal-year", day(&datev.datev_fiscal_year)),
            ("datev-account-length", length),
            ("datev-debtor", datev.datev_debtor.clone()),
            ("datev-revenue", revenue),
        ];
        let all = all.into_iter();
        all.filter_map(|(name, value)| Some(format!("--{name}={}", value?)))
            .collect()
    }
}

impl Filter {
    fn selection(&self) -> Result<Selection, WrongUsage> {
        for (name, value) in [("platform", &self.platform), ("shop", &self.shop)] {
            // An empty variable of a script would otherwise export other documents than were meant.
            if value.as_deref().is_some_and(|it| it.trim().is_empty()) {
                let problem = format!("the filter {name} is blank, expected a value");
                return Err(WrongUsage(problem));
            }
        }
        let moment = |given: &Option<Given>| given.as_ref().map(|it| it.moment);
        Ok(Selection {
            platform: self.platform.clone(),
            shop_id: self.shop.clone(),
            shops: None,
            since: moment(&self.since),
            until: moment(&self.until).unwrap_or_else(OffsetDateTime::now_utc),
            issued_since: self.issued_since,
            issued_until: self.issued_until,
        })
    }
}

impl DatevArgs {
    fn checked(&self) -> Result<Option<Datev>, WrongUsage> {
        // `--datev` requires all of them.
        let (true, Some(consultant), Some(client), Some(fiscal_year), Some(debtor)) = (
            self.datev,
            self.datev_consultant,
            self.datev_client,
            self.datev_fiscal_year,
            self.datev_debtor.clone(),
        ) else {
            return Ok(None);
        };
        let settings = DatevSettings {
            consultant,
            client,
            fiscal_year,
            account_length: self.datev_account_length,
            debtor,
            revenue: self.datev_revenue.clone(),
        };
        let checked = settings.checked().map(Some);
        checked.map_err(|wrong| WrongUsage(format!("--datev-{} {}", wrong.setting, wrong.problem)))
    }
}

/// What another command line would put right.
fn usage(error: ExportError) -> anyhow::Error {
    match error {
        ExportError::OtherOptions { .. } | ExportError::Write(_) => {
            WrongUsage(error.to_string()).into()
        }
        ExportError::Database(_)
        | ExportError::Storage(_)
        | ExportError::ReaderGone
        | ExportError::Stopped
        | ExportError::OtherBytes { .. }
        | ExportError::TooMany { .. }
        | ExportError::InUse(_) => error.into(),
    }
}
