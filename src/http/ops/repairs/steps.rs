//! What a visitor may do with a repair now. It says which buttons a page has; whether they work, the use case decides.

use crate::contract::RepairResource;
use crate::database::{RepairStatus, RepairVerdict};
use crate::http::api::Api;
use crate::http::ops::visitor::Visitor;
use crate::repairs::templates_digest;

/// The steps of a repair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Steps {
    /// Its changes can be made.
    pub(super) apply: bool,
    /// They would wait for another person then.
    pub(super) needs_approval: bool,
    /// The templates are not those of the trial, so that it has to be tried again first.
    pub(super) is_outdated: bool,
    /// Its changes wait for an approval.
    pub(super) waits: bool,
    /// It was made or applied by the visitor, who cannot approve it.
    pub(super) is_own: bool,
    /// It can be tried again.
    pub(super) again: bool,
    /// It can be stopped.
    pub(super) cancel: bool,
    /// It can go on.
    pub(super) resume: bool,
}

impl Steps {
    /// Those of a repair for a visitor; none for one who may change nothing.
    pub(super) async fn of(api: &Api, repair: &RepairResource, visitor: &Visitor) -> Self {
        let Some(status) = RepairStatus::named(repair.status).filter(|_| visitor.may_operate())
        else {
            return Self::default();
        };
        let in_use = match status {
            RepairStatus::Tried | RepairStatus::WaitingForApproval => {
                Some(templates_digest(&api.templates.current().catalog).await)
            }
            RepairStatus::Trying
            | RepairStatus::Applying
            | RepairStatus::Replaying
            | RepairStatus::Done
            | RepairStatus::Cancelled
            | RepairStatus::Failed => None,
        };
        Self {
            needs_approval: api.repairs_need_approval,
            is_own: repair.actor == visitor.name()
                || repair.applied_by.as_deref() == Some(visitor.name()),
            ..Self::in_state(status, repair, in_use.as_deref())
        }
    }

    fn in_state(status: RepairStatus, repair: &RepairResource, in_use: Option<&str>) -> Self {
        let would_issue = repair.verdicts.get(RepairVerdict::WouldIssue.as_str());
        let is_outdated = in_use.is_some() && in_use != repair.templates.as_deref();
        let none = Self {
            is_outdated,
            cancel: repair.cancel_requested_at.is_none(),
            ..Self::default()
        };
        match status {
            RepairStatus::Tried => Self {
                apply: would_issue > Some(&0) && !is_outdated,
                again: true,
                ..none
            },
            RepairStatus::WaitingForApproval => Self {
                waits: true,
                again: true,
                ..none
            },
            RepairStatus::Trying | RepairStatus::Applying | RepairStatus::Replaying => none,
            RepairStatus::Cancelled | RepairStatus::Failed => Self {
                cancel: false,
                resume: repair.goes_on_as.is_some(),
                ..none
            },
            RepairStatus::Done => Self {
                cancel: false,
                ..none
            },
        }
    }

    /// Whether there is any.
    pub(super) fn are_there(self) -> bool {
        self.apply || self.waits || self.again || self.cancel || self.resume
    }
}
