//! `demo`: the whole way once.

use std::path::PathBuf;

use clap::Args;
use invoice_worker::config::{Settings, SettingsInForce, within};

use crate::demo;

/// Run the whole way once, with sample requests, and check the result.
///
/// Uses the broker of AMQP_URL with queues of its own, which are deleted afterwards. Without DATABASE_URL it makes a
/// SQLite file, without AWS_ENDPOINT_URL_S3 it serves a folder through S3. Ends with 1 if anything differs from what
/// it should be.
#[derive(Debug, Args)]
pub struct Demo {
    /// Number of requests, among them a duplicate, a malformed one and one whose totals do not add up
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = within::<u32>(10..=1_000_000))]
    requests: u32,
    /// Folder for the database, the objects and a sample PDF; an earlier demo's is overwritten
    #[arg(long, value_name = "DIR", default_value = "data/demo")]
    data: PathBuf,
}

impl Demo {
    pub(super) async fn run(
        &self,
        settings: Settings,
        in_force: &SettingsInForce,
    ) -> anyhow::Result<()> {
        demo::run(settings, in_force, self.requests, &self.data).await
    }
}
