//! `dead-letters replay`

use std::io::{self, Write as _};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::super::moment::span;
use super::super::operator::operator;
use super::filter::{TargetArgs, reason};
use super::groups::write_table;
use super::replays::outcome;
use crate::app::{self, App};
use crate::broker::Lane;
use crate::config::within;
use crate::contract::ReplayOutcomes;
use crate::database::By;
use crate::output;
use crate::replays::{self, Ended, Followed, Job, Keeper, Plan, Replayed, Run, Terms};
use crate::text::harmless;

/// Publish the requests of dead letters again.
///
/// What is selected is fixed at the start: what fails while the replay runs, or because of it, waits for the next one.
/// Each request is published to the exchange under its first message id, confirmed by the broker, and then marked. A replay
/// has a number, under which `dead-letters replays` shows its progress. One that was stopped goes on with --resume, as does one
/// that was killed, 30 seconds after its end. To publish a request twice is harmless: it still gives one document.
///
/// That a request was published does not say that its document was generated: --wait waits for that and says it, and the outcome
/// in `list --status replayed` and `replays` says it later.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// Show what would be replayed, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Requests a second at most [default: as fast as the broker confirms]
    #[arg(long, value_name = "COUNT", value_parser = within(1..=u32::MAX))]
    rate: Option<u32>,
    /// Requests at most, those with the lowest numbers
    #[arg(long, value_name = "COUNT", value_parser = within(1..=u64::MAX))]
    limit: Option<u64>,
    /// Lane of the requests: in the bulk lane they keep no ordinary requests waiting
    #[arg(long, value_enum, default_value_t = Lane::Bulk)]
    lane: Lane,
    /// Why, for the record; only a dry run needs none
    #[arg(long, value_name = "TEXT", value_parser = reason, required_unless_present = "dry_run")]
    reason: Option<String>,
    /// Wait until the outcome of every request is known; exit code 1 if one has failed again
    #[arg(long, conflicts_with = "dry_run")]
    wait: bool,
    /// Longest wait, like 90s, 15m, 2h
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = span, requires = "wait")]
    wait_timeout: Duration,
    /// Go on with the replay of this number, as it was begun
    #[arg(long, value_name = "ID", value_parser = within(1..=i64::MAX), conflicts_with_all = [
        "dry_run", "rate", "limit", "lane", "ids", "all", "code", "stage", "platform", "shop", "order", "sequence", "message_id",
        "text", "since", "until", "status", "edited",
    ])]
    resume: Option<i64>,
    // Last: its heading holds for all that follows.
    #[command(flatten)]
    targets: TargetArgs,
}

impl Replay {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let actor = operator();
        let by = By {
            actor: &actor,
            reason: self.reason.as_deref(),
        };
        if let Some(id) = self.resume {
            let job = replays::take_over(database, id, by, &app::process_name()).await?;
            return self.run_job(app, &job, &actor).await;
        }
        let frozen = self.targets.freeze(database).await?;
        let plan = Plan::new(database, frozen, self.limit).await?;
        if self.dry_run {
            let mut out = output::stream();
            writeln!(out, "would replay {}", plan.total)?;
            let groups = plan.groups(database, u64::MAX).await?;
            return Ok(write_table(&mut out, &groups)?);
        }
        let terms = Terms {
            lane: self.lane,
            rate: self.rate,
            by,
        };
        let job = replays::begin(database, &plan, terms, &app::process_name()).await?;
        self.run_job(app, &job, &actor).await
    }

    /// Runs a replay that this process holds, and waits for its outcomes where that is asked for.
    async fn run_job(&self, app: &App, job: &Job, actor: &str) -> anyhow::Result<()> {
        let shutdown = app::shutdown_signal()?;
        let result = run(app, job, actor, &shutdown).await;
        if self.wait && !shutdown.is_cancelled() {
            let waited = wait(app, job.row.id, self.wait_timeout, &shutdown).await;
            return result.and(waited);
        }
        result
    }
}

/// Waits for what becomes of the requests of a replay, and says it.
async fn wait(
    app: &App,
    id: i64,
    longest: Duration,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let database = app.database().await?;
    let waiting = bar(0);
    waiting.set_message(format!("replay {id}: outcomes"));
    let progress = |now: &Followed| {
        let known = number(now.row.generated) + now.failed_again();
        waiting.set_length(known + now.pending);
        waiting.set_position(known);
    };
    let waited = replays::wait(database, id, longest, shutdown, progress).await;
    waiting.finish_and_clear();
    let followed = waited?;
    let outcomes = ReplayOutcomes::of(&followed.row, followed.pending, followed.unknown);
    let codes = outcomes.failed_codes.iter();
    let codes: Vec<String> = codes
        .map(|it| format!("{} {}", harmless(&it.code), it.count))
        .collect();
    let codes = if codes.is_empty() {
        String::new()
    } else {
        format!(": {}", codes.join(", "))
    };
    writeln!(output::stdout(), "{}{codes}", outcome(&outcomes))?;
    anyhow::ensure!(
        outcomes.pending == 0,
        "requests whose outcome is not known yet: {}; a worker has to consume them; `dead-letters replays {id}` shows it then",
        outcomes.pending
    );
    anyhow::ensure!(
        outcomes.failed_again == 0,
        "requests that failed again: {}; `dead-letters groups --explain` shows why",
        outcomes.failed_again
    );
    Ok(())
}

fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// Runs a replay that this process holds, and reports what it did.
async fn run(
    app: &App,
    job: &Job,
    actor: &str,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let id = job.row.id;
    let run = Run {
        database: app.database().await?,
        publisher: app.publisher()?,
        topology: &app.topology(),
        keeper: Keeper::Person(actor),
        shutdown,
    };
    let before = number(job.row.published);
    let bar = bar(number(job.row.total));
    bar.set_message(format!("replay {id}"));
    let progress = |published| bar.set_position(before + published);
    let (replayed, result) = run.run(job, progress).await;
    bar.finish_and_clear();
    let written = print(&replayed);
    let ended = match result {
        Ok(ended) => ended,
        Err(error) => {
            let hint = format!("replay {id} was interrupted; {}", goes_on(id));
            return Err(anyhow::Error::new(error).context(hint));
        }
    };
    written?;
    anyhow::ensure!(
        replayed.unreadable.is_empty(),
        "the headers of these dead letters cannot be read, or their requests were erased; they were not replayed: {:?}",
        replayed.unreadable
    );
    let refused = replayed.refused.iter();
    let refused: Vec<String> = refused
        .map(|(id, reason)| format!("{id} ({})", harmless(reason)))
        .collect();
    anyhow::ensure!(
        refused.is_empty(),
        "the broker refuses these dead letters, they were not replayed: {}",
        refused.join(", ")
    );
    match ended {
        Ended::Done => Ok(()),
        Ended::Stopped => anyhow::bail!(
            "stopped; run the same command again to go on, or {}",
            goes_on(id)
        ),
        Ended::Cancelled => anyhow::bail!("replay {id} was cancelled; {}", goes_on(id)),
        Ended::Lost => anyhow::bail!(
            "replay {id} was taken over by another process: `dead-letters replays {id}` shows it"
        ),
    }
}

fn goes_on(id: i64) -> String {
    format!("`invoice-worker dead-letters replay --resume {id} --reason TEXT` goes on with it")
}

fn print(replayed: &Replayed) -> io::Result<()> {
    let mut out = output::stdout();
    writeln!(out, "replayed {}", replayed.published)?;
    let again = replayed.published - replayed.marked;
    if again > 0 {
        writeln!(
            out,
            "{again} of them failed again at once, or were changed meanwhile, and stay as they are"
        )?;
    }
    Ok(())
}

fn bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} ({per_sec}, {eta} left)");
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
