//! What happens to one request: it is parsed, looked up, rendered, stored and recorded. Decides what becomes of its
//! message; `worker` carries that out.

pub mod failure;
pub mod message;
pub mod settlement;

use std::sync::Arc;
use std::time::{Duration, Instant};

use document::faults::{self, Step};
use document::{LiveTemplates, Pdf, RenderJob, RenderedWith};
use futures_util::future::BoxFuture;
use invoice::{Invoice, InvoiceIdentity, ObjectKey, Sha256Digest, canonical};
use time::OffsetDateTime;
use tracing::{Span, field, info};

pub use failure::{Class, Failure, Stage};
pub use message::Message;
pub use settlement::{Announcement, Outcome, Settlement, settle};

use crate::contract::{Event, FailedRequest};
use crate::database::sales_invoice::Model;
use crate::database::{Database, Failed, Generated, Received, Status};
use crate::duration::milliseconds;
use crate::retry::{self, RetryPolicy};
use crate::storage::{NewObject, Storage, StorageError, StoredObject};

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
    /// Largest request, in bytes.
    pub request_max_bytes: usize,
}

/// A request whose identity and content are known.
struct Request<'a> {
    identity: &'a InvoiceIdentity,
    text: &'a str,
    digest: Sha256Digest,
}

/// A document in the bucket.
struct Stored {
    object: StoredObject,
    key: ObjectKey,
    url: String,
}

impl Processor {
    /// Processes a message as far as possible, and decides what becomes of it.
    pub async fn process(&self, message: &Message) -> Settlement {
        match self.outcome(message).await {
            Ok(event) => self.announce(message, event, Outcome::Ack),
            Err(outcome) => self.failed(message, outcome),
        }
    }

    /// The settlement of a message that is not processed now, because of this failure.
    pub fn retry_later(&self, message: &Message, failure: Failure) -> Settlement {
        self.failed(message, self.settle(message, failure))
    }

    fn failed(&self, message: &Message, outcome: Outcome) -> Settlement {
        match outcome {
            Outcome::DeadLetter { failure } => self.dead_letter(message, failure),
            outcome @ (Outcome::Ack | Outcome::Retry { .. }) => Settlement {
                event: None,
                outcome,
            },
        }
    }

    /// The settlement of a message that is not processed at all, because it is dead-lettered for this failure.
    pub fn dead_letter(&self, message: &Message, failure: Failure) -> Settlement {
        let failed = FailedRequest {
            body_digest: &Sha256Digest::of(&message.body).to_string(),
            code: failure.code,
            detail: &failure.detail,
            stage: failure.stage.as_str(),
            attempt: message.attempt,
        };
        let event = Event::failed(failed, OffsetDateTime::now_utc(), message.cause());
        self.announce(message, event, Outcome::DeadLetter { failure })
    }

    fn announce(&self, message: &Message, event: Event, outcome: Outcome) -> Settlement {
        let if_refused = match self.settle(message, Failure::event_refused()) {
            retry @ Outcome::Retry { .. } => Some(retry),
            Outcome::DeadLetter { .. } | Outcome::Ack => None,
        };
        Settlement {
            event: Some(Announcement { event, if_refused }),
            outcome,
        }
    }

    fn settle(&self, message: &Message, failure: Failure) -> Outcome {
        settle(failure, message.attempt, message.age(), &self.retry)
    }

    /// The event of a generated document, or what becomes of the message otherwise.
    async fn outcome(&self, message: &Message) -> Result<Event, Outcome> {
        let settle = |failure| self.settle(message, failure);
        let request = message
            .request()
            .map_err(|invalid| settle(Failure::invalid(invalid)))?;
        let parsed = invoice::parse(request, self.request_max_bytes)
            .map_err(|invalid| settle(Failure::invalid(invalid)))?;
        let Some(identity) = parsed.identity else {
            // Without an identity there is nothing to record the failure under.
            let failure = parsed
                .invoice
                .map_or_else(Failure::invalid, |_| Failure::unidentified());
            return Err(settle(failure));
        };
        Span::current().record("identity", field::display(&identity));
        faults::at(Step::Received, &identity.to_string());
        let request = Request {
            identity: &identity,
            // JSON is UTF-8: what was parsed can be borrowed as text.
            text: std::str::from_utf8(request).unwrap_or_default(),
            digest: parsed.digest,
        };
        let generated = match parsed.invoice {
            Ok(invoice) => self.generate(message, &request, &invoice).await,
            Err(invalid) => Err(Failure::invalid(invalid)),
        };
        match generated.map_err(settle) {
            Ok(record) => Ok(Event::generated(&identity, &record, message.cause())),
            Err(Outcome::DeadLetter { failure }) if failure.is_recorded() => {
                Err(self.record_failure(message, &request, failure).await)
            }
            Err(outcome) => Err(outcome),
        }
    }

    /// Records the reason of a dead letter. Where recording has to be retried, so has the message.
    async fn record_failure(
        &self,
        message: &Message,
        request: &Request<'_>,
        failure: Failure,
    ) -> Outcome {
        let received = request.received(message);
        let recorded = self
            .in_place(message, "record a failure", || {
                let failed = Failed {
                    code: failure.code.as_str(),
                    detail: &failure.detail,
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
    ) -> Result<Model, Failure> {
        if let Some(record) = self.find(message, request).await? {
            info!(event = "already_generated", "document was generated before");
            return Ok(record);
        }
        let started = Instant::now();
        let (pdf, rendered_with) = self.render(message, request, invoice).await?;
        let rendered = Instant::now();
        let stored = self.store(message, request, &pdf, &rendered_with).await?;
        let uploaded = Instant::now();
        let recorded = self.record(message, request, invoice, &stored).await;
        let record = recorded.map_err(|failure| failure.after_upload(&stored.key))?;
        info!(
            event = "generated",
            pages = stored.object.pages,
            size_bytes = stored.object.size_bytes,
            layout_ms = milliseconds(pdf.layout),
            export_ms = milliseconds(pdf.export),
            render_ms = milliseconds(rendered - started),
            upload_ms = milliseconds(uploaded - rendered),
            record_ms = milliseconds(uploaded.elapsed()),
            "document generated"
        );
        Ok(record)
    }

    async fn render(
        &self,
        message: &Message,
        request: &Request<'_>,
        invoice: &Invoice,
    ) -> Result<(Pdf, RenderedWith), Failure> {
        // One snapshot for the document and its record, whatever is loaded meanwhile.
        let templates = self.templates.current();
        let prepared = RenderJob::prepare(&templates.catalog, invoice);
        let mut job = prepared.map_err(Failure::render)?;
        job.priority = message.priority;
        info!(
            event = "render_started",
            template = job.rendered_with.template,
            lines = job.lines,
            request_bytes = request.text.len(),
            "rendering started"
        );
        let pdf = templates.pool.render(&job).await.map_err(Failure::render)?;
        faults::at(Step::Rendered, &request.identity.to_string());
        Ok((pdf, job.rendered_with))
    }

    async fn store(
        &self,
        message: &Message,
        request: &Request<'_>,
        pdf: &Pdf,
        rendered_with: &RenderedWith,
    ) -> Result<Stored, Failure> {
        let usual_key = ObjectKey::for_invoice(request.identity);
        let object = NewObject {
            key: &usual_key,
            pdf: &pdf.bytes,
            sha256: Sha256Digest::of(&pdf.bytes),
            pages: pdf.pages,
            rendered_with,
            request_digest: request.digest,
        };
        let stored = self.upload(message, object).await;
        let (key, stored) = if matches!(stored, Err(StorageError::Occupied))
            && self.was_left(message, request, &usual_key).await?
        {
            let key = ObjectKey::beside(request.identity, request.digest);
            let stored = self
                .upload(
                    message,
                    NewObject {
                        key: &key,
                        ..object
                    },
                )
                .await;
            (key, stored)
        } else {
            (usual_key, stored)
        };
        let object = stored.map_err(Failure::storage)?;
        let url = self.storage.url(&key);
        faults::at(Step::Stored, &request.identity.to_string());
        info!(
            event = "uploaded",
            url,
            size_bytes = object.size_bytes,
            "document uploaded"
        );
        Ok(Stored { object, key, url })
    }

    /// As a trait object: the types of the futures of a request, nested in each other, are more than the compiler follows.
    fn upload<'a>(
        &'a self,
        message: &'a Message,
        object: NewObject<'a>,
    ) -> BoxFuture<'a, Result<StoredObject, StorageError>> {
        Box::pin(self.in_place(message, "upload", move || self.storage.put_new(object)))
    }

    /// Whether the document under this key is of a request that was dead-lettered after its upload. It was never issued, so
    /// it does not stand in the way of another request. It is not deleted: its own request may be replayed as well, and
    /// whichever request is recorded first is the one that is issued.
    async fn was_left(
        &self,
        message: &Message,
        request: &Request<'_>,
        key: &ObjectKey,
    ) -> Result<bool, Failure> {
        let found = self
            .in_place(message, "look up", || self.database.find(request.identity))
            .await;
        let record = found.map_err(Failure::database)?;
        Ok(record.is_some_and(|record| {
            record.status == Status::Failed && record.object_key.as_deref() == Some(key.as_str())
        }))
    }

    async fn record(
        &self,
        message: &Message,
        request: &Request<'_>,
        invoice: &Invoice,
        stored: &Stored,
    ) -> Result<Model, Failure> {
        let received = request.received(message);
        let generated = Generated {
            invoice,
            // That of the stored object: an earlier attempt may have rendered it with other templates.
            rendered_with: stored.object.rendered_with.as_ref(),
            sha256: stored.object.sha256,
            size_bytes: stored.object.size_bytes,
            pages: stored.object.pages,
            object_key: stored.key.as_str(),
            url: &stored.url,
        };
        let written = self
            .in_place(message, "record", || {
                self.database.record_generated(received, generated)
            })
            .await;
        let record = match written.map_err(Failure::database)? {
            Some(record) => record,
            // Another worker was faster; its record is the one.
            None => self
                .find(message, request)
                .await?
                .ok_or_else(Failure::record_lost)?,
        };
        faults::at(Step::Recorded, &request.identity.to_string());
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
        let record = found
            .map_err(Failure::database)?
            .filter(|record| record.status == Status::Generated);
        match record {
            Some(record) if !request.is_of(&record) => Err(Failure::conflict(&record)),
            other => Ok(other),
        }
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

impl Request<'_> {
    /// Whether a record is of this very request. An earlier version may have computed another digest of it, so the one in the
    /// record is not the last word: the record has the request itself.
    fn is_of(&self, record: &Model) -> bool {
        record.request_digest == self.digest.to_string()
            || canonical::digest(record.request.as_bytes())
                .is_ok_and(|digest| digest == self.digest)
    }

    fn received<'a>(&'a self, message: &'a Message) -> Received<'a> {
        Received {
            identity: self.identity,
            request: self.text,
            request_digest: self.digest,
            message_id: message.message_id.as_deref(),
            trace_id: message.trace_id(),
            attempt: message.attempt,
        }
    }
}
