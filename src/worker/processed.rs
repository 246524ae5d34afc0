//! The end of a message: one log event with everything, and metrics and the worker's activity from the same report.

use std::time::{Duration, Instant};

use document::Priority;
use time::OffsetDateTime;
use tracing::{debug, info};

use crate::activity::{Done, Minutes, Retry};
use crate::duration::milliseconds;
use crate::processor::{Message, Outcome, Report};
use crate::telemetry::metrics::{self, InFlight, RenderPart, Stage};
use invoice::FailureCode;

/// What is known of a message at its end.
pub(super) struct Journal {
    began: Instant,
    published_at: Option<OffsetDateTime>,
    /// What was done for it.
    pub(super) report: Report,
    outcome: metrics::Outcome,
    code: Option<FailureCode>,
    retry_after: Option<Duration>,
    /// Why it is retried, for the figures of the worker.
    retry: Option<Retry>,
    /// Whether the log says once for all messages why it is retried.
    is_reported_for_all: bool,
    _in_flight: InFlight,
}

impl Journal {
    /// Of a message whose work begins, and that was published at this moment, if that is known and to be measured.
    pub(super) fn begin(message: &Message, published_at: Option<OffsetDateTime>) -> Self {
        Self {
            began: Instant::now(),
            published_at,
            report: Report::default(),
            outcome: metrics::Outcome::Returned,
            code: None,
            retry_after: None,
            retry: None,
            is_reported_for_all: false,
            _in_flight: InFlight::begin(message.priority),
        }
    }

    /// What becomes of the message, once that is carried out.
    pub(super) fn decided(&mut self, outcome: &Outcome) {
        self.is_reported_for_all =
            matches!(outcome, Outcome::Retry { failure, .. } if failure.is_reported_for_all());
        self.retry = match outcome {
            Outcome::Retry { failure, .. } => Some(Retry {
                code: failure.code.as_str(),
                detail: failure.loggable_detail().to_owned(),
            }),
            Outcome::Ack | Outcome::DeadLetter { .. } => None,
        };
        (self.outcome, self.code, self.retry_after) = match outcome {
            Outcome::Ack if self.report.already_generated => {
                (metrics::Outcome::AlreadyGenerated, None, None)
            }
            Outcome::Ack => (metrics::Outcome::Generated, None, None),
            Outcome::Retry { after, failure } => {
                (metrics::Outcome::Retried, Some(failure.code), Some(*after))
            }
            Outcome::DeadLetter { failure } => {
                (metrics::Outcome::DeadLettered, Some(failure.code), None)
            }
        };
    }

    /// Whether it is processed for good.
    pub(super) fn is_final(&self) -> bool {
        self.outcome.is_final()
    }

    /// The message is settled, or could not be: then it returns to its queue, whatever was decided.
    pub(super) fn end(mut self, message: &Message, is_settled: bool, minutes: &Minutes) {
        if !is_settled {
            (self.outcome, self.code, self.retry_after) = (metrics::Outcome::Returned, None, None);
            self.retry = None;
        }
        self.log(message);
        let now = OffsetDateTime::now_utc();
        let published_at = self.published_at.filter(|_| self.outcome.is_final());
        // Of a clock that is ahead there is nothing to say.
        let publish_to_ack = published_at.and_then(|at| (now - at).try_into().ok());
        self.count(message.priority, publish_to_ack);
        let done = Done {
            outcome: self.outcome,
            stages: Stage::ALL.map(|stage| self.report.stage(stage)),
            publish_to_ack,
            retry: self.retry.take(),
        };
        minutes.record(now, &done);
    }

    fn log(&self, message: &Message) {
        let report = &self.report;
        let stage_ms = |stage| report.stage(stage).map(milliseconds);
        let part_ms = |part| report.part(part).map(milliseconds);
        if self.is_reported_for_all {
            debug!(
                event = "attempt_ended",
                outcome = self.outcome.as_str(),
                code = self.code.map(FailureCode::as_str),
                total_ms = milliseconds(self.began.elapsed()),
                "a server is away, or the worker holds back; the message waits"
            );
            return;
        }
        info!(
            event = "processed",
            outcome = self.outcome.as_str(),
            code = self.code.map(FailureCode::as_str),
            retry_after_seconds = self.retry_after.map(|after| after.as_secs()),
            trace_id = message.trace_id(),
            template = report.template.as_deref(),
            template_version = report.template_version.as_deref(),
            lines = report.lines,
            pages = report.pages,
            request_bytes = report.request_bytes,
            size_bytes = report.size_bytes,
            parse_ms = stage_ms(Stage::Parse),
            look_up_ms = stage_ms(Stage::LookUp),
            render_ms = stage_ms(Stage::Render),
            wait_ms = part_ms(RenderPart::Wait),
            layout_ms = part_ms(RenderPart::Layout),
            export_ms = part_ms(RenderPart::Export),
            upload_ms = stage_ms(Stage::Upload),
            record_ms = stage_ms(Stage::Record),
            publish_ms = stage_ms(Stage::Publish),
            total_ms = milliseconds(self.began.elapsed()),
            "message processed"
        );
    }

    fn count(&self, lane: Priority, publish_to_ack: Option<Duration>) {
        let report = &self.report;
        metrics::message_processed(lane, self.outcome, self.code);
        for stage in Stage::ALL {
            if let Some(took) = report.stage(stage) {
                metrics::stage_ended(stage, took);
            }
        }
        for part in RenderPart::ALL {
            if let Some(took) = report.part(part) {
                metrics::rendered_part(part, took);
            }
        }
        match self.outcome {
            metrics::Outcome::Generated => {
                if let (Some(pages), Some(size_bytes)) = (report.pages, report.size_bytes) {
                    metrics::document_stored(pages, size_bytes);
                }
            }
            metrics::Outcome::Retried => {
                metrics::retried(lane, self.retry_after.unwrap_or_default());
            }
            metrics::Outcome::DeadLettered => {
                if let Some(code) = self.code {
                    metrics::dead_lettered(lane, code);
                }
            }
            metrics::Outcome::AlreadyGenerated | metrics::Outcome::Returned => {}
        }
        if let Some(waited) = publish_to_ack {
            metrics::acknowledged(lane, waited);
        }
    }
}
