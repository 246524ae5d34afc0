//! Why a request failed: one type for all causes.

use crate::contract::IssuedDocument;
use crate::database::DatabaseError;
use crate::database::sales_invoice::Model;
use crate::outages::{self, Server};
use crate::retry::Retryable;
use crate::storage::StorageError;
use document::RenderError;
use einvoice::EmbedError;
use invoice::{FailureCode, InvalidRequest, ObjectKey, Problem, Warning};

/// What a failure concerns, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// This request, permanently: it or the template must be changed.
    Permanent,
    /// This attempt: the same request may succeed later.
    Transient,
    /// Every request, until the installation is repaired.
    Systemic,
}

/// Where a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// While a worker held the message.
    Receive,
    /// Parsing and validating.
    Validate,
    /// Rendering the document.
    Render,
    /// Storing it.
    Store,
    /// Recording it.
    Record,
    /// Publishing the event.
    Publish,
}

impl Stage {
    /// All of them, in the order in which a request passes them.
    pub const ALL: [Self; 6] = [
        Self::Receive,
        Self::Validate,
        Self::Render,
        Self::Store,
        Self::Record,
        Self::Publish,
    ];

    /// The name in headers, logs and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Validate => "validate",
            Self::Render => "render",
            Self::Store => "store",
            Self::Record => "record",
            Self::Publish => "publish",
        }
    }
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub code: FailureCode,
    /// The cause in words, with JSON pointers or lines of a template. May quote the request.
    pub detail: String,
    /// Where it failed.
    pub stage: Stage,
    /// What it concerns.
    pub class: Class,
    /// What is wrong with fields of the request, each on its own; empty where it is about something else.
    pub problems: Vec<Problem>,
    /// What is suspicious about the request as well, where it is not valid.
    pub warnings: Vec<Warning>,
    /// The key of a document that was uploaded and could not be recorded.
    pub left_key: Option<String>,
    /// The server that is away, where that is the cause.
    pub outage: Option<Server>,
    /// Of a conflict: the document that was issued.
    pub issued: Option<Box<IssuedDocument>>,
}

impl Failure {
    fn new(code: FailureCode, detail: String, stage: Stage, class: Class) -> Self {
        Self {
            code,
            detail,
            stage,
            class,
            problems: Vec::new(),
            warnings: Vec::new(),
            left_key: None,
            outage: None,
            issued: None,
        }
    }

    fn with_problems(self, problems: Vec<Problem>) -> Self {
        Self { problems, ..self }
    }

    /// The same failure of a request whose document is in the bucket under this key.
    pub(super) fn after_upload(self, key: &ObjectKey) -> Self {
        Self {
            left_key: Some(key.as_str().to_owned()),
            ..self
        }
    }

    pub(super) fn invalid(error: InvalidRequest) -> Self {
        let invalid = Self::new(
            error.code(),
            error.to_string(),
            Stage::Validate,
            Class::Permanent,
        );
        Self {
            problems: error.problems().cloned().collect(),
            warnings: error.warnings().to_vec(),
            ..invalid
        }
    }

    pub(super) fn unidentified() -> Self {
        let problem = Problem {
            code: FailureCode::FieldMissing,
            pointer: "/marketplace".to_owned(),
            rule: None,
            message: "is missing or empty, expected the identity of an invoice".to_owned(),
        };
        Self::invalid(problem.into())
    }

    pub(super) fn render(error: RenderError) -> Self {
        // A renderer starts before it is sent a document: that it does not start concerns every request.
        let class = if error.is_transient() {
            Class::Systemic
        } else {
            Class::Permanent
        };
        Self::new(error.code(), error.to_string(), Stage::Render, class)
            .with_problems(error.problems())
    }

    /// A document that its e-invoice cannot be put into.
    pub(super) fn embedding(error: &EmbedError) -> Self {
        Self::new(
            FailureCode::EInvoiceEmbedFailed,
            error.to_string(),
            Stage::Render,
            Class::Permanent,
        )
    }

    pub(super) fn storage(error: StorageError) -> Self {
        let outage = outage_of(&error);
        let failure = Self::new(
            error.code(),
            error.to_string(),
            Stage::Store,
            class_of(&error),
        );
        Self { outage, ..failure }
    }

    pub(super) fn database(error: DatabaseError) -> Self {
        let outage = outage_of(&error);
        let failure = Self::new(
            error.code(),
            error.to_string(),
            Stage::Record,
            class_of(&error),
        );
        Self { outage, ..failure }
    }

    pub(super) fn conflict(record: &Model) -> Self {
        let issued = IssuedDocument::of(record);
        let conflict = Self::new(
            FailureCode::Conflict,
            issued.conflict(),
            Stage::Record,
            Class::Permanent,
        );
        Self {
            issued: Some(issued.into()),
            ..conflict
        }
    }

    /// The row was deleted by hand after it was written. A retry writes it again.
    pub(super) fn record_lost() -> Self {
        let detail = "the record disappeared right after it was written".to_owned();
        Self::new(
            FailureCode::RecordLost,
            detail,
            Stage::Record,
            Class::Transient,
        )
    }

    /// The queue that the event is for is full, or does not confirm.
    pub(super) fn event_refused() -> Self {
        let detail =
            "the broker does not accept the event: a queue that it should go to is full or unavailable".to_owned();
        Self::new(
            FailureCode::EventRefused,
            detail,
            Stage::Publish,
            Class::Transient,
        )
    }

    /// Workers died, one after the other, while they processed this message, also when it was the only one.
    pub fn crash_suspect(delivery_count: u32) -> Self {
        let detail = format!(
            "delivered {delivery_count} times before, and each time the worker died or lost its connection; \
             not processed again"
        );
        Self::new(
            FailureCode::CrashSuspect,
            detail,
            Stage::Receive,
            Class::Permanent,
        )
    }

    /// The connection was lost, time after time, while this process held the message.
    pub fn connection_lost(delivery_count: u32) -> Self {
        let detail = format!(
            "delivered {delivery_count} times before; the worker lost its connection to the broker while it processed \
             the message"
        );
        Self::new(
            FailureCode::ConnectionLost,
            detail,
            Stage::Receive,
            Class::Transient,
        )
    }

    /// Whether the log has a line for all messages instead of one for each: what holds the worker back, or an outage that is
    /// reported now. Where only some calls to a server fail, no outage is reported.
    pub fn is_reported_for_all(&self) -> bool {
        self.class == Class::Systemic || self.outage.is_some_and(outages::is_reported)
    }

    /// Whether the failure of a dead letter is written to the record of its identity: a conflict is not, since the record is
    /// that of another request.
    pub(super) fn is_recorded(&self) -> bool {
        self.code != FailureCode::Conflict
    }

    /// The detail, where it cannot contain personal data: messages of servers and of renderers that do not start, not of
    /// validation and templates.
    pub fn loggable_detail(&self) -> &str {
        match self.stage {
            // A renderer that has not started has seen no request.
            Stage::Render if self.code == FailureCode::RendererStartFailed => &self.detail,
            Stage::Receive | Stage::Store | Stage::Record | Stage::Publish => &self.detail,
            Stage::Validate | Stage::Render => "see the dead letter",
        }
    }
}

fn outage_of<E: Retryable>(error: &E) -> Option<Server> {
    error.is_outage().then_some(E::SERVER)
}

fn class_of(error: &impl Retryable) -> Class {
    match (error.is_systemic(), error.is_transient()) {
        (true, _) => Class::Systemic,
        (false, true) => Class::Transient,
        (false, false) => Class::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renderer_that_does_not_start_is_logged_with_its_cause_and_concerns_every_request() {
        let failure = Failure::render(RenderError::Start("exit status: 2".into()));
        assert!(failure.loggable_detail().ends_with("exit status: 2"));
        assert_eq!(failure.class, Class::Systemic);
        let failure = Failure::render(RenderError::Template(Vec::new()));
        assert_eq!(failure.loggable_detail(), "see the dead letter");
    }

    #[test]
    fn a_server_that_fails_for_one_message_is_logged_with_that_message() {
        let failure = Failure::database(DatabaseError::Unreachable("refused".into()));
        assert_eq!(failure.outage, Some(Server::Database));
        assert!(!failure.is_reported_for_all(), "no outage is reported");
        let failure = Failure::database(DatabaseError::SchemaMissing("x".into()));
        assert_eq!(failure.outage, None);
        assert!(failure.is_reported_for_all(), "it holds the worker back");
    }
}
