//! The letters of a repair, each with its verdict and its outcome.

use std::collections::HashMap;

use super::control_error::ControlError;
use super::following::row;
use crate::contract::RepairLetter;
use crate::database::followed;
use crate::database::repair_letter::Model;
use crate::database::{Database, Listed, RepairVerdict, ReplayOutcome};
use crate::dead_letters::outcome;

/// A letter of a repair.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The row.
    pub row: Model,
    /// What became of it in the replay of the repair; the inner one is none while that is not known, the outer one where it was
    /// not published.
    pub outcome: Option<Option<ReplayOutcome>>,
    /// Of one that failed again: the code of its last failure.
    pub failed_code: Option<String>,
}

impl From<Letter> for RepairLetter {
    fn from(letter: Letter) -> Self {
        let outcome = letter.outcome.map(ReplayOutcome::name);
        Self::new(letter.row, outcome, letter.failed_code)
    }
}

/// A page of at most `limit` letters of a repair, in the order of their numbers, from the cursor of the page before.
pub async fn letters(
    database: &Database,
    id: i64,
    verdict: Option<RepairVerdict>,
    cursor: Option<i64>,
    limit: u64,
) -> Result<Listed<Letter>, ControlError> {
    let repair = row(database, id).await?;
    let page = database.repair_letters(id, verdict, cursor, limit).await?;
    let mut published: HashMap<i64, followed::Followed> = HashMap::new();
    if let Some(replay) = repair.replay_id {
        let numbers: Vec<i64> = page.items.iter().map(|row| row.dead_letter_id).collect();
        let found = database.letters_of_replay(replay, &numbers).await?;
        published.extend(found.into_iter().map(|it| (it.dead_letter_id, it)));
    }
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let mut letter = Letter {
            outcome: None,
            failed_code: None,
            row,
        };
        if let Some(published) = published.remove(&letter.row.dead_letter_id) {
            let known = outcome(database, &published).await?;
            letter.outcome = Some(known);
            if known == Some(ReplayOutcome::FailedAgain) {
                letter.failed_code = Some(published.code);
            }
        }
        items.push(letter);
    }
    Ok(Listed {
        items,
        next: page.next,
        searched_to: None,
    })
}
