//! The retention: personal data of old requests are erased without a person who asks for it.
//!
//! It creates an erasure from time to time, of which there is one however many processes apply it: each follows the one before, and
//! the database accepts one only. A [`Runner`](super::Runner) runs it as any other.

use std::time::Duration;

use time::OffsetDateTime;
use tracing::info;

use crate::database::RunStatus;
use crate::database::erasure::Model;
use crate::database::erasure_control::NewRetention;
use crate::database::{By, Database, DatabaseError};

/// In whose name it erases. No token has such a name.
pub const ACTOR: &str = "serve:retention";

/// Between the beginnings of two erasures: requests come of age all the time.
const INTERVAL: Duration = Duration::from_hours(24);

/// After one that has failed.
const AFTER_FAILURE: Duration = Duration::from_hours(1);

/// Rows that one of them erases at most. The next one follows at once where there are more: so each has a record of its own, and a
/// mistake in the setting is seen before everything is gone.
const AT_MOST: u64 = 50_000;

/// What is erased by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How long requests are kept.
    pub after: Duration,
    /// The same as it was written, for the record.
    pub text: String,
    /// Rows a second at most.
    pub rate: u32,
}

impl Retention {
    /// Creates the next erasure, if it is due and no other process has.
    pub(super) async fn apply(&self, database: &Database) -> Result<(), DatabaseError> {
        let now = OffsetDateTime::now_utc();
        let last = database.last_retention().await?;
        let Some(follows) = due(last.as_ref(), now) else {
            return Ok(());
        };
        let Some(before) = now.checked_sub(self.after.try_into().unwrap_or(time::Duration::MAX))
        else {
            return Ok(());
        };
        let reason = format!("requests older than {} (ERASE_REQUESTS_AFTER)", self.text);
        let new = NewRetention {
            before,
            follows,
            rate: self.rate,
            at_most: AT_MOST,
            by: By {
                actor: ACTOR,
                reason: Some(&reason),
            },
        };
        if let Some(row) = database.create_retention(new).await? {
            let before = crate::moment::seconds(before);
            info!(
                event = "retention_due",
                erasure = row.id,
                before,
                "personal data of requests before that time are erased now"
            );
        }
        Ok(())
    }
}

/// The number that the next erasure follows; none while it is not due.
fn due(last: Option<&Model>, now: OffsetDateTime) -> Option<i64> {
    let Some(last) = last else {
        return Some(0);
    };
    let (since, rest) = match last.status {
        RunStatus::Queued | RunStatus::Running => return None,
        RunStatus::Done if last.is_at_its_bound() => (last.created_at, Duration::ZERO),
        RunStatus::Done | RunStatus::Cancelled => (last.created_at, INTERVAL),
        RunStatus::Failed => (last.updated_at, AFTER_FAILURE),
    };
    (now - since >= rest).then_some(last.id)
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    fn row(status: RunStatus, records: i64) -> Model {
        let at = datetime!(2026-11-29 12:00 UTC);
        Model {
            id: 7,
            status,
            filter: "{}".to_owned(),
            documents: false,
            with_open: false,
            rate: None,
            at_most: Some(100),
            follows: Some(0),
            looked: 0,
            records,
            dead_letters: 1,
            objects: 0,
            kept_objects: 0,
            kept_letters: 0,
            kept_records: 0,
            kept: "[]".to_owned(),
            change_id: None,
            actor: ACTOR.to_owned(),
            reason: None,
            error: None,
            owner: None,
            lease: None,
            lease_until_ms: None,
            cancel_requested_at: None,
            created_at: at,
            started_at: None,
            updated_at: at,
            finished_at: None,
        }
    }

    #[test]
    fn the_next_erasure_is_due_a_day_later_or_at_once_where_the_last_one_was_bounded() {
        assert_eq!(due(None, datetime!(2026-11-29 12:00 UTC)), Some(0));
        for (status, records, hours) in [
            (RunStatus::Queued, 0, None),
            (RunStatus::Running, 0, None),
            (RunStatus::Done, 98, Some(24)),
            (RunStatus::Done, 99, Some(0)),
            (RunStatus::Cancelled, 99, Some(24)),
            (RunStatus::Failed, 0, Some(1)),
        ] {
            let last = row(status, records);
            let after = |hours| due(Some(&last), last.created_at + Duration::hours(hours));
            match hours {
                None => assert_eq!(after(1_000), None, "{status:?}"),
                Some(hours) => {
                    assert_eq!(after(hours), Some(7), "{status:?}");
                    assert_eq!(after(hours - 1), None, "{status:?}");
                }
            }
        }
    }
}
