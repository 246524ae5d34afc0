//! Wiring: from the settings to the parts of the program, each built once.

mod serve;
mod services;
mod templates;
mod usable;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use document::{LiveTemplates, PoolSettings};
use invoice::RequestLimits;
use tokio::signal::unix::Signal;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use self::usable::{refuse_wrong_login, refuse_wrong_store};
use crate::broker::{Endpoint, Publisher, Topology};
use crate::config::Settings;
use crate::database::{Database, DatabaseError};
use crate::dead_letters::Archiver;
use crate::erasure::{self, Retention};
use crate::http::{Ending, Server, health};
use crate::observe::{BrokerWatch, Last, Observed};
use crate::processor::Processor;
use crate::readiness::{Readiness, Rule};
use crate::repairs;
use crate::replays::Runner;
use crate::setup::Setup;
use crate::status::StatusLook;
use crate::storage::Storage;
use crate::telemetry::metrics::Recorder;
use crate::template_archive::{self, TemplateArchive};
use crate::worker::{Consumption, Worker};

pub use serve::Front;
pub use services::{Service, run, shutdown_signal};

/// How long a probe or a scrape may take when the process ends.
const HEALTH_GRACE: Duration = Duration::from_secs(1);

/// The parts that subcommands share. Each is built when it is first asked for, and once.
pub struct App {
    settings: Settings,
    database: OnceCell<Database>,
    storage: OnceCell<Storage>,
    publisher: OnceLock<Publisher>,
    templates: Arc<OnceLock<Arc<LiveTemplates>>>,
    readiness: Readiness,
}

impl App {
    /// An application that has connected to nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            database: OnceCell::new(),
            storage: OnceCell::new(),
            publisher: OnceLock::new(),
            templates: Arc::default(),
            readiness: Readiness::new(),
        }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Limits of a request.
    pub fn request_limits(&self) -> anyhow::Result<RequestLimits> {
        let documents = &self.settings.documents;
        let attachments = documents.attachments_max_bytes.try_into();
        Ok(RequestLimits {
            max_bytes: (documents.request_max_bytes.try_into()).context("REQUEST_MAX_BYTES")?,
            attachments_max_bytes: attachments.context("ATTACHMENTS_MAX_BYTES")?,
            is_strict: documents.request_strict,
        })
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

    /// Refuses settings of the servers that no process can work with, before anything is rendered or logged.
    pub async fn refuse_wrong_settings(&self) -> anyhow::Result<()> {
        self.endpoint()?;
        Database::check_url(self.settings.database.url()?)?;
        self.storage().await?;
        Ok(())
    }

    /// The state of this process.
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
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
            request_limits: self.request_limits()?,
            store_xml: self.settings.documents.store_xml,
        };
        let consumption = Consumption {
            prefetch: self.settings.worker.prefetch(),
            bulk_prefetch: self.settings.worker.bulk_prefetch(),
            quarantine_after: self.settings.broker.quarantine_after(),
            grace: self.settings.worker.shutdown_grace(),
            replies_to_exchange: self.settings.broker.replies_to_exchange,
            worker: process_name(),
        };
        let worker = Worker::new(
            self.endpoint()?,
            self.topology(),
            consumption,
            processor,
            self.readiness.clone(),
        );
        let presence = worker.presence(database.clone());
        Ok(Service::new(async move |stop| {
            // It is reported until its last message is settled.
            let ended = CancellationToken::new();
            let running = async {
                let result = worker.run(&stop).await;
                ended.cancel();
                result
            };
            let (result, ()) = tokio::join!(running, presence.follow(&ended));
            Ok(result?)
        }))
    }

    /// Moves dead letters to the archive; none where the settings leave that to another program.
    pub async fn archiver(&self) -> anyhow::Result<Option<Service>> {
        if !self.settings.worker.archive_dead_letters {
            return Ok(None);
        }
        let database = self.database_when_needed().await?.clone();
        let archiver = Archiver::new(
            self.endpoint()?,
            self.topology(),
            database,
            self.request_limits()?.max_bytes,
        );
        let service = Service::new(async move |stop| Ok(archiver.run(&stop).await?));
        Ok(Some(service))
    }

    /// Runs replays that no process has. Broker and database need not be reachable yet.
    pub async fn replays(&self) -> anyhow::Result<Service> {
        let database = self.database_when_needed().await?.clone();
        let topology = self.topology();
        let publisher = Publisher::new(self.endpoint()?, topology.clone());
        let runner = Runner::new(database, publisher, topology, process_name());
        Ok(Service::new(async move |stop| {
            runner.run(&stop).await;
            Ok(())
        }))
    }

    /// Tries and applies repairs that no process has. Nothing need be reachable yet.
    pub async fn repairs(&self, templates: Arc<LiveTemplates>) -> anyhow::Result<Service> {
        let settings = &self.settings.repairs;
        let runner = repairs::Runner::new(repairs::Parts {
            database: self.database_when_needed().await?.clone(),
            storage: self.storage().await?.clone(),
            templates,
            renderers: PoolSettings {
                renderers: settings.repair_renderers.get().into(),
                ..self.pool_settings()
            },
            limits: self.request_limits()?,
            needs_approval: settings.repair_needs_approval,
            name: process_name(),
        });
        Ok(Service::new(async move |stop| {
            runner.run(&stop).await;
            Ok(())
        }))
    }

    /// Runs erasures that no process has, and those of the retention where the settings have one. Nothing need be reachable yet.
    pub async fn erasures(&self) -> anyhow::Result<Service> {
        let settings = &self.settings.erasure;
        let retention = settings.erase_requests_after.as_ref();
        let runner = erasure::Runner::new(erasure::Parts {
            database: self.database_when_needed().await?.clone(),
            storage: self.storage().await?.clone(),
            patience: self.settings.retry.policy().in_place,
            retention: retention.map(|age| Retention {
                after: age.span,
                text: age.text.clone(),
                rate: settings.erase_requests_per_second.get(),
            }),
            name: process_name(),
        });
        Ok(Service::new(async move |stop| {
            runner.run(&stop).await;
            Ok(())
        }))
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

    /// What this process shows of itself, by the rule of its kind. Metrics are counted from here on, so it is called once.
    pub async fn observed(
        &self,
        rule: Rule,
        broker_watch: BrokerWatch,
    ) -> anyhow::Result<Arc<Observed>> {
        Ok(Arc::new(Observed {
            readiness: self.readiness.clone(),
            rule,
            broker_watch,
            storage: self.storage().await?.clone(),
            database: self.database_when_needed().await?.clone(),
            endpoint: self.endpoint()?,
            topology: self.topology(),
            templates: Arc::clone(&self.templates),
            last: Last::default(),
            recorder: Recorder::install()?,
        }))
    }

    /// Looks at the state of the whole. Nothing need be reachable.
    pub async fn status_look(&self) -> anyhow::Result<StatusLook> {
        let endpoint = self.endpoint()?;
        let url = self.settings.database.url()?;
        Database::check_url(url)?;
        let database = match Database::missing_file(url) {
            // Connecting would make it.
            Some(file) if self.database.get().is_none() => Err(DatabaseError::Unreachable(
                format!("there is no file {file} (DATABASE_URL)"),
            )),
            Some(_) | None => {
                let connecting = self
                    .database
                    .get_or_try_init(async || Database::connect(url, true).await);
                connecting.await.cloned()
            }
        };
        let storage = self.storage().await?.clone();
        Ok(StatusLook::new(
            endpoint,
            self.topology(),
            storage,
            database,
        ))
    }

    /// Makes what is missing. Nothing is asked yet.
    pub async fn setup(&self) -> anyhow::Result<Setup> {
        let database_url = self.settings.database.url()?;
        Database::check_url(database_url)?;
        Ok(Setup {
            endpoint: self.endpoint()?,
            topology: self.topology(),
            storage: self.storage().await?.clone(),
            database_url: database_url.clone(),
        })
    }

    /// Answers what orchestrators and Prometheus ask; none where no address is set. It goes on until all other services have
    /// ended.
    pub async fn health(&self, rule: Rule) -> anyhow::Result<Option<Service>> {
        let Some(address) = self.settings.http.http_addr else {
            return Ok(None);
        };
        let server = Server::bind(address).await?;
        let observed = self.observed(rule, BrokerWatch::ByConsumer).await?;
        let service = Service::new(async move |stop| {
            let router = health::router(Arc::clone(&observed));
            tokio::join!(
                server.run(router, &stop, Ending::at_once(HEALTH_GRACE)),
                observed.keep(&stop)
            );
            Ok(())
        });
        Ok(Some(service))
    }

    /// Closes connections in order.
    pub async fn close(&self) {
        if let Some(publisher) = self.publisher.get() {
            publisher.close().await;
        }
    }
}

/// Host and process id, as operators look for them.
pub fn process_name() -> String {
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    format!("{host}:{}", std::process::id())
}
