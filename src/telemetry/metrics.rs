//! Metrics: the functions that the rest of the program calls where something happens, and what Prometheus reads.
//!
//! [`list`] has all metrics. Events are counted with the facade `metrics`, which costs next to nothing unless a
//! [`Recorder`] is installed, as it is in a process that serves HTTP. States are read at each scrape and written with
//! [`Text`]. No label has an identity, an order or a message id: the values of each are few.

mod expiry;
pub mod labels;
pub mod list;
mod process;
mod recorder;
mod text;

use std::time::Duration;

use document::Priority;
use invoice::FailureCode;
use metrics::{counter, gauge, histogram};

pub use expiry::{certificate_in_use, tokens_in_use};
pub use labels::{
    Connection, Erased, ErasureCause, ErasureEnd, Method, Outcome, RenderPart, RepairWork, Stage,
};
pub use list::{ALL, Kind, Metric};
pub use recorder::Recorder;
pub use text::Text;

use crate::duration::compact;

/// The processing of a message has ended.
pub fn message_processed(lane: Priority, outcome: Outcome, code: Option<FailureCode>) {
    // A label without a value is as good as none.
    let code = code.map_or("", FailureCode::as_str);
    let labels = [
        ("lane", lane.as_str()),
        ("outcome", outcome.as_str()),
        ("code", code),
    ];
    counter!(list::MESSAGES.name, &labels).increment(1);
}

/// A stage of a message has ended, well or not.
pub fn stage_ended(stage: Stage, took: Duration) {
    histogram!(list::STAGE_DURATION.name, "stage" => stage.as_str()).record(took.as_secs_f64());
}

/// A part of a document's rendering.
pub fn rendered_part(part: RenderPart, took: Duration) {
    histogram!(list::RENDER_PART_DURATION.name, "part" => part.as_str()).record(took.as_secs_f64());
}

/// A document was stored.
pub fn document_stored(pages: usize, size_bytes: usize) {
    // Both are far below the numbers that a float cannot hold.
    histogram!(list::DOCUMENT_PAGES.name).record(pages as f64);
    histogram!(list::DOCUMENT_SIZE.name).record(size_bytes as f64);
}

/// A message is acknowledged for good, this long after it was published.
pub fn acknowledged(lane: Priority, since_published: Duration) {
    histogram!(list::PUBLISH_TO_ACK.name, "lane" => lane.as_str())
        .record(since_published.as_secs_f64());
}

/// A message waits in a retry queue now.
pub fn retried(lane: Priority, delay: Duration) {
    counter!(list::RETRIES.name, "lane" => lane.as_str(), "delay" => compact(delay)).increment(1);
}

/// A message was dead-lettered.
pub fn dead_lettered(lane: Priority, code: FailureCode) {
    let labels = [("lane", lane.as_str()), ("code", code.as_str())];
    counter!(list::DEAD_LETTERS.name, &labels).increment(1);
}

/// Dead letters were moved to the archive.
pub fn dead_letters_archived(count: usize) {
    counter!(list::DEAD_LETTERS_ARCHIVED.name).increment(count.try_into().unwrap_or(u64::MAX));
}

/// An event reached no queue: the publisher of the request has named one that does not exist.
pub fn reply_unroutable() {
    counter!(list::REPLIES_UNROUTABLE.name).increment(1);
}

/// A trial has found out what would become of a dead letter.
pub fn repair_letter_tried(verdict: &'static str) {
    counter!(list::REPAIR_LETTERS_TRIED.name, "verdict" => verdict).increment(1);
}

/// A repair was applied to a dead letter, which is edited, or skipped.
pub fn repair_letter_applied(result: &'static str) {
    counter!(list::REPAIR_LETTERS_APPLIED.name, "result" => result).increment(1);
}

/// Something was erased.
pub fn erased(what: Erased, cause: ErasureCause) {
    let labels = [("what", what.as_str()), ("cause", cause.as_str())];
    counter!(list::ERASED.name, &labels).increment(1);
}

/// A run of an erasure has ended.
pub fn erasure_ended(cause: ErasureCause, end: ErasureEnd) {
    let labels = [("cause", cause.as_str()), ("outcome", end.as_str())];
    counter!(list::ERASURE_RUNS.name, &labels).increment(1);
}

/// A connection to the broker is lost, or could not be made, and is made again.
pub fn reconnecting(connection: Connection) {
    counter!(list::RECONNECTS.name, "connection" => connection.as_str()).increment(1);
}

/// A call of the API was answered. The route has no identity, as its path has.
pub fn call_answered(method: Method, route: &str, status: u16, took: Duration) {
    call_ended(method, route, status.to_string(), took);
}

/// The connection of a call has ended before its answer.
pub fn call_abandoned(method: Method, route: &str, took: Duration) {
    call_ended(method, route, "gone".to_owned(), took);
}

fn call_ended(method: Method, route: &str, status: String, took: Duration) {
    let labels = [
        ("method", method.as_str().to_owned()),
        ("route", route.to_owned()),
        ("status", status),
    ];
    histogram!(list::CALL_DURATION.name, &labels).record(took.as_secs_f64());
}

/// A message in work, until it is dropped.
#[must_use]
pub struct InFlight(Priority);

impl InFlight {
    /// Work on a message begins.
    pub fn begin(lane: Priority) -> Self {
        gauge!(list::IN_FLIGHT.name, "lane" => lane.as_str()).increment(1.0);
        Self(lane)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!(list::IN_FLIGHT.name, "lane" => self.0.as_str()).decrement(1.0);
    }
}

/// A repair that this process works on, until it is dropped.
#[must_use]
pub struct RepairInWork(RepairWork);

impl RepairInWork {
    /// Work on a repair begins.
    pub fn begin(work: RepairWork) -> Self {
        gauge!(list::REPAIRS_IN_WORK.name, "work" => work.as_str()).increment(1.0);
        Self(work)
    }
}

impl Drop for RepairInWork {
    fn drop(&mut self) {
        gauge!(list::REPAIRS_IN_WORK.name, "work" => self.0.as_str()).decrement(1.0);
    }
}

/// An erasure that this process runs, until it is dropped.
#[must_use]
pub struct ErasureInWork(ErasureCause);

impl ErasureInWork {
    /// An erasure begins, or goes on.
    pub fn begin(cause: ErasureCause) -> Self {
        gauge!(list::ERASURES_IN_WORK.name, "cause" => cause.as_str()).increment(1.0);
        Self(cause)
    }
}

impl Drop for ErasureInWork {
    fn drop(&mut self) {
        gauge!(list::ERASURES_IN_WORK.name, "cause" => self.0.as_str()).decrement(1.0);
    }
}

/// Series that are there before anything has happened, so that their first increase is seen as one.
fn announce() {
    for lane in Priority::ALL {
        gauge!(list::IN_FLIGHT.name, "lane" => lane.as_str()).set(0.0);
        for outcome in Outcome::ALL {
            if outcome.is_without_code() {
                let labels = [
                    ("lane", lane.as_str()),
                    ("outcome", outcome.as_str()),
                    ("code", ""),
                ];
                counter!(list::MESSAGES.name, &labels).increment(0);
            }
        }
        // An alert looks at its increase. The other codes are too many.
        let labels = [
            ("lane", lane.as_str()),
            ("outcome", Outcome::Retried.as_str()),
            ("code", FailureCode::EventRefused.as_str()),
        ];
        counter!(list::MESSAGES.name, &labels).increment(0);
    }
    for connection in Connection::ALL {
        counter!(list::RECONNECTS.name, "connection" => connection.as_str()).increment(0);
    }
    for work in RepairWork::ALL {
        gauge!(list::REPAIRS_IN_WORK.name, "work" => work.as_str()).set(0.0);
    }
    for verdict in list::REPAIR_LETTERS_TRIED.labels[0].values {
        counter!(list::REPAIR_LETTERS_TRIED.name, "verdict" => *verdict).increment(0);
    }
    for result in list::REPAIR_LETTERS_APPLIED.labels[0].values {
        counter!(list::REPAIR_LETTERS_APPLIED.name, "result" => *result).increment(0);
    }
    for cause in ErasureCause::ALL {
        gauge!(list::ERASURES_IN_WORK.name, "cause" => cause.as_str()).set(0.0);
        for what in Erased::ALL {
            let labels = [("what", what.as_str()), ("cause", cause.as_str())];
            counter!(list::ERASED.name, &labels).increment(0);
        }
        for end in ErasureEnd::ALL {
            let labels = [("cause", cause.as_str()), ("outcome", end.as_str())];
            counter!(list::ERASURE_RUNS.name, &labels).increment(0);
        }
    }
    counter!(list::DEAD_LETTERS_ARCHIVED.name).increment(0);
    counter!(list::REPLIES_UNROUTABLE.name).increment(0);
}
