//! Servers that are not given are embedded: a SQLite file instead of PostgreSQL, a folder served over the S3 protocol instead
//! of a bucket. The worker uses the same SDK and the same SeaORM as in production.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use anyhow::Context as _;

use invoice_worker::app::App;
use invoice_worker::config::{EffectiveSettings, MaskedSecret, MaskedUrl, Settings};
use invoice_worker::output::file::create_private_folder;

use crate::s3::{Credentials, S3Server};

/// Keys of the embedded object store, which listens on this machine only.
const LOCAL_KEY_ID: &str = "local";
const LOCAL_SECRET: &str = "local-secret";

/// An address of this machine at which nothing listens: this port, if it is free.
pub(crate) fn free_address(preferred: u16) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, preferred))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    listener.local_addr()
}

/// Servers that were started, and settings that use them.
pub struct Environment {
    /// The application with the settings given, completed.
    pub app: App,
    /// Those given, for worker processes.
    given: Vec<(String, OsString)>,
    s3: Option<S3Server>,
}

impl Environment {
    /// Starts what is missing, creates the bucket and migrates the database.
    pub async fn start(
        mut settings: Settings,
        effective: &EffectiveSettings,
        data: &Path,
    ) -> anyhow::Result<Self> {
        // Before anything is made: without a broker there is nothing to do.
        settings.broker.url()?;
        create_private_folder(data).with_context(|| format!("cannot create {}", data.display()))?;
        let data = data.canonicalize()?;
        if settings.database.database_url.is_none() {
            let url = format!("sqlite://{}?mode=rwc", data.join("invoices.db").display());
            settings.database.database_url = Some(MaskedUrl::new(&url));
        }
        let mut s3 = None;
        if settings.storage.aws_endpoint_url_s3.is_none() {
            let server = start_s3(&data.join("s3")).await?;
            let storage = &mut settings.storage;
            storage.aws_endpoint_url_s3 = Some(server.endpoint());
            storage.aws_access_key_id = Some(LOCAL_KEY_ID.to_owned());
            storage.aws_secret_access_key = Some(MaskedSecret::from(LOCAL_SECRET));
            storage.aws_session_token = None;
            storage.s3_force_path_style = true;
            s3 = Some(server);
        }
        let app = App::new(settings);
        app.storage().await?.create_bucket().await?;
        app.database().await?.migrate().await?;
        let given = effective
            .for_child()
            .map(|(variable, value)| (variable.to_owned(), value.clone()));
        Ok(Self {
            app,
            given: given.collect(),
            s3,
        })
    }

    /// All settings, for a worker process.
    pub(crate) fn variables(&self) -> Vec<(String, OsString)> {
        let worker = &self.app.settings().worker;
        let documents = &self.app.settings().documents;
        let own = [
            ("WORKER_CONCURRENCY", worker.concurrency().to_string()),
            ("WORKER_PREFETCH", worker.prefetch().to_string()),
            (
                "ARCHIVE_DEAD_LETTERS",
                worker.archive_dead_letters.to_string(),
            ),
            (
                "TEMPLATES_RELOAD_SECONDS",
                documents.templates_reload_seconds.to_string(),
            ),
        ];
        let completed = self.exports().into_iter().chain(own);
        let completed = completed.map(|(variable, value)| (variable.to_owned(), value.into()));
        let templates = (documents.templates_dir.iter())
            .map(|folder| ("TEMPLATES_DIR".to_owned(), folder.clone().into()));
        let given = self.given.iter().cloned();
        given.chain(completed).chain(templates).collect()
    }

    /// The same, without a line in the log for each document unless `RUST_LOG` asks for it.
    pub(crate) fn quiet_variables(&self) -> Vec<(String, OsString)> {
        let mut variables = self.variables();
        if !variables.iter().any(|(variable, _)| variable == "RUST_LOG") {
            variables.push(("RUST_LOG".to_owned(), "error".into()));
        }
        variables
    }

    /// Variables that another program needs, secrets included: these are secrets of this machine only, or were given by the
    /// user who reads them.
    pub fn exports(&self) -> Vec<(&'static str, String)> {
        let Settings {
            broker,
            database,
            storage,
            ..
        } = self.app.settings();
        let exposed = |url: &Option<MaskedUrl>| url.as_ref().map(|url| url.expose().to_owned());
        let all = [
            ("AMQP_URL", exposed(&broker.amqp_url)),
            ("AMQP_EXCHANGE", Some(broker.amqp_exchange.clone())),
            ("AMQP_QUEUE", Some(broker.amqp_queue.clone())),
            ("DATABASE_URL", exposed(&database.database_url)),
            ("AWS_ENDPOINT_URL_S3", storage.aws_endpoint_url_s3.clone()),
            ("AWS_REGION", Some(storage.aws_region.clone())),
            ("AWS_ACCESS_KEY_ID", storage.aws_access_key_id.clone()),
            (
                "AWS_SECRET_ACCESS_KEY",
                storage
                    .aws_secret_access_key
                    .as_ref()
                    .map(|secret| secret.expose().to_owned()),
            ),
            (
                "AWS_S3_BUCKET_NAME",
                Some(storage.aws_s3_bucket_name.clone()),
            ),
            (
                "S3_FORCE_PATH_STYLE",
                Some(storage.s3_force_path_style.to_string()),
            ),
        ];
        all.into_iter()
            .filter_map(|(variable, value)| Some((variable, value?)))
            .collect()
    }

    /// Stops what was started.
    pub async fn stop(self) {
        self.app.close().await;
        if let Some(s3) = self.s3 {
            s3.stop().await;
        }
    }
}

async fn start_s3(folder: &Path) -> anyhow::Result<S3Server> {
    let credentials = Credentials {
        access_key_id: LOCAL_KEY_ID.to_owned(),
        secret_access_key: LOCAL_SECRET.into(),
    };
    let listen = (Ipv4Addr::LOCALHOST, 0).into();
    S3Server::start(folder, listen, credentials)
        .await
        .context("cannot start the embedded object store")
}
