//! What the log says of a document on its way. While it is reported that the bucket is away, each attempt would say it again, so
//! it is left out then.

use document::{Pdf, RenderJob};
use tracing::info;

use super::failure::Failure;
use crate::duration::milliseconds;
use crate::outages::{self, Server};

/// The request is valid and new.
pub(super) fn started(job: &RenderJob, request_bytes: usize) {
    if outages::is_reported(Server::Bucket) {
        return;
    }
    info!(
        event = "render_started",
        template = job.rendered_with.template,
        lines = job.lines,
        request_bytes,
        "rendering started"
    );
}

/// The PDF is completed.
pub(super) fn rendered(pdf: &Pdf) {
    if outages::is_reported(Server::Bucket) {
        return;
    }
    info!(
        event = "rendered",
        pages = pdf.pages,
        size_bytes = pdf.bytes.len(),
        layout_ms = milliseconds(pdf.layout),
        export_ms = milliseconds(pdf.export),
        "PDF completed"
    );
}

/// One of the events that operators know of the service before. What becomes of the message is logged at its end; what is
/// reported once for all messages is not repeated here.
pub(super) fn upload_failed(failure: &Failure) {
    if failure.is_reported_for_all() {
        return;
    }
    info!(
        event = "upload_failed",
        code = failure.code.as_str(),
        detail = failure.loggable_detail(),
        "document not uploaded"
    );
}
