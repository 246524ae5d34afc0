//! What a replay would do.

use crate::broker::Lane;
use crate::contract::DeadLetterGroup;
use crate::database::dead_letters::{Frozen, Selection};
use crate::database::{By, Database, DatabaseError};
use crate::dead_letters::groups;

/// What a replay would publish. Nothing is changed yet.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which dead letters: frozen, and bounded by the limit.
    pub(super) selection: Selection,
    /// How many these are.
    pub total: u64,
    /// The limit, if one was given.
    pub(super) at_most: Option<u64>,
}

/// How a replay publishes, and who creates it.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Lane of the requests.
    pub lane: Lane,
    /// Requests a second at most; none is as fast as the broker confirms.
    pub rate: Option<u32>,
    /// Who, and why.
    pub by: By<'a>,
}

impl Plan {
    /// For what [`Targets::freeze`](crate::dead_letters::Targets::freeze) has found; with a limit only those with the lowest
    /// numbers.
    pub async fn new(
        database: &Database,
        frozen: Frozen,
        limit: Option<u64>,
    ) -> Result<Self, DatabaseError> {
        let Frozen {
            mut selection,
            count,
        } = frozen;
        let mut total = count;
        if let Some(limit) = limit
            && limit < count
        {
            // Part of the selection, so that a process that takes the replay over needs not count.
            let last = match limit.checked_sub(1) {
                Some(place) => database.dead_letter_at(&selection, place).await?,
                None => Some(0),
            };
            selection.max_id = last.or(selection.max_id);
            total = limit;
        }
        Ok(Self {
            selection,
            total,
            at_most: limit,
        })
    }

    /// What is wrong with the first `at_most` of these dead letters, and how often.
    pub async fn groups(
        &self,
        database: &Database,
        at_most: u64,
    ) -> Result<Vec<DeadLetterGroup>, DatabaseError> {
        groups(database, &self.selection, self.total.min(at_most)).await
    }
}
