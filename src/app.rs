//! Wiring: from settings to the parts of the program.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::broker::connection::Endpoint;
use crate::broker::worker::{Consumption, Worker};
use crate::broker::{Archiver, BrokerError, Publisher, Topology};
use crate::config::{ConfigError, DocumentSettings, Settings};
use crate::database::{Database, DatabaseError};
use crate::processor::Processor;
use crate::readiness;
use crate::storage::Storage;
use document::catalog::CatalogError;
use document::{Catalog, PoolSettings, Templates, TemplatesError};

/// The templates, each tried on its samples: a broken one keeps the program from starting, rather than turning
/// requests into dead letters.
pub async fn templates(settings: &Settings) -> Result<Arc<Templates>, TemplatesError> {
    let folder = &settings.documents.templates_dir;
    let fonts = settings.documents.fonts_dir();
    let templates = Templates::start(folder, fonts, pool_settings(settings)).await?;
    Ok(Arc::new(templates))
}

/// The same for a look at them, without renderers.
pub fn catalog(settings: &Settings) -> Result<Catalog, CatalogError> {
    let documents = &settings.documents;
    Catalog::load_with_fonts(&documents.templates_dir, documents.fonts_dir())
}

/// How many renderers there are, and what each may use.
pub fn pool_settings(settings: &Settings) -> PoolSettings {
    PoolSettings {
        renderers: settings.worker.concurrency(),
        timeout: Duration::from_secs(settings.documents.render_timeout_seconds),
        memory_mib: settings.documents.render_memory_mib,
    }
}

/// Brings changed templates into force: when a hangup signal comes, and where the settings say how often to look.
/// Goes on for good.
pub async fn reload_templates(
    templates: &Templates,
    mut hangups: Signal,
    settings: &DocumentSettings,
) {
    let on_signal = async {
        while hangups.recv().await.is_some() {
            templates.reload().await;
        }
    };
    match settings.templates_reload_seconds {
        0 => on_signal.await,
        seconds => {
            let on_change = templates.follow_changes(Duration::from_secs(seconds));
            tokio::join!(on_signal, on_change);
        }
    }
}

/// A worker with everything that it needs. The broker, the bucket and the database need not be there yet.
pub async fn worker(settings: &Settings, templates: Arc<Templates>) -> anyhow::Result<Worker> {
    let endpoint = Endpoint::new(&settings.broker)?;
    let storage = Storage::connect(&settings.storage).await?;
    let database = Database::connect(settings.database.url()?, true).await?;
    refuse_wrong_login(&database).await?;
    let processor = Processor {
        templates,
        storage,
        database,
        retry: settings.retry.policy(),
        request_max_bytes: settings
            .documents
            .request_max_bytes
            .try_into()
            .context("REQUEST_MAX_BYTES")?,
    };
    let consumption = Consumption {
        prefetch: settings.worker.prefetch(),
        quarantine_after: settings.broker.quarantine_after(),
        grace: settings.worker.shutdown_grace(),
        worker: worker_name(),
    };
    Ok(Worker::new(
        endpoint,
        topology(settings),
        consumption,
        processor,
    ))
}

/// What moves dead letters to the archive, unless the settings leave that to another program.
pub async fn archiver(settings: &Settings) -> anyhow::Result<Option<Archiver>> {
    if !settings.worker.archive_dead_letters {
        return Ok(None);
    }
    let endpoint = Endpoint::new(&settings.broker)?;
    let database = Database::connect(settings.database.url()?, true).await?;
    Ok(Some(Archiver::new(endpoint, topology(settings), database)))
}

/// Works and archives until `shutdown`. If one of the two cannot go on, the other one is stopped too.
pub async fn run(
    worker: &Worker,
    archiver: Option<&Archiver>,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let stop = shutdown.child_token();
    let working = stop_on_error(worker.run(&stop), &stop);
    let archiving = async {
        match archiver {
            Some(archiver) => stop_on_error(archiver.run(&stop), &stop).await,
            None => Ok(()),
        }
    };
    let (worked, archived) = tokio::join!(working, archiving);
    worked?;
    Ok(archived?)
}

async fn stop_on_error(
    running: impl Future<Output = Result<(), BrokerError>>,
    stop: &CancellationToken,
) -> Result<(), BrokerError> {
    let result = running.await;
    if result.is_err() {
        stop.cancel();
    }
    result
}

/// A database that is away comes back, and a missing schema is migrated; a login that is refused or a database that
/// does not exist are settings to be mended before anything starts.
async fn refuse_wrong_login(database: &Database) -> anyhow::Result<()> {
    match database.check().await {
        Ok(()) => {}
        Err(error @ DatabaseError::AccessDenied { .. }) => {
            let problem = format!("cannot be used: {error}");
            return Err(ConfigError {
                variable: "DATABASE_URL",
                problem,
            }
            .into());
        }
        Err(error) => {
            warn!(event = "database_unavailable", %error, "the database cannot be used yet; messages will wait for it")
        }
    }
    Ok(())
}

/// The names of queues and exchanges.
pub fn topology(settings: &Settings) -> Topology {
    Topology::new(&settings.broker, &settings.retry)
}

/// A publisher of requests.
pub fn publisher(settings: &Settings) -> anyhow::Result<Publisher> {
    Ok(Publisher::new(
        Endpoint::new(&settings.broker)?,
        topology(settings),
    ))
}

/// The database, connected.
pub async fn database(settings: &Settings) -> anyhow::Result<Database> {
    Ok(Database::connect(settings.database.url()?, false).await?)
}

/// Cancelled by SIGTERM or SIGINT.
pub fn shutdown_signal() -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        readiness::stopping();
        info!(event = "signal_received", signal = name, "stopping");
        cancelled.cancel();
    });
    Ok(token)
}

/// Host and process, as operators look for them.
fn worker_name() -> String {
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    format!("{host}:{}", std::process::id())
}
