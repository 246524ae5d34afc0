//! A request on its way: read, validated, published with a confirm, and waited for.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use invoice::{FailureCode, InvoiceIdentity, RequestLimits, Sha256Digest};
use tokio::time::timeout;
use tracing::warn;
use uuid::Uuid;

use super::api::Api;
use super::body::{self, Received};
use super::problem::{Code, Problem};
use super::trace::Trace;
use crate::broker::{BrokerError, Lane};
use crate::contract::{AcceptedRequest, InvoiceLinks, IssuedDocument, RequestWarning};
use crate::database::sales_invoice::Model;
use crate::requests::intake::Unconfirmed;
use crate::requests::submit::{self, Known, Valid};
use crate::requests::wait::{self, Awaited, Outcome};

/// Longest look for a document that was issued before. A worker looks again.
const LONGEST_LOOK_UP: Duration = Duration::from_secs(3);

/// A request that is valid.
pub(super) struct Submitted {
    received: Received,
    valid: Valid,
    accepted: Accepted,
}

/// What is left of a request once the broker has it.
pub(super) struct Accepted {
    identity: InvoiceIdentity,
    digest: Sha256Digest,
    message_id: String,
    warnings: Vec<RequestWarning>,
    asks_for_e_invoice: bool,
    trace: Trace,
    has_waited: bool,
}

/// What came of a request.
pub(super) enum Answer {
    /// It was generated before.
    Known(Box<Model>),
    /// It was generated meanwhile.
    Generated(Box<Model>),
    /// It is in the queue.
    Accepted(Box<Accepted>),
}

impl Answer {
    /// Whether the client has waited for it.
    pub(super) fn has_waited(&self) -> bool {
        match self {
            Self::Known(_) => false,
            Self::Generated(_) => true,
            Self::Accepted(accepted) => accepted.has_waited,
        }
    }
}

/// Reads and validates a request, in its envelope.
pub(super) async fn read(
    api: &Api,
    headers: &HeaderMap,
    body: Body,
    limits: RequestLimits,
) -> Result<(Received, Valid), Problem> {
    let received = body::request(headers, body, limits.max_bytes, api.bodies()).await?;
    let body = submit::Body {
        bytes: &received.bytes,
        content_type: received.media_type,
    };
    let valid = submit::validate_apart(body, limits).await;
    let valid = valid.map_err(|invalid| Problem::invalid(&invalid))?;
    Ok((received, valid))
}

impl Submitted {
    /// Reads and validates it.
    pub(super) async fn read(
        api: &Api,
        trace: Trace,
        headers: &HeaderMap,
        body: Body,
        limits: RequestLimits,
    ) -> Result<Self, Problem> {
        let (received, valid) = read(api, headers, body, limits).await?;
        let accepted = Accepted {
            identity: valid.identity.clone(),
            digest: valid.digest,
            message_id: Uuid::now_v7().to_string(),
            warnings: RequestWarning::list(&valid.warnings),
            asks_for_e_invoice: valid.e_invoice.is_some(),
            trace,
            has_waited: false,
        };
        Ok(Self {
            received,
            valid,
            accepted,
        })
    }

    /// Which invoice it is about.
    pub(super) fn identity(&self) -> &InvoiceIdentity {
        &self.accepted.identity
    }

    /// What is suspicious about it.
    pub(super) fn warnings(&self) -> &[RequestWarning] {
        &self.accepted.warnings
    }

    /// Publishes it unless its document is known, and waits for that.
    pub(super) async fn run(
        self,
        api: &Api,
        lane: Lane,
        wait: Option<Duration>,
    ) -> Result<Answer, Problem> {
        let known = submit::look_up(&api.database, &self.valid);
        match timeout(LONGEST_LOOK_UP, known).await {
            Ok(Ok(Known::New)) => {}
            Ok(Ok(Known::Generated(record))) => return Ok(Answer::Known(record)),
            Ok(Ok(Known::Conflict(record))) => return Err(conflict(&record)),
            // A worker looks it up again: while the database is away, requests are accepted.
            Ok(Err(error)) => self.accepted.unknown(&error),
            Err(elapsed) => self.accepted.unknown(&elapsed),
        }
        let accepted = self.publish(api, lane).await?;
        let (Some(longest), Ok(_slot)) = (wait, api.waiting().try_acquire()) else {
            return Ok(Answer::Accepted(accepted.into()));
        };
        accepted.wait(api, longest).await
    }

    /// What follows needs neither the body nor the invoice: many may wait at once.
    async fn publish(self, api: &Api, lane: Lane) -> Result<Accepted, Problem> {
        let Self {
            received, accepted, ..
        } = self;
        let Received {
            bytes,
            media_type,
            slot,
        } = received;
        let message = api
            .intake
            .request(lane, &accepted.message_id, into_vec(bytes));
        let message = message.with_content_type(media_type);
        let (message, span) = accepted.trace.carry(message);
        let published = api.intake.publish(lane, message).await;
        drop(slot);
        span.end(published.as_ref().err().map(|_| "not_confirmed"));
        published.map_err(unconfirmed)?;
        Ok(accepted)
    }
}

/// Without a copy, where nothing else has the bytes.
fn into_vec(bytes: Bytes) -> Vec<u8> {
    bytes.into()
}

impl Accepted {
    async fn wait(self, api: &Api, longest: Duration) -> Result<Answer, Problem> {
        let awaited = Awaited {
            identity: &self.identity,
            digest: self.digest,
            message_id: &self.message_id,
        };
        let waited = tokio::select! {
            waited = wait::wait(&api.database, awaited, longest) => waited,
            // The program stops: the request is in the queue.
            () = api.stopping().cancelled() => Ok(Outcome::Pending),
        };
        match waited {
            Ok(Outcome::Generated(record)) => Ok(Answer::Generated(record)),
            Ok(Outcome::Conflict(record)) => Err(conflict(&record)),
            Ok(Outcome::Failed(record)) => Err(failed(&record)),
            Ok(Outcome::Pending) | Err(_) => Ok(Answer::Accepted(Box::new(Self {
                has_waited: true,
                ..self
            }))),
        }
    }

    /// 202.
    pub(super) fn response(&self) -> Response {
        let links = InvoiceLinks::of(&self.identity, self.asks_for_e_invoice);
        let headers = [
            location(&self.identity),
            (RETRY_AFTER, HeaderValue::from_static("1")),
        ];
        let accepted = AcceptedRequest {
            status: "accepted",
            marketplace: &self.identity,
            request_digest: self.digest.to_string(),
            message_id: &self.message_id,
            trace_id: self.trace.id(),
            links,
            warnings: self.warnings.clone(),
        };
        (StatusCode::ACCEPTED, headers, Json(accepted)).into_response()
    }

    fn unknown(&self, error: &dyn std::fmt::Display) {
        warn!(
            event = "request_not_looked_up",
            message_id = self.message_id,
            %error,
            "the database cannot be read; the request is published all the same"
        );
    }
}

/// Where an invoice is.
pub(super) fn location(identity: &InvoiceIdentity) -> (HeaderName, HeaderValue) {
    let path = HeaderValue::from_str(&InvoiceLinks::record(identity));
    let list = || HeaderValue::from_static("/v1/invoices");
    (LOCATION, path.unwrap_or_else(|_| list()))
}

fn conflict(record: &Model) -> Problem {
    let issued = IssuedDocument::of(record);
    Problem::failed(FailureCode::Conflict, issued.conflict()).with_issued(issued)
}

/// A request that was dead-lettered while its client waited.
fn failed(record: &Model) -> Problem {
    let code = record.error_code.as_deref().unwrap_or_default();
    let code = FailureCode::ALL.iter().find(|known| known.as_str() == code);
    let problem = Problem::failed(
        code.copied().unwrap_or(FailureCode::Unknown),
        record.error_detail.clone().unwrap_or_default(),
    );
    problem.with_errors(record.errors())
}

/// A request that has no confirm. The log has the reason, which names servers.
fn unconfirmed(error: Unconfirmed) -> Problem {
    warn!(event = "http_request_unconfirmed", %error, "the broker has not confirmed a request; its client has to send it again");
    let detail = match &error {
        Unconfirmed::Broker(cause) if matches!(**cause, BrokerError::Refused(_)) => {
            let detail = "the broker accepts no message of this size";
            return Problem::failed(FailureCode::RequestTooLarge, detail);
        }
        Unconfirmed::Broker(_) => {
            "the broker has not confirmed the request. Send the same request again"
        }
        Unconfirmed::Late => {
            "the broker has not confirmed the request in time: it may have been accepted or not. Send the same request again; it gives one \
             document"
        }
        Unconfirmed::Full => "too many requests wait for the broker. Send the same request again",
    };
    Problem::new(Code::BrokerUnavailable, detail)
}
