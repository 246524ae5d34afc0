//! `up`: a worker and the API to develop against.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use invoice_worker::app;
use invoice_worker::config::{EffectiveSettings, Settings};
use invoice_worker::output;

use crate::environment::{Environment, free_address};
use crate::running::{Log, Running};

/// Where the worker shows its health and metrics, if nothing else listens there.
const WORKER_PORT: u16 = 9_100;

/// Where the API is, if nothing else listens there.
const API_PORT: u16 = 8_080;

/// Run a worker and the API with an embedded object store and database until Ctrl-C.
///
/// Uses the broker of AMQP_URL. Without DATABASE_URL it creates a SQLite file, without AWS_ENDPOINT_URL_S3 it serves a
/// folder over the S3 protocol. Templates that change are loaded again. The API listens at HTTP_ADDR, or at a free
/// port. Prints the settings that other programs need, as lines for a shell.
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
        let documents = &mut settings.documents;
        if documents.templates_reload_seconds == 0 {
            documents.templates_reload_seconds = 1;
        }
        // The templates in the program would not change while they are edited.
        let repository = Path::new("templates");
        if documents.templates_dir.is_none() && repository.is_dir() {
            documents.templates_dir = Some(repository.to_owned());
        }
        let environment = Environment::start(settings, effective, &self.data).await?;
        let given = environment.app.settings().http.http_addr;
        let address = |port, given: Option<_>| -> anyhow::Result<_> {
            let address = match given {
                Some(address) => address,
                None => free_address(port)?,
            };
            let variable = ("HTTP_ADDR".to_owned(), address.to_string().into());
            let variables = environment.variables().into_iter().chain([variable]);
            Ok((address, variables))
        };
        let (health, variables) = address(WORKER_PORT, None)?;
        let mut worker = Running::start("worker", variables, Log::Shown)?;
        worker.ready().await?;
        let (api, variables) = address(API_PORT, given)?;
        let mut serve = Running::start("serve", variables, Log::Shown)?;
        serve.ready().await?;
        let mut out = output::stdout();
        writeln!(out, "# A worker and the API are running. In another shell:")?;
        for (variable, value) in environment.exports() {
            writeln!(out, "export {variable}='{value}'")?;
        }
        // Of the programs in `examples/`.
        writeln!(out, "export API_URL='http://{api}'")?;
        writeln!(
            out,
            "# Publish a request: invoice-worker request templates/receipt/samples/receipt-minimal.json"
        )?;
        writeln!(
            out,
            "# Request one over HTTP: curl -H 'content-type: application/json' -H 'prefer: wait=10' \\\n\
             #     --data-binary @templates/receipt/samples/receipt-minimal.json http://{api}/v1/invoices"
        )?;
        writeln!(out, "# The page, in a browser: http://{api}/")?;
        writeln!(out, "# The API for people: http://{api}/docs")?;
        writeln!(
            out,
            "# Is the worker well? curl http://{health}/readyz http://{health}/metrics"
        )?;
        writeln!(out, "# Ctrl-C stops everything.")?;
        let result = tokio::select! {
            ended = worker.ended_before(&shutdown) => ended,
            ended = serve.ended_before(&shutdown) => ended,
            () = shutdown.cancelled() => Ok(()),
        };
        let (serve, worker) = tokio::join!(serve.stop(), worker.stop());
        environment.stop().await;
        result.and(serve).and(worker)
    }
}
