//! All metrics. `docs/metrics.md` has the same list; a test compares them.

use super::labels::{
    Connection, Erased, ErasureCause, ErasureEnd, Method, Outcome, RenderPart, RepairWork, Stage,
};

/// A metric.
#[derive(Debug)]
pub struct Metric {
    /// The name in Prometheus.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [Label],
    /// What it says.
    pub help: &'static str,
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// It only grows, until the process ends.
    Counter,
    /// A state.
    Gauge,
    /// How values are distributed over these upper bounds.
    Histogram(&'static [f64]),
}

impl Kind {
    /// The name in Prometheus.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// A label.
#[derive(Debug)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Its values, where this program chooses them; otherwise the help of the metric says what they are.
    pub values: &'static [&'static str],
}

const fn label(name: &'static str, values: &'static [&'static str]) -> Label {
    Label { name, values }
}

/// The lane of a request.
const LANE: Label = label("lane", &["ordinary", "bulk"]);

/// A code of a failure, of which the README has the list.
const CODE: Label = label("code", &[]);

/// Upper bounds of durations, in seconds.
const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The same for what may wait in a queue.
const LONG_SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

const PAGES: &[f64] = &[1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 500.0, 1_000.0];

const BYTES: &[f64] = &[
    10e3, 25e3, 50e3, 100e3, 250e3, 500e3, 1e6, 2.5e6, 5e6, 10e6, 50e6,
];

macro_rules! metrics {
    ($($constant:ident: $kind:expr, $name:literal, [$($label:expr),*], $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $constant: Metric = Metric {
                name: $name,
                kind: $kind,
                labels: &[$($label),*],
                help: $help,
            };
        )+

        /// All of them, in the order of the documentation.
        pub static ALL: &[Metric] = &[$($constant),+];
    };
}

metrics! {
    // What happens to messages.
    MESSAGES: Kind::Counter, "invoice_worker_messages_total", [LANE, label("outcome", Outcome::NAMES), CODE],
        "Messages whose processing has ended, by outcome and by the code of their failure; a retried message counts again.";
    IN_FLIGHT: Kind::Gauge, "invoice_worker_messages_in_flight", [LANE],
        "Messages in work.";
    STAGE_DURATION: Kind::Histogram(SECONDS), "invoice_worker_stage_duration_seconds", [label("stage", Stage::NAMES)],
        "Time of the stages of a message, whether they succeeded or not.";
    RENDER_PART_DURATION: Kind::Histogram(SECONDS), "invoice_worker_render_part_duration_seconds",
        [label("part", RenderPart::NAMES)],
        "Time of the parts of rendering a document: waiting for a renderer, layout, and export.";
    PUBLISH_TO_ACK: Kind::Histogram(LONG_SECONDS), "invoice_worker_publish_to_ack_seconds", [LANE],
        "Time from the timestamp of a message, in whole seconds, to its final acknowledgement, retries included.";
    DOCUMENT_PAGES: Kind::Histogram(PAGES), "invoice_worker_document_pages", [],
        "Pages of the stored documents.";
    DOCUMENT_SIZE: Kind::Histogram(BYTES), "invoice_worker_document_size_bytes", [],
        "Size of the stored documents.";
    RETRIES: Kind::Counter, "invoice_worker_retries_total", [LANE, label("delay", &[])],
        "Messages published to a retry queue, by its delay.";
    DEAD_LETTERS: Kind::Counter, "invoice_worker_dead_letters_total", [LANE, CODE],
        "Messages dead-lettered by this worker, by the code of their failure.";
    DEAD_LETTERS_ARCHIVED: Kind::Counter, "invoice_worker_dead_letters_archived_total", [],
        "Dead letters moved from their queue to the archive by this worker.";
    REPLIES_UNROUTABLE: Kind::Counter, "invoice_worker_replies_unroutable_total", [],
        "Events that reached no queue, because the queue in `reply_to` of their request does not exist.";

    // Repairs of dead letters.
    REPAIRS_IN_WORK: Kind::Gauge, "invoice_worker_repairs_in_work", [label("work", RepairWork::NAMES)],
        "Repairs that this process works on: whose letters it tries, or edits.";
    REPAIR_LETTERS_TRIED: Kind::Counter, "invoice_worker_repair_letters_tried_total",
        [label("verdict", &["would_issue", "conflict", "already_generated", "invalid", "render_failed", "would_fail", "patch_failed",
            "unchanged"])],
        "Dead letters that trials of repairs have tried, by verdict; one that is tried again counts again.";
    REPAIR_LETTERS_APPLIED: Kind::Counter, "invoice_worker_repair_letters_applied_total", [label("result", &["edited", "skipped"])],
        "Dead letters that repairs have edited, and those that were skipped because others had changed them since their trial.";

    // Erasures.
    ERASURES_IN_WORK: Kind::Gauge, "invoice_worker_erasures_in_work", [label("cause", ErasureCause::NAMES)],
        "Erasures that this process runs: on demand of a person, or of requests that are older than `ERASE_REQUESTS_AFTER`.";
    ERASED: Kind::Counter, "invoice_worker_erased_total",
        [label("what", Erased::NAMES), label("cause", ErasureCause::NAMES)],
        "Records and dead letters whose personal data this process has erased, and documents that it has deleted, by cause.";
    ERASURE_RUNS: Kind::Counter, "invoice_worker_erasure_runs_total",
        [label("cause", ErasureCause::NAMES), label("outcome", ErasureEnd::NAMES)],
        "Runs of erasures that have ended in this process, by cause and outcome. One that waits for a server, or for a right of the \
         database, is tried and counted again.";

    // Renderers and templates.
    RENDERERS: Kind::Gauge, "invoice_worker_renderers", [label("state", &["idle", "busy", "starting"])],
        "Renderer processes: without a document, with one, and those that a document waits for while they start.";
    RENDERER_SLOTS: Kind::Gauge, "invoice_worker_renderer_slots", [],
        "Documents that may be rendered at once, before large and slow ones are added.";
    DOCUMENTS_WAITING: Kind::Gauge, "invoice_worker_documents_waiting", [LANE],
        "Documents that wait for a renderer.";
    RENDERER_RESTARTS: Kind::Counter, "invoice_worker_renderer_restarts_total",
        [label("reason", &["large_document", "many_documents", "timed_out", "memory_exceeded", "crashed", "died"])],
        "Renderer processes that were replaced.";
    TEMPLATE_INFO: Kind::Gauge, "invoice_worker_template_info",
        [label("template", &[]), label("version", &[]), label("digest", &[])],
        "The templates in use, each with the value 1.";

    // Calls of the API.
    CALL_DURATION: Kind::Histogram(LONG_SECONDS), "invoice_worker_http_request_duration_seconds",
        [label("method", Method::NAMES), label("route", &[]), label("status", &[])],
        "Time of the calls of the API, by route; calls that wait for a document are among them. `gone` is the status of a call \
         whose connection ended before its answer.";
    CERTIFICATE_EXPIRY: Kind::Gauge, "invoice_worker_http_certificate_expiry_timestamp_seconds", [],
        "When the certificate in use ends, in seconds since 1970; absent without TLS.";
    TOKEN_EXPIRY: Kind::Gauge, "invoice_worker_http_token_expiry_timestamp_seconds", [],
        "When the next of the tokens that have not ended ends, in seconds since 1970; absent where none ends.";

    // The process and what it depends on.
    READY: Kind::Gauge, "invoice_worker_ready", [],
        "1 while /readyz answers 200.";
    HELD_BACK: Kind::Gauge, "invoice_worker_held_back", [CODE],
        "1, with the code of the cause, while no request can be processed until a person fixes it; otherwise 0.";
    COMPONENT_UP: Kind::Gauge, "invoice_worker_component_up",
        [label("component", &["broker", "bucket", "database", "templates"])],
        "1 if the component could be used when it was last looked at; absent before that.";
    RECONNECTS: Kind::Counter, "invoice_worker_reconnects_total", [label("connection", Connection::NAMES)],
        "Connections to the broker that were lost or could not be made.";
    QUEUE_MESSAGES: Kind::Gauge, "invoice_worker_queue_messages", [label("queue", &[])],
        "Messages that wait in a queue of this system, as the broker said at most a minute ago.";
    DATABASE_CONNECTIONS: Kind::Gauge, "invoice_worker_database_connections", [label("state", &["idle", "in_use"])],
        "Connections of the database pool.";
    DATABASE_CONNECTIONS_MAX: Kind::Gauge, "invoice_worker_database_connections_max", [],
        "Largest number of connections of the database pool.";
    BUILD_INFO: Kind::Gauge, "invoice_worker_build_info", [label("version", &[])],
        "The version of the program, with the value 1.";

    // The names that Prometheus' own clients use. Renderers are processes of their own and not included.
    PROCESS_CPU: Kind::Counter, "process_cpu_seconds_total", [],
        "Processor time of this process, without its renderers.";
    PROCESS_RESIDENT_MEMORY: Kind::Gauge, "process_resident_memory_bytes", [],
        "Resident memory of this process, without its renderers.";
    PROCESS_VIRTUAL_MEMORY: Kind::Gauge, "process_virtual_memory_bytes", [],
        "Virtual memory of this process.";
    PROCESS_OPEN_FDS: Kind::Gauge, "process_open_fds", [],
        "Open file descriptors of this process.";
    PROCESS_MAX_FDS: Kind::Gauge, "process_max_fds", [],
        "Largest number of open file descriptors.";
    PROCESS_START_TIME: Kind::Gauge, "process_start_time_seconds", [],
        "When this process started, in seconds since 1970.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use document::{Priority, RestartReason};

    use super::*;

    #[test]
    fn names_are_unique_and_say_kind_and_unit() {
        let names: BTreeSet<&str> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
        for metric in ALL {
            let is_total = metric.name.ends_with("_total");
            assert_eq!(is_total, metric.kind == Kind::Counter, "{}", metric.name);
            if let Kind::Histogram(bounds) = metric.kind {
                assert!(bounds.is_sorted(), "{}", metric.name);
            }
        }
    }

    #[test]
    fn values_of_other_modules_are_listed_completely() {
        assert_eq!(
            RestartReason::ALL.map(RestartReason::as_str),
            RENDERER_RESTARTS.labels[0].values
        );
        assert_eq!(Priority::ALL.map(Priority::as_str), LANE.values);
    }
}
