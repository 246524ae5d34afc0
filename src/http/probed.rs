//! What probes and scrapes are shown.

use std::sync::Arc;

use axum::http::HeaderMap;

use super::auth::Access;
use super::problem::Problem;
use crate::observe::Observed;

/// What is shown, and to whom.
#[derive(Clone)]
pub(super) struct Probed {
    pub(super) observed: Arc<Observed>,
    /// None where everyone may see everything.
    access: Option<Access>,
}

impl Probed {
    /// Everyone may see everything.
    pub(super) fn by_everyone(observed: Arc<Observed>) -> Self {
        let access = None;
        Self { observed, access }
    }

    /// Only callers of the API may see everything.
    pub(super) fn by_callers(observed: Arc<Observed>, access: Access) -> Self {
        let access = Some(access);
        Self { observed, access }
    }

    /// Checks that the caller may see everything.
    ///
    /// # Errors
    ///
    /// There are tokens, and the caller has none, or has used up its rate.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        match &self.access {
            Some(access) => access.caller(headers).map(drop),
            None => Ok(()),
        }
    }
}
