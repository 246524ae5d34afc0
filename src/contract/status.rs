//! The state of the whole, as `status` shows it.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What waits, who works on it, and whether the servers answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// When it was looked at.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub at: OffsetDateTime,
    /// What is wrong now; empty where nothing is.
    pub problems: Vec<StatusProblem>,
    /// The servers, as this process reaches them.
    pub servers: Vec<ServerStatus>,
    /// The two lanes of requests; null where the broker could not be asked.
    pub lanes: Option<Vec<LaneStatus>>,
    /// The queue of dead letters that are not archived yet; null where the broker could not be asked.
    pub dead_letter_queue: Option<QueueStatus>,
    /// The workers that report themselves, every ten seconds and when their state changes, and those that were lost within the
    /// last hour; null where the database could not be asked.
    pub workers: Option<Vec<WorkerStatus>>,
    /// Which templates the workers that run have loaded, those of most workers first: more than one entry where they differ, as
    /// they do while a new version is rolled out. Null where the database could not be asked.
    pub templates: Option<Vec<LoadedTemplates>>,
    /// The archive of dead letters; null where the database could not be asked.
    pub dead_letters: Option<OpenDeadLetters>,
    /// How many documents are generated; null where the database could not be asked.
    pub documents: Option<GeneratedDocuments>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusProblem {
    /// `server_down`, `held_back`, `no_worker`, `not_consuming` (workers run, and none consumes), `queue_missing`,
    /// `queue_unavailable` or `outage`.
    pub code: &'static str,
    /// What is wrong, and what to do.
    pub detail: String,
}

/// A server.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerStatus {
    /// `broker`, `bucket` or `database`.
    pub name: &'static str,
    /// Whether it answers and can be used.
    pub up: bool,
    /// How long the answer took.
    pub latency_ms: u64,
    /// Why it cannot be used.
    pub error: Option<String>,
}

/// A queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueStatus {
    /// Its name.
    pub queue: String,
    /// Messages that wait in it; null where there is no such queue, or it cannot be looked at.
    pub ready: Option<u32>,
    /// Why it cannot be looked at, where there may be such a queue.
    pub error: Option<String>,
    /// Its consumers.
    pub consumers: u32,
}

/// One of the two ways of a request to the workers.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LaneStatus {
    /// `ordinary` or `bulk`.
    pub lane: &'static str,
    /// Its queue of requests.
    pub requests: QueueStatus,
    /// Messages that workers have received and not settled, as they have reported it, up to ten seconds ago; null where none
    /// reports.
    pub unacknowledged: Option<u64>,
    /// When the oldest request that workers have in work was published, or first received where it has no timestamp, as they have
    /// reported it, up to ten seconds ago; null where they have none. What waits in the queue is younger, unless it was replayed or
    /// returned.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub oldest_in_work_at: Option<OffsetDateTime>,
    /// Its retry queues.
    pub retries: Vec<RetryQueueStatus>,
}

/// A queue in which messages wait for their next attempt.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetryQueueStatus {
    /// Its name.
    pub queue: String,
    /// How long each message waits in it.
    pub delay_seconds: u64,
    /// Messages that wait in it; null where there is no such queue, or it cannot be looked at.
    pub ready: Option<u32>,
    /// Why it cannot be looked at, where there may be such a queue.
    pub error: Option<String>,
    /// When a worker first received the oldest request in it, of those that running workers have put there; null where they
    /// have put none there.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub oldest_request_at: Option<OffsetDateTime>,
}

/// A worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerStatus {
    /// Its machine or container.
    pub host: String,
    /// Its process id there.
    pub pid: i64,
    /// The version of the program.
    pub version: String,
    /// `starting`, `working`, `connecting`, `held_back` or `draining`; `lost` if it has not reported for half a minute.
    pub state: String,
    /// Since when; of a lost worker, when it last reported.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub since: OffsetDateTime,
    /// Why it holds back: a code.
    pub code: Option<String>,
    /// What a server said about that, if the worker knows it.
    pub detail: Option<String>,
    /// When it started.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub started_at: OffsetDateTime,
    /// When it last reported.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub last_seen_at: OffsetDateTime,
    /// Messages that it has received and not settled, of both lanes, when it last reported.
    pub unacknowledged: u64,
    /// Ordinary messages that it takes at once.
    pub prefetch: i64,
    /// Digest of all files of the templates that it had loaded when it last reported, hexadecimal; null for a worker of an earlier
    /// version.
    pub templates: Option<String>,
    /// Its renderer processes when it last reported; null for a lost worker, and for one of an earlier version.
    pub renderers: Option<RendererStatus>,
    /// Servers that were away for it when it last reported, up to ten seconds ago.
    pub outages: Vec<OutageStatus>,
}

/// The renderer processes of a worker, each of which renders one document at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RendererStatus {
    /// Documents that it renders at once, before large and slow ones are added.
    pub slots: u64,
    /// Processes without a document.
    pub idle: u64,
    /// Processes that render a document; they may be more than the slots while there are large or slow documents.
    pub busy: u64,
    /// Processes that a document waits for, because they still load the templates.
    pub starting: u64,
    /// Documents that wait for a renderer, of both lanes.
    pub waiting: u64,
    /// Why processes were replaced since the worker started; empty where none was.
    pub restarts: Vec<RendererRestarts>,
}

/// Renderer processes that were replaced for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RendererRestarts {
    /// `large_document` and `many_documents` are planned; `timed_out`, `memory_exceeded`, `crashed` and `died` are failures.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// Templates that workers have loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LoadedTemplates {
    /// Digest of all files, hexadecimal.
    pub digest: String,
    /// How many workers have loaded them.
    pub workers: u64,
}

/// A server that is away for a worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutageStatus {
    /// `broker`, `bucket` or `database`.
    pub server: String,
    /// Since when.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub since: OffsetDateTime,
    /// The error.
    pub error: String,
    /// Messages of this worker that wait for it.
    pub waiting: u64,
}

/// Dead letters that wait for a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenDeadLetters {
    /// How many.
    pub open: u64,
    /// By their code, the most frequent first.
    pub codes: Vec<OpenDeadLetterCode>,
}

/// Open dead letters with the same code.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenDeadLetterCode {
    /// The code of the failure.
    pub code: String,
    /// How many.
    pub open: u64,
    /// When the oldest one failed.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub oldest_at: OffsetDateTime,
    /// When the newest one failed.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub newest_at: OffsetDateTime,
}

/// Documents that were generated in the last minutes.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeneratedDocuments {
    /// In the last minute.
    pub last_minute: u64,
    /// In the last five minutes.
    pub last_five_minutes: u64,
}
