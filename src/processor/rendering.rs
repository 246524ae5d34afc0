//! From a request to its document.

use std::time::Instant;

use document::faults::{self, Step};
use document::{Pdf, RenderJob, RenderedWith};
use invoice::Invoice;

use super::Processor;
use super::failure::Failure;
use super::message::Message;
use super::progress;
use super::report::Report;
use super::request::Request;
use super::spans::{describe_job, describe_rendering};
use crate::e_invoices::embedded;
use crate::telemetry::traces;

impl Processor {
    /// The document with its e-invoice in it, and what it was rendered with.
    pub(super) async fn render(
        &self,
        message: &Message,
        request: &Request<'_>,
        invoice: &Invoice,
        report: &mut Report,
        span: &traces::Span,
    ) -> Result<(Pdf, RenderedWith), Failure> {
        // One snapshot for the document and its record, whatever is loaded meanwhile.
        let templates = self.templates.current();
        let prepared = RenderJob::prepare(&templates.catalog, invoice);
        let mut job = prepared.map_err(Failure::render)?;
        job.priority = message.priority;
        report.rendering(&job);
        describe_job(span, &job);
        progress::started(&job, request.text.len());
        let began = Instant::now();
        let pdf = templates.pool.render(&job).await.map_err(Failure::render)?;
        report.rendered(&pdf, began);
        describe_rendering(span, &job, &pdf);
        let pdf = embedded(pdf, invoice, request.e_invoice).await;
        let pdf = pdf.map_err(|error| Failure::embedding(&error))?;
        faults::at(Step::Rendered, &request.identity.to_string());
        progress::rendered(&pdf);
        Ok((pdf, job.rendered_with))
    }
}
