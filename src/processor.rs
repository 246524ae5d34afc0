//! What happens to one request: it is parsed, looked up, rendered, stored and recorded. Decides what becomes of its
//! message; `worker` carries that out.

mod announcement;
pub mod failure;
pub mod message;
mod progress;
mod rendering;
pub mod report;
mod request;
pub mod settlement;
mod spans;
mod storing;
mod timing;
mod trial;

use std::sync::Arc;
use std::time::{Duration, Instant};

use document::LiveTemplates;
use document::faults::{self, Step};
use invoice::{InvalidRequest, Invoice, RequestLimits, Sha256Digest};
use tracing::{Span, debug, field};

pub use failure::{Class, Failure, Stage};
pub use message::Message;
pub use report::Report;
pub use settlement::{Announcement, Outcome, Settlement, settle};
pub use trial::{Trial, Tried};

use self::announcement::{announced, dead_lettered, settled};
use self::request::Request;
use self::spans::{TABLE, code};
use self::timing::Timing;
use crate::contract::{Event, RequestProblem};
use crate::database::sales_invoice::Model;
use crate::database::{Database, Failed, Status};
use crate::e_invoices::{Checked, check_apart};
use crate::retry::{self, RetryPolicy};
use crate::storage::Storage;
use crate::telemetry::metrics::Stage as Timed;
use crate::telemetry::names::{self, span};

/// Deliveries without an acknowledgement after which failing calls for a message are not repeated while it stays in work.
const NOT_KEPT_AFTER: u32 = 3;

/// Turns messages into documents.
pub struct Processor {
    /// The templates and the renderer processes.
    pub templates: Arc<LiveTemplates>,
    /// The bucket.
    pub storage: Storage,
    /// The records.
    pub database: Database,
    /// How failures are retried.
    pub retry: RetryPolicy,
    /// Limits of a request.
    pub request_limits: RequestLimits,
    /// Whether the XML of every e-invoice is stored beside its document.
    pub store_xml: bool,
}

impl Processor {
    /// Processes a message as far as possible, and decides what becomes of it. The report says what was done.
    pub async fn process(&self, message: &Message, report: &mut Report) -> Settlement {
        match self.outcome(message, report).await {
            Ok(event) => announced(message, event, Outcome::Ack, &self.retry),
            Err(outcome) => settled(message, outcome, &self.retry),
        }
    }

    /// The settlement of a message that is not processed now, because of this failure.
    pub fn retry_later(&self, message: &Message, failure: Failure) -> Settlement {
        settled(message, self.settle(message, failure), &self.retry)
    }

    /// The settlement of a message that is not processed at all, because it is dead-lettered for this failure.
    pub fn dead_letter(&self, message: &Message, failure: Failure) -> Settlement {
        dead_lettered(message, failure, &self.retry)
    }

    fn settle(&self, message: &Message, failure: Failure) -> Outcome {
        settle(failure, message.attempt, message.age(), &self.retry)
    }

    /// The event of a generated document, or what becomes of the message otherwise.
    async fn outcome(&self, message: &Message, report: &mut Report) -> Result<Event, Outcome> {
        let settle = |failure| self.settle(message, failure);
        let step = Timing::begin(Timed::Parse, message.span.child(span::PARSE));
        let checked = self.checked(message, report).await;
        let invalid = match &checked {
            Ok((_, checked)) => checked.parsed.invoice.as_ref().err(),
            Err(invalid) => Some(invalid),
        };
        step.end(report, invalid.map(|invalid| invalid.code().as_str()));
        let (request, checked) = checked.map_err(|invalid| settle(Failure::invalid(invalid)))?;
        let Checked { parsed, e_invoice } = checked;
        let Some(identity) = parsed.identity else {
            // Without an identity there is nothing to record the failure under.
            let failure = parsed
                .invoice
                .map_or_else(Failure::invalid, |_| Failure::unidentified());
            return Err(settle(failure));
        };
        Span::current().record("identity", field::display(&identity));
        if message.span.is_recording() {
            message.span.set(names::IDENTITY, identity.to_string());
        }
        faults::at(Step::Received, &identity.to_string());
        let request = Request {
            identity: &identity,
            // JSON is UTF-8: what was parsed can be borrowed as text.
            text: std::str::from_utf8(request).unwrap_or_default(),
            digest: parsed.digest,
            e_invoice: e_invoice.as_ref(),
        };
        let generated = match parsed.invoice {
            Ok(invoice) => self.generate(message, &request, &invoice, report).await,
            Err(invalid) => Err(Failure::invalid(invalid)),
        };
        match generated.map_err(settle) {
            Ok(record) => {
                let cause = message.cause();
                let url = record.file_path.as_deref().unwrap_or_default();
                let key = record.object_key.as_deref().unwrap_or_default();
                let bucket = self.storage.bucket_of(url, key);
                let warnings = &parsed.warnings;
                Ok(Event::generated(
                    &identity, &record, bucket, warnings, cause,
                ))
            }
            Err(Outcome::DeadLetter { failure }) if failure.is_recorded() => {
                let began = Instant::now();
                let outcome = self.record_failure(message, &request, failure).await;
                report.ended(Timed::Record, began);
                Err(outcome)
            }
            Err(outcome) => Err(outcome),
        }
    }

    /// The request, and what the rules say of it.
    async fn checked<'a>(
        &self,
        message: &'a Message,
        report: &mut Report,
    ) -> Result<(&'a [u8], Checked), InvalidRequest> {
        let request = message.request()?;
        report.request_bytes = Some(request.len());
        let limits = self.request_limits.strict_if(message.is_strict);
        Ok((request, check_apart(request, limits).await?))
    }

    /// Records the reason of a dead letter. Where recording has to be retried, so has the message.
    async fn record_failure(
        &self,
        message: &Message,
        request: &Request<'_>,
        failure: Failure,
    ) -> Outcome {
        let received = request.received(message);
        let list = RequestProblem::bounded_json(&failure.problems);
        let recorded = self
            .in_place(message, "record a failure", || {
                let failed = Failed {
                    code: failure.code.as_str(),
                    detail: &failure.detail,
                    list: list.as_deref(),
                    left_key: failure.left_key.as_deref(),
                };
                self.database.record_failed(received, failed)
            })
            .await;
        let Err(error) = recorded else {
            return Outcome::DeadLetter { failure };
        };
        match self.settle(message, Failure::database(error)) {
            retry @ Outcome::Retry { .. } => retry,
            // It has been retried for long enough, or the database refuses it: the first reason is the one that matters.
            Outcome::DeadLetter { .. } | Outcome::Ack => Outcome::DeadLetter { failure },
        }
    }

    /// One document and one record, which is returned; those of an earlier delivery, where there are any.
    async fn generate(
        &self,
        message: &Message,
        request: &Request<'_>,
        invoice: &Invoice,
        report: &mut Report,
    ) -> Result<Model, Failure> {
        let looking = message.span.database_call(span::LOOK_UP, TABLE);
        let step = Timing::begin(Timed::LookUp, looking);
        let found = self.find(message, request).await;
        step.end(report, code(&found));
        if let Some(record) = found? {
            message.span.set(names::ALREADY_GENERATED, true);
            debug!(event = "already_generated", "document was generated before");
            report.found(&record);
            return Ok(record);
        }
        let step = Timing::begin(Timed::Render, message.span.child(span::RENDER));
        let rendered = self
            .render(message, request, invoice, report, &step.span)
            .await;
        step.end(report, code(&rendered));
        let (pdf, rendered_with) = rendered?;
        let uploading = message.span.storage_call(span::UPLOAD, "PutObject");
        uploading.count(names::DOCUMENT_SIZE, pdf.bytes.len());
        let step = Timing::begin(Timed::Upload, uploading);
        let stored = self
            .store(message, request, invoice, &pdf, &rendered_with)
            .await;
        step.end(report, code(&stored));
        let stored = stored.inspect_err(progress::upload_failed)?;
        report.stored(stored.pages, stored.object.size_bytes);
        let recording = message.span.database_call(span::RECORD, TABLE);
        let step = Timing::begin(Timed::Record, recording);
        let recorded = self.record(message, request, invoice, &stored).await;
        step.end(report, code(&recorded));
        let record = recorded.map_err(|failure| failure.after_upload(&stored.key))?;
        debug!(event = "generated", "document recorded");
        Ok(record)
    }

    /// The record of this very request, if its document was generated before. A record of another one is a conflict.
    async fn find(
        &self,
        message: &Message,
        request: &Request<'_>,
    ) -> Result<Option<Model>, Failure> {
        let found = self
            .in_place(message, "look up", || self.database.find(request.identity))
            .await;
        issued(found.map_err(Failure::database)?, request.digest)
    }

    /// Repeats a call while the message stays in work. One that was delivered several times is not kept: a connection that
    /// breaks again and again would count as many deliveries. It is retried through a queue, and counted from zero then.
    async fn in_place<T, E, F>(
        &self,
        message: &Message,
        action: &'static str,
        call: impl FnMut() -> F,
    ) -> Result<T, E>
    where
        E: retry::Retryable,
        F: Future<Output = Result<T, E>>,
    {
        let longest = if message.delivery_count < NOT_KEPT_AFTER {
            self.retry.in_place
        } else {
            Duration::ZERO
        };
        retry::in_place(longest, action, call).await
    }
}

/// The record of the request with this digest, if its document was issued.
///
/// # Errors
///
/// A conflict, where the document of another request was issued under the identity.
fn issued(record: Option<Model>, digest: Sha256Digest) -> Result<Option<Model>, Failure> {
    match record.filter(|record| record.status == Status::Generated) {
        Some(record) if !record.is_of(digest) => Err(Failure::conflict(&record)),
        other => Ok(other),
    }
}
