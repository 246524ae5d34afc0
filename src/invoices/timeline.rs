//! What happened to an invoice, in the order of time.

use invoice::ClaimedIdentity;
use time::OffsetDateTime;

use super::Letters;
use crate::contract::FailedAttempt;
use crate::database::dead_letters::{EditSummary, Ending};
use crate::database::sales_invoice::Model;
use crate::database::{Database, DatabaseError, Listed, Status};

/// Dead letters whose changes are read.
const MOST: usize = 10;

/// Edits of each of them that are shown, the newest ones.
const EDITS: u64 = 20;

/// Something that happened to an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: OffsetDateTime,
    /// The dead letter that it happened to, if it did to one.
    pub dead_letter: Option<i64>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A worker first received the request that is recorded.
    Received,
    /// An attempt failed, and was followed by another one.
    Retried {
        /// The failure code.
        code: String,
    },
    /// What became of a request of this identity was recorded for the first time.
    Recorded,
    /// A request was dead-lettered.
    DeadLettered {
        /// The failure code.
        code: String,
        /// Where it failed.
        stage: String,
    },
    /// A request that was replayed was dead-lettered again.
    FailedAgain {
        /// The last failure code.
        code: String,
        /// How many times it has failed.
        failures: i32,
    },
    /// Somebody changed a dead letter.
    Edited {
        /// Who.
        by: String,
        /// Why.
        reason: Option<String>,
        /// The identity that it had until then, where that was another one.
        former: Option<ClaimedIdentity>,
    },
    /// A dead letter was edited before that, more often than is shown.
    EditedBefore,
    /// A dead letter was published again.
    Replayed {
        /// By whom.
        by: Option<String>,
    },
    /// Somebody discarded a dead letter.
    Discarded {
        /// Who.
        by: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// The last failure was recorded.
    Failed {
        /// The failure code.
        code: String,
    },
    /// The document was recorded, and the event about it published.
    Generated,
}

/// The timeline of a record, the oldest first.
pub fn of(record: &Model, letters: &Letters) -> Vec<Step> {
    let step = |at, dead_letter, what| Step {
        at,
        dead_letter,
        what,
    };
    let received = record.received_at.map(|at| step(at, None, What::Received));
    let mut steps: Vec<Step> = received.into_iter().collect();
    let attempts = FailedAttempt::of_record(record).into_iter();
    steps.extend(attempts.map(|attempt| {
        let code = attempt.code;
        step(attempt.at, None, What::Retried { code })
    }));
    steps.push(step(record.created_at, None, What::Recorded));
    for letter in &letters.own {
        let (code, stage) = (letter.code.clone(), letter.stage.clone());
        let first = What::DeadLettered { code, stage };
        steps.push(step(letter.first_failed_at, Some(letter.id), first));
        if letter.failures > 1 {
            let again = What::FailedAgain {
                code: letter.code.clone(),
                failures: letter.failures,
            };
            steps.push(step(letter.last_failed_at, Some(letter.id), again));
        }
    }
    steps.push(match record.status {
        Status::Generated => {
            let at = record.generated_at.unwrap_or(record.updated_at);
            step(at, None, What::Generated)
        }
        Status::Failed => {
            let code = record.error_code.clone().unwrap_or_default();
            step(record.updated_at, None, What::Failed { code })
        }
    });
    steps.sort_by_key(|step| step.at);
    steps
}

/// The same with what people changed in the last dead letters, for readers who may see those.
///
/// # Errors
///
/// The database cannot be read.
pub async fn with_changes(
    database: &Database,
    record: &Model,
    letters: &Letters,
) -> Result<Vec<Step>, DatabaseError> {
    let mut steps = of(record, letters);
    for letter in letters.own.iter().rev().take(MOST) {
        let Some(ending) = database.ending_of_letter(letter.id).await? else {
            continue;
        };
        let edits = database.edits_of_letter(letter.id, None, EDITS).await?;
        steps.extend(changes(letter.id, ending, edits));
    }
    steps.sort_by_key(|step| step.at);
    Ok(steps)
}

/// What people changed in a dead letter.
fn changes(id: i64, ending: Ending, edits: Listed<EditSummary>) -> Vec<Step> {
    let step = |at, what| Step {
        at,
        dead_letter: Some(id),
        what,
    };
    let mut steps = Vec::new();
    if let (Some(_), Some(oldest)) = (edits.next, edits.items.last()) {
        steps.push(step(oldest.edited_at, What::EditedBefore));
    }
    // The newest ones come first.
    steps.extend(edits.items.into_iter().rev().map(|edit| {
        let former = edit.former();
        let what = What::Edited {
            by: edit.edited_by,
            reason: edit.reason,
            former,
        };
        step(edit.edited_at, what)
    }));
    if let Some(at) = ending.replayed_at {
        let by = ending.replayed_by;
        steps.push(step(at, What::Replayed { by }));
    }
    if let Some(at) = ending.discarded_at {
        let (by, reason) = (ending.discarded_by, ending.discard_reason);
        steps.push(step(at, What::Discarded { by, reason }));
    }
    steps
}
