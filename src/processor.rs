//! What happens to one request: parse, look up, set, store, record. Decides; [`broker`](crate::broker) acts.

pub mod event;
pub mod failure;
pub mod message;
pub mod settlement;

use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tracing::{Span, error, field, info};

pub use event::Event;
pub use failure::{Class, Failure, Stage};
pub use message::Message;
pub use settlement::{Settlement, settle};

use crate::database::sales_invoice::Model;
use crate::database::{self, Database, Generated, Received, Status};
use crate::retry::{self, RetryPolicy};
use crate::storage::{self, NewObject, Storage};
use crate::telemetry::milliseconds;
use document::faults::{self, Step};
use document::{RenderJob, Templates};
use invoice::digest::Sha256Digest;
use invoice::{self, Invoice, InvoiceIdentity, ObjectKey};

/// Turns messages into documents.
pub struct Processor {
    /// The templates and the renderer processes that set them.
    pub templates: Arc<Templates>,
    /// The bucket.
    pub storage: Storage,
    /// The records.
    pub database: Database,
    /// How failures are retried.
    pub retry: RetryPolicy,
    /// Largest request.
    pub request_max_bytes: usize,
}

/// A request that was understood.
struct Understood<'a> {
    identity: &'a InvoiceIdentity,
    request: &'a str,
    digest: Sha256Digest,
}

impl Processor {
    /// Processes a message as far as it goes, and says what is to become of it.
    pub async fn process(&self, message: &Message) -> Settlement {
        let parsed = message
            .request()
            .and_then(|request| Ok((request, invoice::parse(request, self.request_max_bytes)?)));
        let (request, parsed) = match parsed {
            Ok(parsed) => parsed,
            Err(invalid) => return self.settle(message, Err(Failure::invalid(invalid))),
        };
        let Some(identity) = parsed.identity else {
            // Without an identity there is nothing to record it under, and the checks have said so.
            let failure = parsed
                .invoice
                .map_or_else(Failure::invalid, |_| Failure::unidentified());
            return self.settle(message, Err(failure));
        };
        Span::current().record("identity", field::display(&identity));
        faults::at(Step::Received, &identity.to_string());
        // JSON is UTF-8: what was parsed can be borrowed as text.
        let request = std::str::from_utf8(request).unwrap_or_default();
        let understood = Understood {
            identity: &identity,
            request,
            digest: parsed.digest,
        };

        let result = match parsed.invoice {
            Ok(invoice) => self.produce(message, &understood, &invoice).await,
            Err(invalid) => Err(Failure::invalid(invalid)),
        };
        match self.settle(message, result) {
            Settlement::DeadLetter { failure } if failure.is_recorded() => {
                self.record_failure(message, &understood, failure).await
            }
            settled @ (Settlement::Ack { .. }
            | Settlement::Retry { .. }
            | Settlement::DeadLetter { .. }) => settled,
        }
    }

    fn settle(&self, message: &Message, result: Result<Event, Failure>) -> Settlement {
        let age = (OffsetDateTime::now_utc() - message.first_received_at)
            .try_into()
            .unwrap_or(Duration::ZERO);
        settle(result, message.attempt, age, &self.retry)
    }

    /// What becomes of a message whose outcome cannot be told, since the queue for it is full: it is put off and tells it
    /// later. What is too old for that goes its way untold.
    pub fn untold(&self, message: &Message, settlement: Settlement) -> Settlement {
        match self.settle(message, Err(Failure::event_refused())) {
            retry @ Settlement::Retry { .. } => retry,
            Settlement::DeadLetter { .. } | Settlement::Ack { .. } => {
                error!(
                    event = "event_given_up",
                    "event given up: the queue that it should go to has been full for too long"
                );
                settlement
            }
        }
    }

    /// Writes to the record what the dead letter says. Where that has to wait, so does the dead letter.
    async fn record_failure(
        &self,
        message: &Message,
        understood: &Understood<'_>,
        failure: Failure,
    ) -> Settlement {
        let received = understood.received(message);
        let recorded = self
            .in_place("record a failure", || {
                self.database
                    .record_failed(received, failure.code.as_str(), &failure.detail)
            })
            .await;
        let Err(error) = recorded else {
            return Settlement::DeadLetter { failure };
        };
        match self.settle(message, Err(Failure::database(error))) {
            retry @ Settlement::Retry { .. } => retry,
            // It has waited for long enough, or the database refuses it: the reason that matters is the first one.
            Settlement::DeadLetter { .. } | Settlement::Ack { .. } => {
                Settlement::DeadLetter { failure }
            }
        }
    }

    /// One document, one record; the event tells what they are.
    async fn produce(
        &self,
        message: &Message,
        understood: &Understood<'_>,
        invoice: &Invoice,
    ) -> Result<Event, Failure> {
        if let Some(record) = self.find(understood).await? {
            info!(event = "already_generated", "already stored");
            return Ok(Event::generated(message, &record));
        }

        let started = Instant::now();
        // One generation from here to the record, whatever is loaded meanwhile.
        let templates = self.templates.in_force();
        let job = RenderJob::prepare(&templates.catalog, invoice).map_err(Failure::render)?;
        info!(
            event = "render_started",
            template = job.template,
            lines = job.lines,
            request_bytes = understood.request.len(),
            "generation started"
        );
        let pdf = templates.pool.render(&job).await.map_err(Failure::render)?;
        let rendered = Instant::now();
        faults::at(Step::Rendered, &job.order.ident);

        let key = ObjectKey::for_invoice(understood.identity);
        let set_with = storage::SetWith {
            template: job.template.clone(),
            version: job.version.clone(),
            digest: job.template_digest.to_string(),
            brand_digest: job.brand_digest.map(|digest| digest.to_string()),
        };
        let object = NewObject {
            key: &key,
            pdf: &pdf.bytes,
            sha256: Sha256Digest::of(&pdf.bytes),
            pages: pdf.pages,
            set_with: &set_with,
            request_digest: understood.digest,
        };
        let stored = self
            .in_place("upload", || self.storage.put_new(object))
            .await
            .map_err(Failure::storage)?;
        let url = self.storage.url(&key);
        let uploaded = Instant::now();
        faults::at(Step::Stored, &job.order.ident);
        info!(
            event = "uploaded",
            url,
            size_bytes = stored.size_bytes,
            "uploaded"
        );

        let received = understood.received(message);
        let generated = Generated {
            invoice,
            // Of what is stored: an earlier attempt may have set it with other templates.
            set_with: stored.set_with.as_ref().map(|known| database::SetWith {
                template: &known.template,
                version: &known.version,
                digest: &known.digest,
                brand_digest: known.brand_digest.as_deref(),
            }),
            sha256: stored.sha256,
            size_bytes: stored.size_bytes,
            pages: stored.pages,
            object_key: key.as_str(),
            url: &url,
        };
        let written = self
            .in_place("record", || {
                self.database.record_generated(received, generated)
            })
            .await;
        let record = match written.map_err(Failure::database)? {
            Some(record) => record,
            // Another worker was faster; what it recorded is what there is.
            None => self
                .find(understood)
                .await?
                .ok_or_else(Failure::record_lost)?,
        };
        faults::at(Step::Recorded, &job.order.ident);
        info!(
            event = "generated",
            pages = stored.pages,
            size_bytes = stored.size_bytes,
            layout_ms = milliseconds(pdf.layout),
            export_ms = milliseconds(pdf.export),
            render_ms = milliseconds(rendered - started),
            upload_ms = milliseconds(uploaded - rendered),
            record_ms = milliseconds(uploaded.elapsed()),
            "generation finished"
        );
        Ok(Event::generated(message, &record))
    }

    /// The record of this very request, if it was generated before. A record of another one is a conflict.
    async fn find(&self, understood: &Understood<'_>) -> Result<Option<Model>, Failure> {
        let found = self
            .in_place("look up", || self.database.find(understood.identity))
            .await;
        let record = found
            .map_err(Failure::database)?
            .filter(|record| record.status == Status::Generated);
        match record {
            Some(record) if record.request_digest != understood.digest.to_string() => {
                Err(Failure::conflict(&record))
            }
            other => Ok(other),
        }
    }

    async fn in_place<T, E, F>(&self, action: &'static str, call: impl FnMut() -> F) -> Result<T, E>
    where
        E: retry::Retryable,
        F: Future<Output = Result<T, E>>,
    {
        retry::in_place(self.retry.in_place, action, call).await
    }
}

impl Understood<'_> {
    fn received<'a>(&'a self, message: &'a Message) -> Received<'a> {
        Received {
            identity: self.identity,
            request: self.request,
            request_digest: self.digest,
            message_id: message.message_id.as_deref(),
            trace_id: message.trace_id(),
            attempt: message.attempt,
        }
    }
}
