//! The table `worker`: one row for each worker that runs, and for those that were killed until they are forgotten.

use std::collections::BTreeMap;

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A row of `worker`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "worker")]
pub struct Model {
    /// Key of the row: a UUID of the process. Names of processes are used again.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Its machine or container.
    #[sea_orm(column_type = "Text")]
    pub host: String,
    /// Its process id there.
    pub pid: i64,
    /// The version of the program.
    pub version: String,
    /// When it started, by its own clock.
    pub started_at: OffsetDateTime,
    /// When it last reported, in milliseconds since 1970 by the clock of the database.
    pub seen_at_ms: i64,
    /// What it is doing: a name of [`Phase`](crate::readiness::Phase).
    pub state: String,
    /// Since when, by its own clock.
    pub state_since: OffsetDateTime,
    /// Why it holds back, if it does: a code.
    pub code: Option<String>,
    /// What a server said about that; earlier versions do not write it.
    #[sea_orm(column_type = "Text", nullable)]
    pub detail: Option<String>,
    /// Ordinary messages that it has received and not settled.
    pub ordinary_in_work: i64,
    /// The same of bulk messages.
    pub bulk_in_work: i64,
    /// Ordinary messages that it takes at once.
    pub prefetch: i64,
    /// The same of bulk messages.
    pub bulk_prefetch: i64,
    /// The servers that are away, as JSON.
    #[sea_orm(column_type = "Text")]
    pub outages: String,
    /// The oldest request that it has put into each retry queue and that may still be there, and the oldest one of each queue of
    /// requests that it has in work, as JSON.
    #[sea_orm(column_type = "Text")]
    pub retries: String,
    /// Digest of all files of the templates that it has loaded, hexadecimal; none in rows of earlier versions.
    pub templates: Option<String>,
    /// Its [`Renderers`] as JSON; none in rows of earlier versions.
    #[sea_orm(column_type = "Text", nullable)]
    pub renderers: Option<String>,
}

/// The renderer processes of a worker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Renderers {
    /// Documents that it renders at once, before large and slow ones are added.
    pub slots: u64,
    /// Processes without a document.
    pub idle: u64,
    /// Processes that render one.
    pub busy: u64,
    /// Processes that a document waits for, because they still load the templates.
    pub starting: u64,
    /// Documents that wait for a renderer.
    pub waiting: u64,
    /// How often it has replaced one, by the reason.
    pub restarts: BTreeMap<String, u64>,
}

/// A server that is away for a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// `broker`, `bucket` or `database`.
    pub server: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// The error.
    pub error: String,
    /// Messages of this worker that wait for it.
    pub waiting: u64,
}

/// When the oldest request of each retry queue was first received, and when the oldest one in work was published.
pub type OldestRetries = BTreeMap<String, OldestRetry>;

/// When a request was first received, or published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OldestRetry(#[serde(with = "time::serde::rfc3339")] pub OffsetDateTime);

impl Model {
    /// The servers that are away. What a later version writes differently is left out.
    pub fn outages(&self) -> Vec<Away> {
        serde_json::from_str(&self.outages).unwrap_or_default()
    }

    /// Its renderers; none where they are not reported.
    pub fn renderers(&self) -> Option<Renderers> {
        serde_json::from_str(self.renderers.as_deref()?).ok()
    }

    /// The oldest requests of retry queues, and in work.
    pub fn retries(&self) -> OldestRetries {
        serde_json::from_str(&self.retries).unwrap_or_default()
    }
}

/// Nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
