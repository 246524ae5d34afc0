//! What the spans of a request say.

use document::{Pdf, RenderJob};

use super::failure::Failure;
use crate::telemetry::names::{self, span};
use crate::telemetry::traces;

/// The table of the records.
pub(super) const TABLE: &str = "sales_invoice";

/// The code of a failure, for spans.
pub(super) fn code<T>(result: &Result<T, Failure>) -> Option<&'static str> {
    result.as_ref().err().map(|failure| failure.code.as_str())
}

pub(super) fn describe_job(span: &traces::Span, job: &RenderJob) {
    if span.is_recording() {
        span.set(names::TEMPLATE, job.rendered_with.template.clone());
        span.set(names::TEMPLATE_VERSION, job.rendered_with.version.clone());
        span.count(names::LINES, job.lines);
    }
}

/// What the renderer process did is a span of its own.
pub(super) fn describe_rendering(span: &traces::Span, job: &RenderJob, pdf: &Pdf) {
    let Some(run) = pdf.renderer.filter(|_| span.is_recording()) else {
        return;
    };
    span.count(names::PAGES, pdf.pages);
    let process = span.past(span::RENDERER, run.began, run.took);
    if let Some(pid) = run.pid {
        process.set(names::PROCESS_PID, i64::from(pid));
    }
    process.set(names::TEMPLATE, job.rendered_with.template.clone());
    process.count(names::PAGES, pdf.pages);
    process.set(names::LAYOUT_SECONDS, pdf.layout.as_secs_f64());
    process.set(names::EXPORT_SECONDS, pdf.export.as_secs_f64());
    process.end();
}
