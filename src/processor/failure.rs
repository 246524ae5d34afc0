//! Why a request failed: one type for all causes.

use time::format_description::well_known::Rfc3339;

use crate::database::DatabaseError;
use crate::database::sales_invoice::Model;
use crate::retry::Retryable;
use crate::storage::StorageError;
use document::RenderError;
use invoice::{FailureCode, InvalidRequest, ObjectKey};

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
    /// The key of a document that was uploaded and could not be recorded.
    pub left_key: Option<String>,
}

impl Failure {
    fn new(code: FailureCode, detail: String, stage: Stage, class: Class) -> Self {
        Self {
            code,
            detail,
            stage,
            class,
            left_key: None,
        }
    }

    /// The same failure of a request whose document is in the bucket under this key.
    pub(super) fn after_upload(self, key: &ObjectKey) -> Self {
        Self {
            left_key: Some(key.as_str().to_owned()),
            ..self
        }
    }

    pub(super) fn invalid(error: InvalidRequest) -> Self {
        Self::new(
            error.code(),
            error.to_string(),
            Stage::Validate,
            Class::Permanent,
        )
    }

    pub(super) fn unidentified() -> Self {
        let detail =
            "/marketplace: is missing or empty, expected the identity of an invoice".to_owned();
        Self::new(
            FailureCode::FieldMissing,
            detail,
            Stage::Validate,
            Class::Permanent,
        )
    }

    pub(super) fn render(error: RenderError) -> Self {
        // A renderer starts before it is sent a document: that it does not start concerns every request.
        let class = if error.is_transient() {
            Class::Systemic
        } else {
            Class::Permanent
        };
        Self::new(error.code(), error.to_string(), Stage::Render, class)
    }

    pub(super) fn storage(error: StorageError) -> Self {
        Self::new(
            error.code(),
            error.to_string(),
            Stage::Store,
            class_of(&error),
        )
    }

    pub(super) fn database(error: DatabaseError) -> Self {
        Self::new(
            error.code(),
            error.to_string(),
            Stage::Record,
            class_of(&error),
        )
    }

    pub(super) fn conflict(record: &Model) -> Self {
        let at = record.generated_at.unwrap_or(record.created_at);
        let at = at.format(&Rfc3339).unwrap_or_else(|_| at.to_string());
        let detail = format!(
            "another request was issued under this identity at {at}; its document stays as it is"
        );
        Self::new(
            FailureCode::Conflict,
            detail,
            Stage::Record,
            Class::Permanent,
        )
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
}
