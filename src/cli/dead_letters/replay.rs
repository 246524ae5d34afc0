//! `dead-letters replay`

use std::io::{self, Write as _};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::super::operator::operator;
use super::filter::TargetArgs;
use super::groups::write_table;
use crate::app::{self, App};
use crate::broker::Lane;
use crate::config::within;
use crate::dead_letters::{self, Replayed};
use crate::output;
use crate::text::harmless;

/// Publish the requests of dead letters again.
///
/// What is selected is fixed at the start: what fails while the replay runs, or because of it, waits for the next one.
/// Each request is published to the exchange under its first message id, confirmed by the broker, and then marked. A replay
/// that was stopped or killed can be run again and goes on where it was. To publish a request twice is harmless: it still
/// gives one document.
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
    // Last: its heading holds for all that follows.
    #[command(flatten)]
    targets: TargetArgs,
}

impl Replay {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let frozen = self.targets.freeze(database).await?;
        let total = frozen.count.min(self.limit.unwrap_or(u64::MAX));
        if self.dry_run {
            let mut out = output::stream();
            writeln!(out, "would replay {total}")?;
            let groups = dead_letters::groups(database, &frozen.selection, total).await?;
            return Ok(write_table(&mut out, &groups)?);
        }
        let shutdown = app::shutdown_signal()?;
        let replay = dead_letters::Replay {
            database,
            publisher: app.publisher()?,
            topology: &app.topology(),
            lane: self.lane,
            operator: &operator(),
            rate: self.rate,
            shutdown: &shutdown,
        };
        let bar = bar(total);
        let progress = |published| bar.set_position(published);
        let (replayed, result) = replay.run(&frozen.selection, total, progress).await;
        bar.finish_and_clear();
        let written = print(&replayed);
        result?;
        written?;
        anyhow::ensure!(
            replayed.unreadable.is_empty(),
            "the headers of these dead letters cannot be read, they were not replayed: {:?}",
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
        anyhow::ensure!(
            !shutdown.is_cancelled() || replayed.published >= total,
            "stopped; run the same command again to go on"
        );
        Ok(())
    }
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
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} ({per_sec}, {eta} left)");
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
