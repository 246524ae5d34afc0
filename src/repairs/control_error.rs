//! Why nothing is done with a repair.

use time::OffsetDateTime;

use crate::database::{DatabaseError, RepairStatus};
use crate::moment::text;
use crate::replays;

/// Why nothing was done with a repair.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// There is no repair of this number.
    #[error("there is no repair {0}")]
    Unknown(i64),
    /// It is in a state in which this is not possible.
    #[error("repair {id} is {}; {expected}", status.as_str())]
    State {
        /// The repair.
        id: i64,
        /// Its state.
        status: RepairStatus,
        /// In which states it is possible.
        expected: &'static str,
    },
    /// It is not any more what the person has seen who wants to apply or approve it.
    #[error(
        "repair {id} has changed since it was seen as it was at {}, last at {}: look at it again before you decide",
        text(*seen_at), text(*updated_at)
    )]
    Changed {
        /// The repair.
        id: i64,
        /// `updated_at` of what was seen.
        seen_at: OffsetDateTime,
        /// Its last change.
        updated_at: OffsetDateTime,
    },
    /// The one who made it wants to approve it.
    #[error("repair {0} has to be approved by another person than those who made and applied it")]
    OwnApproval(i64),
    /// The templates are not those of the trial.
    #[error(
        "the templates have changed since the trial of repair {0}: resume it, so that it is tried again"
    )]
    Outdated(i64),
    /// No letter would be issued.
    #[error("no dead letter of repair {0} would be issued, so there is nothing to apply")]
    Nothing(i64),
    /// Its replay cannot be cancelled or resumed.
    #[error(transparent)]
    Replay(#[from] replays::ControlError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
