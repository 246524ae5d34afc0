//! `audit`: whether everything that was issued is there, as it was issued.

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::dead_letters::reason;
use super::error::{FindingsRemain, WrongUsage};
use super::moment::{moment, span};
use super::operator::operator;
use super::progress::Progress;
use super::render_again::in_use;
use crate::app::{self, App};
use crate::audit::{
    self, Audited, Finding, Position, Repair, Repairs, RequestFiles, RequestFilesError, Scope,
};
use crate::config::within;
use crate::contract::{AuditFinding, AuditSummary};
use crate::database::By;
use crate::duration::compact;
use crate::output::{self, json};
use crate::text::harmless;

/// Compare records, documents and dead letters, and repair what can be repaired with certainty.
///
/// Every generated record must have its document with the recorded SHA-256, every document its record, and no generated
/// request an open dead letter. Workers may go on meanwhile. Each finding is printed as it is found; docs/audit.md says what
/// its code means and what to do. Nothing is changed without --repair.
///
/// Exit codes: 0 nothing found, or everything repaired; 1 not finished; 2 wrong usage or settings; 3 something remains.
#[derive(Debug, Args)]
pub struct Audit {
    /// Only list objects and compare their sizes, instead of reading each
    #[arg(long)]
    quick: bool,
    /// Repair: render missing and damaged documents again, record documents whose request is known, discard dead letters
    /// whose document is generated
    #[arg(long)]
    repair: bool,
    /// Show what would be repaired, and change nothing
    #[arg(long, requires = "repair")]
    dry_run: bool,
    /// Why it is repaired, for the record; a dry run needs none
    #[arg(long, value_name = "TEXT", value_parser = reason, requires = "repair")]
    reason: Option<String>,
    /// Look for requests of documents without a record in this file too: one message of the order service a line; may be
    /// repeated
    #[arg(long, value_name = "FILE", requires = "repair")]
    requests: Vec<PathBuf>,
    /// Documents a second at most [default: as fast as the servers answer]
    #[arg(long, value_name = "COUNT", value_parser = within(1..=u32::MAX))]
    rate: Option<u32>,
    /// Documents at most; the summary says where to go on
    #[arg(long, value_name = "COUNT", value_parser = within(1..=u64::MAX))]
    limit: Option<u64>,
    /// Go on behind this position, which an audit that was stopped has printed
    #[arg(long, value_name = "POSITION")]
    after: Option<Position>,
    /// Age from which a document must have its record: younger ones are in work
    #[arg(long, value_name = "AGE", default_value = "15m", value_parser = span)]
    min_age: Duration,
    /// Print JSON, one object a line: the findings, then a summary
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filter: Filter,
}

/// Filters; all given ones have to match.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Filters (all given ones have to match)")]
struct Filter {
    /// Of this marketplace platform
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// Of this shop of the platform
    #[arg(long, value_name = "SHOP_ID", requires = "platform")]
    shop: Option<String>,
    /// Recorded at this time or later: RFC 3339, a day, or how long ago, like 90s, 15m, 2h, 3d
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<OffsetDateTime>,
    /// Recorded at this time or earlier
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<OffsetDateTime>,
}

impl Audit {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        if self.repair && !self.dry_run && self.reason.is_none() {
            let problem = "--repair changes documents and records, and needs --reason TEXT, which `changes` shows later";
            return Err(WrongUsage(problem.to_owned()).into());
        }
        let requests = self.request_files()?;
        let operator = operator();
        let templates = if self.repair {
            Some(app.template_archive(in_use(app).await).await?)
        } else {
            None
        };
        let repairs = templates.as_ref().map(|templates| Repairs {
            templates,
            requests: requests.as_ref(),
            dry_run: self.dry_run,
            by: By {
                actor: &operator,
                reason: self.reason.as_deref(),
            },
        });
        let shutdown = app::shutdown_signal()?;
        let audit = audit::Audit {
            database: app.database().await?,
            storage: app.storage().await?,
            scope: self.filter.scope(),
            quick: self.quick,
            repairs,
            in_work: self.min_age,
            rate: self.rate,
            limit: self.limit,
            patience: app.settings().retry.policy().in_place,
            shutdown: &shutdown,
        };
        let mut progress = Progress::new("{spinner} {human_pos} compared ({per_sec}) {msg}");
        let begin = self.after.clone().unwrap_or(Position::START);
        let bar = progress.bar.clone();
        let print = |finding: &Finding| bar.suspend(|| self.print(finding));
        let show = |audited: &Audited| {
            progress.show(|bar| bar.inc(1), || note(audited));
        };
        let (audited, result) = audit.run(begin, print, show).await;
        bar.finish_and_clear();
        let written = self.print_summary(&audited);
        if !audited.complete {
            output::note(format_args!(
                "not finished; to go on: --after {}",
                harmless(&audited.position.to_string())
            ));
        }
        result?;
        written?;
        anyhow::ensure!(!shutdown.is_cancelled() || audited.complete, "stopped");
        match audited.totals.remaining() {
            0 => Ok(()),
            remaining => Err(FindingsRemain(remaining).into()),
        }
    }

    fn request_files(&self) -> Result<Option<RequestFiles>, WrongUsage> {
        if self.requests.is_empty() {
            return Ok(None);
        }
        let opened = RequestFiles::open(&self.requests);
        opened
            .map(Some)
            .map_err(|error: RequestFilesError| WrongUsage(error.to_string()))
    }

    fn print(&self, finding: &Finding) -> io::Result<()> {
        let mut out = BufWriter::new(output::stdout());
        if self.json {
            json::write(&mut out, &AuditFinding::from(finding))?;
            writeln!(out)?;
            return out.flush();
        }
        let about = match (&finding.object_key, finding.dead_letter) {
            (Some(key), _) => harmless(key),
            (None, Some(id)) => format!("dead letter {id}"),
            (None, None) => harmless(&finding.invoice.to_string()),
        };
        let detail = harmless(&finding.detail);
        writeln!(out, "{} {about}: {detail}", finding.code)?;
        match &finding.repair {
            Repair::NotRequested => {}
            Repair::Possible(action) => writeln!(out, "    would be repaired: {action}")?,
            Repair::Done { action, after } => {
                let before = harmless(&finding.before);
                writeln!(
                    out,
                    "    repaired: {action}; before: {before}; now: {after}"
                )?;
            }
            Repair::Impossible(why) => writeln!(out, "    not repaired: {}", harmless(why))?,
        }
        out.flush()
    }

    fn print_summary(&self, audited: &Audited) -> io::Result<()> {
        let mut out = output::stdout();
        if self.json {
            json::write(&mut out, &AuditSummary::from(audited))?;
            return writeln!(out);
        }
        let totals = &audited.totals;
        writeln!(
            out,
            "{} generated records, {} objects and {} open dead letters compared",
            totals.rows, totals.objects, totals.dead_letters
        )?;
        if totals.left > 0 {
            writeln!(out, "{} documents that were never issued", totals.left)?;
        }
        if totals.in_work > 0 {
            writeln!(
                out,
                "{} in work: objects without a record that are younger than --min-age, which is {}",
                totals.in_work,
                compact(self.min_age)
            )?;
        }
        for (code, count) in &totals.findings {
            writeln!(
                out,
                "{code}: {} found, {} repaired",
                count.found, count.repaired
            )?;
        }
        if totals.findings.is_empty() {
            writeln!(out, "nothing found")?;
        }
        Ok(())
    }
}

impl Filter {
    fn scope(&self) -> Scope {
        Scope {
            platform: self.platform.clone(),
            shop_id: self.shop.clone(),
            since: self.since,
            until: self.until,
        }
    }
}

fn note(audited: &Audited) {
    let totals = &audited.totals;
    output::note(format_args!(
        "{} records and {} objects compared, {} findings, at {}",
        totals.rows,
        totals.objects,
        totals.found(),
        harmless(&audited.position.to_string())
    ));
}
