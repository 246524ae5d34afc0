//! A stage of a message: its span, and its time for the report.

use std::time::Instant;

use super::report::Report;
use crate::telemetry::metrics::Stage;
use crate::telemetry::traces::Span;

/// A stage that is under way.
pub(super) struct Timing {
    stage: Stage,
    began: Instant,
    /// Its span.
    pub(super) span: Span,
}

impl Timing {
    /// The stage begins now.
    pub(super) fn begin(stage: Stage, span: Span) -> Self {
        Self {
            stage,
            began: Instant::now(),
            span,
        }
    }

    /// It has ended, with this code if it failed.
    pub(super) fn end(self, report: &mut Report, code: Option<&'static str>) {
        report.ended(self.stage, self.began);
        self.span.end(code);
    }
}
