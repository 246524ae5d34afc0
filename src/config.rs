//! Settings: from flags, the environment and an `.env` file, in this order.
//!
//! Each flag is the variable's name in lower case: `WORKER_PREFETCH` is `--worker-prefetch`. A variable that is empty is
//! not set.

mod masked;
mod parse;

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, ValueEnum};

pub use masked::{MaskedSecret, MaskedUrl};
pub(crate) use parse::within;

use crate::retry::RetryPolicy;

/// A setting that keeps the program from starting; the message names the variable.
#[derive(Debug, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct ConfigError {
    /// The environment variable.
    pub variable: &'static str,
    /// What is wrong and what to do, as the rest of a sentence.
    pub problem: String,
}

impl ConfigError {
    /// A setting without which the command cannot work.
    pub fn missing(variable: &'static str, example: &str) -> Self {
        Self {
            variable,
            problem: format!("is not set; give it like {variable}={example}"),
        }
    }
}

/// Everything that can be set.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Settings (each also an environment variable)")]
pub struct Settings {
    /// The message broker.
    #[command(flatten)]
    pub broker: BrokerSettings,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The object store.
    #[command(flatten)]
    pub storage: StorageSettings,
    /// Setting documents.
    #[command(flatten)]
    pub documents: DocumentSettings,
    /// The worker itself.
    #[command(flatten)]
    pub worker: WorkerSettings,
    /// Retries.
    #[command(flatten)]
    pub retry: RetrySettings,
    /// Logs.
    #[command(flatten)]
    pub log: LogSettings,
}

/// The message broker.
#[derive(Clone, Debug, Args)]
pub struct BrokerSettings {
    /// RabbitMQ, as amqp:// or amqps:// URL with user, password and virtual host
    #[arg(long, env = "AMQP_URL", value_name = "URL", value_parser = parse::amqp_url, global = true)]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub amqp_url: Option<MaskedUrl>,

    /// Exchange for requests and events; change it to run several systems on one broker
    #[arg(
        long,
        env = "AMQP_EXCHANGE",
        value_name = "NAME",
        default_value = "invoices",
        global = true
    )]
    #[arg(value_parser = parse::name, hide_short_help = true)]
    pub amqp_exchange: String,

    /// Queue of requests; the retry and dead-letter queues are named after it
    #[arg(
        long,
        env = "AMQP_QUEUE",
        value_name = "NAME",
        default_value = "invoice.requests",
        global = true
    )]
    #[arg(value_parser = parse::name, hide_short_help = true)]
    pub amqp_queue: String,

    /// Deliveries of one message before the broker itself dead-letters it; an argument of the queue
    #[arg(
        long,
        env = "DELIVERY_LIMIT",
        value_name = "COUNT",
        default_value_t = 20,
        global = true
    )]
    #[arg(value_parser = parse::within::<u32>(1..=10_000), hide_short_help = true)]
    pub delivery_limit: u32,
}

impl BrokerSettings {
    /// Deliveries after which a worker itself gives a message up as one that kills workers: half of what the broker
    /// allows, so that the dead letter can say why.
    pub fn quarantine_after(&self) -> u32 {
        (self.delivery_limit / 2).max(1)
    }

    /// The broker's URL.
    pub fn url(&self) -> Result<&MaskedUrl, ConfigError> {
        self.amqp_url.as_ref().ok_or_else(|| {
            ConfigError::missing("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/%2f")
        })
    }
}

/// The database.
#[derive(Clone, Debug, Args)]
pub struct DatabaseSettings {
    /// PostgreSQL (postgres://...) or SQLite (sqlite://FILE?mode=rwc)
    #[arg(long, env = "DATABASE_URL", value_name = "URL", value_parser = parse::database_url, global = true)]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub database_url: Option<MaskedUrl>,
}

impl DatabaseSettings {
    /// The database's URL.
    pub fn url(&self) -> Result<&MaskedUrl, ConfigError> {
        let missing =
            || ConfigError::missing("DATABASE_URL", "postgres://user:password@host/invoices");
        self.database_url.as_ref().ok_or_else(missing)
    }
}

/// The object store.
#[derive(Clone, Debug, Args)]
pub struct StorageSettings {
    /// Region of the bucket
    #[arg(
        long,
        env = "AWS_REGION",
        value_name = "REGION",
        default_value = "us-east-1",
        global = true
    )]
    #[arg(value_parser = parse::not_empty, hide_short_help = true)]
    pub aws_region: String,

    /// Access key; without it the AWS default chain is used (roles, profiles)
    #[arg(
        long,
        env = "AWS_ACCESS_KEY_ID",
        value_name = "ID",
        global = true,
        hide_short_help = true
    )]
    pub aws_access_key_id: Option<String>,

    /// Secret of the access key
    #[arg(
        long,
        env = "AWS_SECRET_ACCESS_KEY",
        value_name = "SECRET",
        global = true
    )]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub aws_secret_access_key: Option<MaskedSecret>,

    /// Session token of temporary keys
    #[arg(long, env = "AWS_SESSION_TOKEN", value_name = "TOKEN", global = true)]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub aws_session_token: Option<MaskedSecret>,

    /// Bucket for the documents
    #[arg(
        long,
        env = "AWS_S3_BUCKET_NAME",
        value_name = "NAME",
        default_value = "gdec-orderhub-invoices"
    )]
    #[arg(value_parser = parse::bucket, global = true, hide_short_help = true)]
    pub aws_s3_bucket_name: String,

    /// Endpoint of an S3 server other than AWS
    #[arg(
        long = "aws-endpoint-url-s3",
        env = "AWS_ENDPOINT_URL_S3",
        value_name = "URL",
        global = true
    )]
    #[arg(value_parser = parse::http_url, hide_short_help = true)]
    pub aws_endpoint_url_s3: Option<String>,

    /// Put the bucket into the path, not the host name; most S3 servers other than AWS need it
    #[arg(
        long,
        env = "S3_FORCE_PATH_STYLE",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(default_value_t = false, action = clap::ArgAction::Set, value_parser = parse::boolean)]
    pub s3_force_path_style: bool,
}

impl StorageSettings {
    /// The keys, when both are given.
    pub fn keys(&self) -> Result<Option<(&str, &MaskedSecret)>, ConfigError> {
        let id = self
            .aws_access_key_id
            .as_deref()
            .filter(|id| !id.is_empty());
        let secret = self
            .aws_secret_access_key
            .as_ref()
            .filter(|secret| !secret.is_empty());
        let needs = |variable, other| ConfigError {
            variable,
            problem: format!("is set, but {other} is not; set both or neither"),
        };
        match (id, secret) {
            (Some(id), Some(secret)) => Ok(Some((id, secret))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(needs("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
            (None, Some(_)) => Err(needs("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")),
        }
    }
}

/// Setting documents.
#[derive(Clone, Debug, Args)]
pub struct DocumentSettings {
    /// Folder with the templates
    #[arg(
        long,
        env = "TEMPLATES_DIR",
        value_name = "DIR",
        default_value = "templates",
        global = true
    )]
    #[arg(value_parser = OsStringValueParser::new().try_map(parse::folder), hide_short_help = true)]
    pub templates_dir: PathBuf,

    /// Folder with fonts beside those of the templates; Chinese, Japanese and Korean need one
    #[arg(
        long,
        env = "FONTS_DIR",
        value_name = "DIR",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub fonts_dir: Option<PathBuf>,

    /// Look this often whether templates have changed, in seconds, and load them again; 0 waits for SIGHUP
    #[arg(
        long,
        env = "TEMPLATES_RELOAD_SECONDS",
        value_name = "SECONDS",
        default_value_t = 0,
        global = true
    )]
    #[arg(value_parser = parse::within::<u64>(0..=86_400), hide_short_help = true)]
    pub templates_reload_seconds: u64,

    /// Largest request, in bytes; a larger one is dead-lettered
    #[arg(long, env = "REQUEST_MAX_BYTES", value_name = "BYTES", default_value_t = 1 << 20, global = true)]
    #[arg(value_parser = parse::within::<u32>(1_024..=16 << 20), hide_short_help = true)]
    pub request_max_bytes: u32,

    /// Longest time for setting one document, in seconds
    #[arg(
        long,
        env = "RENDER_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 30,
        global = true
    )]
    #[arg(value_parser = parse::within::<u64>(1..=3_600), hide_short_help = true)]
    pub render_timeout_seconds: u64,

    /// Largest memory of one renderer process, in MiB; ten thousand lines need about 1,500
    #[arg(
        long,
        env = "RENDER_MEMORY_MIB",
        value_name = "MIB",
        default_value_t = 2_048,
        global = true
    )]
    #[arg(value_parser = parse::within::<u64>(128..=1 << 20), hide_short_help = true)]
    pub render_memory_mib: u64,
}

impl DocumentSettings {
    /// The folder with more fonts; a variable that is set to nothing is not set.
    pub fn fonts_dir(&self) -> Option<&Path> {
        let folder = self.fonts_dir.as_deref();
        folder.filter(|folder| !folder.as_os_str().is_empty())
    }
}

/// The worker itself.
#[derive(Clone, Debug, Args)]
pub struct WorkerSettings {
    /// Renderer processes: documents that are set at once [default: number of cores]
    #[arg(
        long,
        env = "WORKER_CONCURRENCY",
        value_name = "COUNT",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::count(1_024))]
    pub worker_concurrency: Option<NonZeroU16>,

    /// Messages that are held at once [default: 16 for each renderer]
    #[arg(
        long,
        env = "WORKER_PREFETCH",
        value_name = "COUNT",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::count(u16::MAX))]
    pub worker_prefetch: Option<NonZeroU16>,

    /// How long messages in work may take to finish after SIGTERM, in seconds
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
    /// Number of renderer processes.
    pub fn concurrency(&self) -> usize {
        match self.worker_concurrency {
            Some(count) => count.get().into(),
            None => std::thread::available_parallelism().map_or(2, Into::into),
        }
    }

    /// Number of unacknowledged messages. Uploads and commits overlap with rendering, so it takes more messages than
    /// renderers to keep the latter busy; but a crash counts as a delivery of every one of them.
    pub fn prefetch(&self) -> u16 {
        match self.worker_prefetch {
            Some(count) => count.get(),
            None => u16::try_from(self.concurrency().saturating_mul(16)).unwrap_or(u16::MAX),
        }
    }

    /// Time to finish after a signal.
    pub fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_grace_seconds)
    }
}

/// Retries.
#[derive(Clone, Debug, Args)]
pub struct RetrySettings {
    /// How long a failing call is repeated while its message is held, in seconds
    #[arg(
        long,
        env = "RETRY_IN_PLACE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 15,
        global = true
    )]
    #[arg(value_parser = parse::within::<u64>(0..=600), hide_short_help = true)]
    pub retry_in_place_seconds: u64,

    /// Delays before the next attempts, in seconds, one delay queue each; the last one is used again and again
    #[arg(
        long,
        env = "RETRY_DELAYS_SECONDS",
        value_name = "LIST",
        value_delimiter = ',',
        global = true
    )]
    #[arg(default_value = "5,30,300", value_parser = parse::within::<u32>(1..=86_400), hide_short_help = true)]
    pub retry_delays_seconds: Vec<u32>,

    /// Age at which a message that still fails is dead-lettered, in seconds
    #[arg(
        long,
        env = "RETRY_MAX_AGE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 86_400,
        global = true
    )]
    #[arg(value_parser = parse::within::<u64>(1..=31_536_000), hide_short_help = true)]
    pub retry_max_age_seconds: u64,
}

impl RetrySettings {
    /// The settings as a policy.
    pub fn policy(&self) -> RetryPolicy {
        RetryPolicy {
            in_place: Duration::from_secs(self.retry_in_place_seconds),
            delays: self
                .retry_delays_seconds
                .iter()
                .map(|seconds| Duration::from_secs((*seconds).into()))
                .collect(),
            max_age: Duration::from_secs(self.retry_max_age_seconds),
        }
    }
}

/// Logs.
#[derive(Clone, Debug, Args)]
pub struct LogSettings {
    /// Form of the log on standard error
    #[arg(
        long,
        env = "LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text",
        global = true
    )]
    #[arg(hide_short_help = true)]
    pub log_format: LogFormat,

    /// What is logged: a level, or directives like info,lapin=debug [default: info; demo: error]
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", global = true)]
    #[arg(value_parser = parse::log_filter, hide_short_help = true)]
    pub rust_log: Option<String>,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl Settings {
    /// Every variable with the value in force, secrets masked; `None` where nothing is set.
    pub fn in_force(&self) -> Vec<(&'static str, Option<String>)> {
        let Self {
            broker,
            database,
            storage,
            documents,
            worker,
            retry,
            log,
        } = self;
        let delays = retry
            .retry_delays_seconds
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",");
        let log_format = match log.log_format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        vec![
            (
                "AMQP_URL",
                broker.amqp_url.as_ref().map(ToString::to_string),
            ),
            ("AMQP_EXCHANGE", Some(broker.amqp_exchange.clone())),
            ("AMQP_QUEUE", Some(broker.amqp_queue.clone())),
            ("DELIVERY_LIMIT", Some(broker.delivery_limit.to_string())),
            (
                "DATABASE_URL",
                database.database_url.as_ref().map(ToString::to_string),
            ),
            ("AWS_REGION", Some(storage.aws_region.clone())),
            ("AWS_ACCESS_KEY_ID", storage.aws_access_key_id.clone()),
            (
                "AWS_SECRET_ACCESS_KEY",
                storage
                    .aws_secret_access_key
                    .as_ref()
                    .map(ToString::to_string),
            ),
            (
                "AWS_SESSION_TOKEN",
                storage.aws_session_token.as_ref().map(ToString::to_string),
            ),
            (
                "AWS_S3_BUCKET_NAME",
                Some(storage.aws_s3_bucket_name.clone()),
            ),
            ("AWS_ENDPOINT_URL_S3", storage.aws_endpoint_url_s3.clone()),
            (
                "S3_FORCE_PATH_STYLE",
                Some(storage.s3_force_path_style.to_string()),
            ),
            (
                "TEMPLATES_DIR",
                Some(documents.templates_dir.display().to_string()),
            ),
            (
                "FONTS_DIR",
                documents
                    .fonts_dir()
                    .map(|folder| folder.display().to_string()),
            ),
            (
                "TEMPLATES_RELOAD_SECONDS",
                Some(documents.templates_reload_seconds.to_string()),
            ),
            (
                "REQUEST_MAX_BYTES",
                Some(documents.request_max_bytes.to_string()),
            ),
            (
                "RENDER_TIMEOUT_SECONDS",
                Some(documents.render_timeout_seconds.to_string()),
            ),
            (
                "RENDER_MEMORY_MIB",
                Some(documents.render_memory_mib.to_string()),
            ),
            ("WORKER_CONCURRENCY", Some(worker.concurrency().to_string())),
            ("WORKER_PREFETCH", Some(worker.prefetch().to_string())),
            (
                "SHUTDOWN_GRACE_SECONDS",
                Some(worker.shutdown_grace_seconds.to_string()),
            ),
            (
                "ARCHIVE_DEAD_LETTERS",
                Some(worker.archive_dead_letters.to_string()),
            ),
            (
                "RETRY_IN_PLACE_SECONDS",
                Some(retry.retry_in_place_seconds.to_string()),
            ),
            ("RETRY_DELAYS_SECONDS", Some(delays)),
            (
                "RETRY_MAX_AGE_SECONDS",
                Some(retry.retry_max_age_seconds.to_string()),
            ),
            ("LOG_FORMAT", Some(log_format.to_owned())),
            (
                "RUST_LOG",
                Some(log.rust_log.clone().unwrap_or_else(|| "info".to_owned())),
            ),
        ]
    }
}
