//! What the workers have done, as `activity` shows it.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What the workers have done in the last hour, by the minute, or in the last day, by ten minutes. A worker writes each minute
/// within some seconds after its end, so the minute that goes on is not included.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// Whether it is about the last hour or the last day.
    pub span: &'static str,
    /// Minutes of each step; the last one may not be over.
    pub step_minutes: u64,
    /// The end of the last minute that is included.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub until: OffsetDateTime,
    /// All steps together.
    pub total: ActivityStep,
    /// The steps, the oldest first, also those in which nothing was done.
    pub steps: Vec<ActivityStep>,
    /// Why messages were retried, the most frequent code first; empty where none was. Workers of earlier versions do not report it.
    pub retries: Vec<ActivityRetry>,
}

/// Messages that were retried for the same reason. A message that is retried again is counted again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityRetry {
    /// The code of the failure.
    pub code: String,
    /// How many.
    pub count: u64,
    /// When the last one was, by the clock of its worker.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub last_at: OffsetDateTime,
    /// The failure of that one in words, as logs have it; what may quote a request is left out.
    pub detail: String,
}

/// What was done within some time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityStep {
    /// When it begins.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub at: OffsetDateTime,
    /// How many minutes it is long.
    pub minutes: u64,
    /// Messages a minute that were processed for good: generated, generated before, or dead-lettered.
    pub per_minute: f64,
    /// How many messages ended how.
    pub outcomes: ActivityOutcomes,
    /// How long the stages took; those that no message has reached are left out.
    pub stages: Vec<ActivityStage>,
}

/// Messages by how their processing ended. A message that is retried or returned is processed again, and counted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityOutcomes {
    /// The document was rendered, stored and recorded.
    pub generated: u64,
    /// The same request was generated before.
    pub already_generated: u64,
    /// It waits in a retry queue.
    pub retried: u64,
    /// It was dead-lettered.
    pub dead_lettered: u64,
    /// It could not be settled, and returns to its queue.
    pub returned: u64,
}

/// How long a stage took, whether it succeeded or not. Times are counted in buckets, so a percentile differs by up to a tenth; what
/// is less than 0.1 ms is shown as that.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityStage {
    /// `parse`, `look_up`, `render`, `upload`, `record` or `publish`; or `publish_to_ack`, which is the time from the timestamp of
    /// a message, in whole seconds, to its final acknowledgement, retries included.
    pub stage: &'static str,
    /// How many times it was measured.
    pub count: u64,
    /// The time that half of them do not exceed, in milliseconds.
    pub p50_ms: f64,
    /// The time that 95 % of them do not exceed, in milliseconds.
    pub p95_ms: f64,
}
