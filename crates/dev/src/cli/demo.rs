//! `demo`: the main job on sample requests.

use std::path::PathBuf;

use clap::Args;
use invoice_worker::config::{EffectiveSettings, Settings, within};

use crate::demo;

/// Process sample requests from the queue to the bucket, and check the result.
///
/// Uses the broker of AMQP_URL with queues of its own, which are deleted afterwards. Without DATABASE_URL it creates a
/// SQLite file, without AWS_ENDPOINT_URL_S3 it serves a folder over the S3 protocol. Ends with 1 if the result differs from
/// what is expected.
#[derive(Debug, Args)]
pub struct Demo {
    /// Number of requests, among them a duplicate, a malformed one and one whose totals do not add up
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = within::<u32>(10..=1_000_000))]
    requests: u32,
    /// Folder for the database, the objects and a sample PDF; an earlier demo's is overwritten
    #[arg(long, value_name = "DIR", default_value = "data/demo")]
    data: PathBuf,
    /// Stay up until Ctrl-C and serve the page, which shows the result in a browser
    #[arg(long)]
    page: bool,
}

impl Demo {
    pub(super) async fn run(
        &self,
        settings: Settings,
        effective: &EffectiveSettings,
    ) -> anyhow::Result<()> {
        demo::run(settings, effective, self.requests, &self.data, self.page).await
    }
}
