//! `up`: a worker to develop against.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use invoice_worker::app;
use invoice_worker::config::{EffectiveSettings, Settings};
use invoice_worker::output;

use crate::environment::Environment;
use crate::worker::{Log, Worker};

/// Run a worker with an embedded object store and database until Ctrl-C.
///
/// Uses the broker of AMQP_URL. Without DATABASE_URL it creates a SQLite file, without AWS_ENDPOINT_URL_S3 it serves a
/// folder over the S3 protocol. Templates that change are loaded again. Prints the settings that other programs need, as
/// lines for a shell.
#[derive(Debug, Args)]
pub struct Up {
    /// Folder for the database and the objects
    #[arg(long, value_name = "DIR", default_value = "data/dev")]
    data: PathBuf,
}

impl Up {
    pub(super) async fn run(
        &self,
        mut settings: Settings,
        effective: &EffectiveSettings,
    ) -> anyhow::Result<()> {
        let shutdown = app::shutdown_signal()?;
        if settings.documents.templates_reload_seconds == 0 {
            settings.documents.templates_reload_seconds = 1;
        }
        let environment = Environment::start(settings, effective, &self.data).await?;
        let mut worker = Worker::start(environment.variables(), Log::Shown)?;
        worker.ready().await?;
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
            ended = worker.ended() => ended.and_then(|status| {
                anyhow::ensure!(shutdown.is_cancelled(), "the worker ended with {status}");
                Ok(())
            }),
            () = shutdown.cancelled() => worker.stop().await,
        };
        environment.stop().await;
        result
    }
}
