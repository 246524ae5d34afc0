//! The state of replays and erasures, as lists are narrowed down to it.

use serde::Deserialize;
use utoipa::ToSchema;

use super::problem::{Code, Problem};
use crate::database::RunStatus;

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum StatusFilter {
    Queued,
    Running,
    Cancelled,
    Done,
    Failed,
}

impl StatusFilter {
    pub(super) fn status(self) -> RunStatus {
        match self {
            Self::Queued => RunStatus::Queued,
            Self::Running => RunStatus::Running,
            Self::Cancelled => RunStatus::Cancelled,
            Self::Done => RunStatus::Done,
            Self::Failed => RunStatus::Failed,
        }
    }
}

/// The states that the page can be narrowed down to, with their names.
pub(super) fn choices() -> Vec<(&'static str, &'static str)> {
    let names = RunStatus::ALL.map(|status| (status.as_str(), status.as_str()));
    [("", "any")].into_iter().chain(names).collect()
}

/// The chosen one; none where any is shown. `what` has such states.
pub(super) fn chosen(name: &str, what: &str) -> Result<Option<RunStatus>, Problem> {
    if name.is_empty() {
        return Ok(None);
    }
    let mut all = RunStatus::ALL.into_iter();
    let found = all.find(|status| status.as_str() == name);
    let unknown = || Problem::new(Code::ParameterInvalid, format!("status is none of {what}"));
    found.map(Some).ok_or_else(unknown)
}
