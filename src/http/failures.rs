//! Errors of the servers behind the API, as the client reads them. The log has the causes.

use tracing::warn;

use super::problem::{Code, Problem};
use crate::database::DatabaseError;
use crate::retry::Retryable as _;
use crate::storage::StorageError;

/// An error of the database.
pub(super) fn database(error: &DatabaseError) -> Problem {
    let code = if error.is_transient() {
        Code::DatabaseUnavailable
    } else {
        Code::Internal
    };
    warn!(event = "http_database_failed", %error, "the database failed during a call");
    Problem::new(code, error.code().as_str())
}

/// An error of the database during a search for this text, if one was given. A text that is in too many rows takes too long.
pub(super) fn searching(error: &DatabaseError, text: Option<&str>) -> Problem {
    if text.is_some() && error.is_late() {
        warn!(event = "http_search_late", %error, "a search was ended, because it took too long");
        let detail = "text is found in too many places: make it longer, or add another filter";
        return Problem::new(Code::ParameterInvalid, detail);
    }
    database(error)
}

/// An error of the object store.
pub(super) fn storage(error: &StorageError) -> Problem {
    warn!(event = "http_storage_failed", %error, "the object store failed during a call");
    Problem::new(Code::StorageUnavailable, error.code().as_str())
}
