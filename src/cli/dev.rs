//! `dev`: a worker to develop against.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::app;
use crate::config::Settings;
use crate::local::environment::Environment;
use crate::output;

/// Run a worker with an embedded object store and database until Ctrl-C.
///
/// Uses the broker of AMQP_URL. Without DATABASE_URL it makes a SQLite file, without AWS_ENDPOINT_URL_S3 it serves a
/// folder through S3. Templates that change are loaded again. Prints the settings that other programs need, as lines for a shell.
#[derive(Debug, Args)]
pub struct Dev {
    /// Folder for the database and the objects
    #[arg(long, value_name = "DIR", default_value = "data/dev")]
    data: PathBuf,
}

impl Dev {
    pub(super) async fn run(&self, settings: Settings) -> anyhow::Result<()> {
        let shutdown = app::shutdown_signal()?;
        let environment = Environment::start(settings, &self.data).await?;
        let templates = app::templates(&environment.settings).await?;
        let worker = app::worker(&environment.settings, Arc::clone(&templates)).await?;
        let archiver = app::archiver(&environment.settings).await?;
        let mut out = output::stdout();
        writeln!(out, "# A worker is running. In another shell:")?;
        for (variable, value) in environment.exports() {
            writeln!(out, "export {variable}='{value}'")?;
        }
        writeln!(
            out,
            "# Publish a request: invoice-worker request templates/receipt/samples/receipt-minimal.json"
        )?;
        writeln!(out, "# Ctrl-C stops everything.")?;
        let result = tokio::select! {
            ended = app::run(&worker, archiver.as_ref(), &shutdown) => ended,
            () = templates.follow_changes(Duration::from_secs(1)) => Ok(()),
        };
        environment.stop().await;
        result
    }
}
