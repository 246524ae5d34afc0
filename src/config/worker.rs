//! The worker itself.

use std::num::NonZeroU16;
use std::time::Duration;

use clap::Args;

use super::parse;

/// The worker itself.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Worker settings")]
pub struct WorkerSettings {
    /// Renderer processes: documents that are rendered at once [default: number of cores]
    #[arg(
        long,
        env = "WORKER_CONCURRENCY",
        value_name = "COUNT",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::count(1_024))]
    pub worker_concurrency: Option<NonZeroU16>,

    /// Unacknowledged messages at once; fewer share the work better between workers [default: 16 for each renderer]
    #[arg(
        long,
        env = "WORKER_PREFETCH",
        value_name = "COUNT",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::count(u16::MAX))]
    pub worker_prefetch: Option<NonZeroU16>,

    /// Percentage of renderer time for bulk requests while ordinary ones keep all renderers busy; 0: bulk requests are
    /// processed only while renderers are idle
    #[arg(
        long,
        env = "BULK_SHARE_PERCENT",
        value_name = "PERCENT",
        default_value_t = 10,
        global = true
    )]
    #[arg(value_parser = parse::within::<u8>(0..=100), hide_short_help = true)]
    pub bulk_share_percent: u8,

    /// Time for messages in work after SIGTERM, in seconds; less than the service manager waits
    #[arg(
        long,
        env = "SHUTDOWN_GRACE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 25,
        global = true
    )]
    #[arg(value_parser = parse::within::<u64>(0..=3_600), hide_short_help = true)]
    pub shutdown_grace_seconds: u64,

    /// Move dead letters from their queue to the database; false leaves them to another program
    #[arg(
        long,
        env = "ARCHIVE_DEAD_LETTERS",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(default_value_t = true, action = clap::ArgAction::Set, value_parser = parse::boolean)]
    pub archive_dead_letters: bool,
}

impl WorkerSettings {
    /// The settings whose defaults depend on the machine or on each other.
    pub fn computed_defaults(&self) -> [(&'static str, String); 2] {
        [
            ("WORKER_CONCURRENCY", self.concurrency().to_string()),
            ("WORKER_PREFETCH", self.prefetch().to_string()),
        ]
    }

    /// Number of renderer processes.
    pub fn concurrency(&self) -> usize {
        match self.worker_concurrency {
            Some(count) => count.get().into(),
            None => std::thread::available_parallelism().map_or(2, Into::into),
        }
    }

    /// Number of unacknowledged messages. Uploads and commits overlap with rendering, so more messages than renderers are
    /// needed to keep these busy; but a crash counts as a delivery of each of them.
    pub fn prefetch(&self) -> u16 {
        match self.worker_prefetch {
            Some(count) => count.get(),
            None => u16::try_from(self.concurrency().saturating_mul(16)).unwrap_or(u16::MAX),
        }
    }

    /// Number of unacknowledged bulk messages: a quarter of [`prefetch`](Self::prefetch). They may have to wait for ordinary
    /// ones, and other workers may have idle renderers for what this one does not hold.
    pub fn bulk_prefetch(&self) -> u16 {
        self.prefetch().div_ceil(4)
    }

    /// Time to finish after a signal.
    pub fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_grace_seconds)
    }
}
