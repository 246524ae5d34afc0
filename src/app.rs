//! Wiring: from the settings to the parts of the program, each built once.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use document::{Catalog, CatalogError, LiveTemplates, PoolSettings, TemplatesError};
use futures_util::future::{BoxFuture, join_all};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::broker::{Endpoint, Publisher, Topology};
use crate::config::{ConfigError, Settings};
use crate::database::{Database, DatabaseError};
use crate::dead_letters::Archiver;
use crate::processor::Processor;
use crate::readiness;
use crate::storage::{Storage, StorageError};
use crate::template_archive::{self, TemplateArchive};
use crate::worker::{Consumption, Worker};

/// How long a worker's start waits for the object store.
const STORE_PATIENCE: Duration = Duration::from_secs(5);

/// The parts that subcommands share. Each is built when it is first asked for, and once.
pub struct App {
    settings: Settings,
    database: OnceCell<Database>,
    storage: OnceCell<Storage>,
    publisher: OnceLock<Publisher>,
}

impl App {
    /// An application that has connected to nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            database: OnceCell::new(),
            storage: OnceCell::new(),
            publisher: OnceLock::new(),
        }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Largest request, in bytes.
    pub fn request_max_bytes(&self) -> anyhow::Result<usize> {
        let bytes = self.settings.documents.request_max_bytes;
        bytes.try_into().context("REQUEST_MAX_BYTES")
    }

    /// How to reach the broker.
    pub fn endpoint(&self) -> anyhow::Result<Endpoint> {
        Endpoint::new(&self.settings.broker)
    }

    /// The names of queues and exchanges.
    pub fn topology(&self) -> Topology {
        Topology::new(&self.settings.broker, &self.settings.retry)
    }

    /// The publisher of this process. It connects when it first publishes.
    pub fn publisher(&self) -> anyhow::Result<&Publisher> {
        let publisher = Publisher::new(self.endpoint()?, self.topology());
        Ok(self.publisher.get_or_init(|| publisher))
    }

    /// The database, connected.
    pub async fn database(&self) -> anyhow::Result<&Database> {
        self.connect_database(false).await
    }

    /// The database, for a service that starts while it is down: the first statement connects.
    async fn database_when_needed(&self) -> anyhow::Result<&Database> {
        self.connect_database(true).await
    }

    async fn connect_database(&self, lazy: bool) -> anyhow::Result<&Database> {
        let connect = async || Ok(Database::connect(self.settings.database.url()?, lazy).await?);
        self.database.get_or_try_init(connect).await
    }

    /// The bucket. No call is made yet.
    pub async fn storage(&self) -> anyhow::Result<&Storage> {
        let connect = async || Ok(Storage::connect(&self.settings.storage).await?);
        self.storage.get_or_try_init(connect).await
    }

    /// The templates folder, without renderers.
    pub fn catalog(&self) -> Result<Catalog, CatalogError> {
        let documents = &self.settings.documents;
        Catalog::load_with_fonts(&documents.templates_dir, documents.fonts_dir())
    }

    /// How many renderers there are, and what each may use.
    pub fn pool_settings(&self) -> PoolSettings {
        let documents = &self.settings.documents;
        PoolSettings {
            renderers: self.settings.worker.concurrency(),
            timeout: Duration::from_secs(documents.render_timeout_seconds),
            memory_mib: documents.render_memory_mib,
            bulk_share_percent: self.settings.worker.bulk_share_percent,
        }
    }

    /// The templates with their renderers. All samples are rendered first: a broken template keeps the program from
    /// starting, instead of turning requests into dead letters.
    pub async fn templates(&self) -> Result<Arc<LiveTemplates>, TemplatesError> {
        let documents = &self.settings.documents;
        let fonts = documents.fonts_dir();
        let templates = LiveTemplates::start(&documents.templates_dir, fonts, self.pool_settings());
        Ok(Arc::new(templates.await?))
    }

    /// Consumes requests. Broker, bucket and database need not be reachable yet.
    pub async fn worker(&self, templates: Arc<LiveTemplates>) -> anyhow::Result<Service> {
        let database = self.database_when_needed().await?;
        let storage = self.storage().await?;
        let (database_usable, storage_usable) =
            tokio::join!(refuse_wrong_login(database), refuse_wrong_store(storage));
        database_usable.and(storage_usable)?;
        let processor = Processor {
            templates,
            storage: storage.clone(),
            database: database.clone(),
            retry: self.settings.retry.policy(),
            request_max_bytes: self.request_max_bytes()?,
        };
        let consumption = Consumption {
            prefetch: self.settings.worker.prefetch(),
            bulk_prefetch: self.settings.worker.bulk_prefetch(),
            quarantine_after: self.settings.broker.quarantine_after(),
            grace: self.settings.worker.shutdown_grace(),
            worker: worker_name(),
        };
        let worker = Worker::new(self.endpoint()?, self.topology(), consumption, processor);
        Ok(Service::new(async move |stop| {
            Ok(worker.run(&stop).await?)
        }))
    }

    /// Moves dead letters to the archive; none where the settings leave that to another program.
    pub async fn archiver(&self) -> anyhow::Result<Option<Service>> {
        if !self.settings.worker.archive_dead_letters {
            return Ok(None);
        }
        let database = self.database_when_needed().await?.clone();
        let archiver = Archiver::new(self.endpoint()?, self.topology(), database);
        let service = Service::new(async move |stop| Ok(archiver.run(&stop).await?));
        Ok(Some(service))
    }

    /// Loads changed templates: on each hangup signal, and at the interval of the settings.
    pub fn reloader(&self, templates: Arc<LiveTemplates>, mut hangups: Signal) -> Service {
        let interval = Duration::from_secs(self.settings.documents.templates_reload_seconds);
        Service::new(async move |stop| {
            let on_signal = async {
                while hangups.recv().await.is_some() {
                    templates.reload().await;
                }
            };
            let on_change = async {
                if !interval.is_zero() {
                    templates.follow_changes(interval).await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                ((), ()) = async { tokio::join!(on_signal, on_change) } => {}
            }
            Ok(())
        })
    }

    /// Stores what documents are rendered with, so that they can be rendered again after the folder has changed; none where the
    /// settings say that it is kept elsewhere.
    pub async fn template_archiver(
        &self,
        templates: Arc<LiveTemplates>,
    ) -> anyhow::Result<Option<Service>> {
        if !self.settings.documents.archive_templates {
            return Ok(None);
        }
        let storage = self.storage().await?.clone();
        let service = Service::new(async move |stop| {
            template_archive::follow(storage, templates, &stop).await;
            Ok(())
        });
        Ok(Some(service))
    }

    /// Renders documents again, also those of templates that are no longer in the folder.
    pub async fn template_archive(
        &self,
        in_use: Option<Arc<LiveTemplates>>,
    ) -> anyhow::Result<TemplateArchive> {
        let storage = self.storage().await?.clone();
        Ok(TemplateArchive::new(storage, in_use, self.pool_settings()))
    }

    /// Closes connections in order.
    pub async fn close(&self) {
        if let Some(publisher) = self.publisher.get() {
            publisher.close().await;
        }
    }
}

/// A part of the program that works until it is stopped.
pub struct Service(Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, anyhow::Result<()>>>);

impl Service {
    /// A service that works until its token is cancelled.
    pub fn new<F>(run: impl FnOnce(CancellationToken) -> F + 'static) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        Self(Box::new(move |stop| Box::pin(run(stop))))
    }
}

/// Runs services until `shutdown`, or until one of them fails; then all are stopped. Returns the first error.
pub async fn run(
    services: impl IntoIterator<Item = Service>,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let stop = shutdown.child_token();
    let running = services.into_iter().map(async |Service(run)| {
        let result = run(stop.clone()).await;
        if result.is_err() {
            stop.cancel();
        }
        result
    });
    join_all(running).await.into_iter().collect()
}

/// A database that is down comes back, and a missing schema is migrated. A refused login, a database that does not
/// exist, or one of another encoding than UTF-8 are settings to be fixed before anything starts.
async fn refuse_wrong_login(database: &Database) -> anyhow::Result<()> {
    match database.check().await {
        Ok(()) => {}
        Err(error @ (DatabaseError::AccessDenied { .. } | DatabaseError::Encoding(_))) => {
            let problem = format!("cannot be used: {error}");
            return Err(ConfigError {
                variable: "DATABASE_URL",
                problem,
            }
            .into());
        }
        Err(error) => {
            warn!(event = "database_unavailable", %error, "the database cannot be used yet; messages wait for it");
        }
    }
    Ok(())
}

/// A store that is down comes back, and proves then that it honours conditions, before the first document. One that does not
/// honour them is a setting to be fixed before anything starts.
async fn refuse_wrong_store(storage: &Storage) -> anyhow::Result<()> {
    let proof = timeout(STORE_PATIENCE, storage.prove_conditional_writes());
    let error = match proof.await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error @ StorageError::ConditionIgnored)) => {
            let problem = format!("cannot be used: {error}");
            return Err(ConfigError {
                variable: "AWS_ENDPOINT_URL_S3",
                problem,
            }
            .into());
        }
        Ok(Err(error)) => error.to_string(),
        Err(_elapsed) => format!("no answer within {} s", STORE_PATIENCE.as_secs()),
    };
    warn!(
        event = "storage_unavailable",
        error, "the object store cannot be used yet; messages wait for it"
    );
    Ok(())
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

/// Host and process id, as operators look for them.
fn worker_name() -> String {
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    format!("{host}:{}", std::process::id())
}
