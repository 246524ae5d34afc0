//! Settings: from flags, the environment and an `.env` file, in this order.
//!
//! Each flag is the variable's name in lower case: `WORKER_PREFETCH` is `--worker-prefetch`. A variable that is empty is
//! not set.

mod broker;
mod database;
mod documents;
mod doubts;
mod effective;
mod erasure;
mod http;
mod log;
mod masked;
mod objects;
mod parse;
mod repairs;
mod retry;
pub mod source;
mod storage;
mod traces;
mod worker;

use clap::Args;

pub use broker::BrokerSettings;
pub use database::DatabaseSettings;
pub use documents::DocumentSettings;
pub use doubts::Doubt;
pub use effective::{EffectiveSettings, effective};
pub use erasure::{Age, ErasureSettings};
pub use http::HttpSettings;
pub use log::{LogFormat, LogSettings};
pub use masked::{MaskedSecret, MaskedUrl};
pub use objects::{Encryption, LockMode, ObjectSettings, ObjectTag, Opening, RetentionYears};
pub use parse::within;
pub use repairs::RepairSettings;
pub use retry::RetrySettings;
pub use storage::StorageSettings;
pub use traces::{TraceSampler, TraceSettings, Tracing};
pub use worker::WorkerSettings;

/// A setting that keeps the program from starting; the message names the variable.
#[derive(Debug, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct ConfigError {
    /// The environment variable.
    pub variable: &'static str,
    /// What is wrong and what to do, as the rest of a sentence that begins with the variable.
    pub problem: String,
}

impl ConfigError {
    /// A required setting is missing.
    pub fn missing(variable: &'static str, example: &str) -> Self {
        Self {
            variable,
            problem: format!("is not set; set it, for example {variable}={example}"),
        }
    }
}

/// Everything that can be set.
#[derive(Clone, Debug, Args)]
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
    /// Rendering.
    #[command(flatten)]
    pub documents: DocumentSettings,
    /// The worker itself.
    #[command(flatten)]
    pub worker: WorkerSettings,
    /// Retries.
    #[command(flatten)]
    pub retry: RetrySettings,
    /// Repairs of dead letters.
    #[command(flatten)]
    pub repairs: RepairSettings,
    /// Erasing personal data of old requests.
    #[command(flatten)]
    pub erasure: ErasureSettings,
    /// The HTTP server.
    #[command(flatten)]
    pub http: HttpSettings,
    /// Logs.
    #[command(flatten)]
    pub log: LogSettings,
    /// Traces.
    #[command(flatten)]
    pub traces: TraceSettings,
}

impl Settings {
    /// What of the settings contradicts each other, and keeps nothing from working.
    pub fn contradictions(&self) -> Vec<Doubt> {
        doubts::contradictions(&self.retry, &self.worker, &self.documents)
    }
}
