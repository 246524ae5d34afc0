//! Why a request did not become a document: one shape for all causes.

use crate::database::DatabaseError;
use crate::database::sales_invoice::Model;
use crate::document::RenderError;
use crate::invoice::InvalidRequest;
use crate::retry::Retryable as _;
use crate::storage::StorageError;

/// Where in its way a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Parsing and validating.
    Validate,
    /// Setting the document.
    Render,
    /// Storing it.
    Store,
    /// Recording it.
    Record,
}

impl Stage {
    /// The name in headers, logs and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Render => "render",
            Self::Store => "store",
            Self::Record => "record",
        }
    }
}

/// Why a request did not become a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The stable name of the cause.
    pub code: &'static str,
    /// The cause in words, with places: JSON pointers or lines of a template. May quote the request.
    pub detail: String,
    /// Where it failed.
    pub stage: Stage,
    /// Whether the same request may succeed later without anyone changing it.
    pub transient: bool,
}

/// The code of every conflict, wherever it is noticed.
const CONFLICT: &str = "conflict";

impl Failure {
    pub(super) fn invalid(error: InvalidRequest) -> Self {
        Self {
            code: error.code(),
            detail: error.to_string(),
            stage: Stage::Validate,
            transient: false,
        }
    }

    pub(super) fn unidentified() -> Self {
        let detail = "/marketplace: is required".to_owned();
        Self {
            code: "field_missing",
            detail,
            stage: Stage::Validate,
            transient: false,
        }
    }

    pub(super) fn render(error: RenderError) -> Self {
        let (code, transient) = (error.code(), error.is_transient());
        Self {
            code,
            detail: error.to_string(),
            stage: Stage::Render,
            transient,
        }
    }

    pub(super) fn storage(error: StorageError) -> Self {
        let (code, transient) = (error.code(), error.is_transient());
        Self {
            code,
            detail: error.to_string(),
            stage: Stage::Store,
            transient,
        }
    }

    pub(super) fn database(error: DatabaseError) -> Self {
        let (code, transient) = (error.code(), error.is_transient());
        Self {
            code,
            detail: error.to_string(),
            stage: Stage::Record,
            transient,
        }
    }

    pub(super) fn conflict(record: &Model) -> Self {
        let detail = format!(
            "another request was issued under this identity at {}; its document stays as it is",
            record.generated_at.unwrap_or(record.created_at)
        );
        Self {
            code: CONFLICT,
            detail,
            stage: Stage::Record,
            transient: false,
        }
    }

    /// The row was there and is gone: someone deletes rows by hand. Trying again writes it again.
    pub(super) fn record_lost() -> Self {
        let detail = "the record disappeared right after it was written".to_owned();
        Self {
            code: "record_lost",
            detail,
            stage: Stage::Record,
            transient: true,
        }
    }

    /// Whether the failure is written to the record of its identity: a conflict must not touch that record, and what
    /// is tried again has not failed yet.
    pub(super) fn is_recorded(&self) -> bool {
        !self.transient && self.code != CONFLICT
    }

    /// The detail, where it cannot hold personal data: what servers say, not what requests and templates do.
    pub fn loggable_detail(&self) -> &str {
        match self.stage {
            Stage::Store | Stage::Record => &self.detail,
            Stage::Validate | Stage::Render => "see the dead letter",
        }
    }
}
