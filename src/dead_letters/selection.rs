//! Which dead letters an operator changes.

use std::collections::BTreeSet;

use super::names::{check_names, refuse_blank, states, why_nothing};
use super::selection_error::{MAX_NAMES, MAX_NUMBERS, SelectionError};
use crate::database::dead_letters::{Frozen, Selection};
use crate::database::{Database, DatabaseError};

/// Which dead letters a command changes. The choice has to be made on purpose.
#[derive(Clone, Debug)]
pub struct Targets {
    /// Filters, and the numbers of dead letters if any are given.
    pub selection: Selection,
    /// Whether a selection without numbers and filters is meant.
    pub all: bool,
}

impl Targets {
    /// The dead letters that are there now. Later failures are not among them.
    pub async fn freeze(&self, database: &Database) -> Result<Frozen, SelectionError> {
        if !self.all && self.is_unfiltered() {
            return Err(SelectionError::Empty);
        }
        refuse_blank(&self.selection)?;
        let numbers = self.selection.ids.len();
        if numbers > MAX_NUMBERS {
            return Err(SelectionError::TooMany(numbers));
        }
        let names = self.selection.codes.len() + self.selection.stages.len();
        if names > MAX_NAMES {
            return Err(SelectionError::TooManyNames(names));
        }
        let unknown = database.unknown_dead_letters(&self.selection.ids).await?;
        if let Some(id) = unknown.first() {
            return Err(SelectionError::Unknown(*id));
        }
        check_names(database, &self.selection).await?;
        Ok(database.freeze(&self.selection).await?)
    }

    /// Why numbers or filters that are given match nothing; none where something matches, or only the state was given.
    pub async fn why_nothing(
        &self,
        database: &Database,
        frozen: &Frozen,
    ) -> Result<Option<String>, DatabaseError> {
        if frozen.count > 0 || self.is_unfiltered() {
            return Ok(None);
        }
        why_nothing(database, &self.selection).await.map(Some)
    }

    /// Why numbers or filters that are given match nothing, or what the filters leave out of the numbers; empty where it is
    /// nothing.
    pub async fn reasons(
        &self,
        database: &Database,
        frozen: &Frozen,
    ) -> Result<Vec<String>, DatabaseError> {
        match self.why_nothing(database, frozen).await? {
            Some(why) => Ok(why.lines().map(ToOwned::to_owned).collect()),
            None => self.left_out(database, frozen).await,
        }
    }

    fn is_unfiltered(&self) -> bool {
        self.selection
            == Selection {
                status: self.selection.status,
                ..Selection::default()
            }
    }

    /// What the filters leave out of the given numbers, in words; empty where it is nothing. That is no error, so that a command
    /// can be run again.
    pub async fn left_out(
        &self,
        database: &Database,
        frozen: &Frozen,
    ) -> Result<Vec<String>, DatabaseError> {
        let given = self.selection.ids.iter().collect::<BTreeSet<_>>().len() as u64;
        let left_out = given.saturating_sub(frozen.count);
        if left_out == 0 {
            return Ok(Vec::new());
        }
        // A state is always meant: it is no filter that a person has given.
        let without_numbers = Selection {
            ids: Vec::new(),
            ..self.selection.clone()
        };
        let has_filters = without_numbers
            != Selection {
                status: self.selection.status,
                ..Selection::default()
            };
        let why = match self.selection.status {
            Some(status) if !has_filters => format!("which are not {}", status.as_str()),
            Some(_) | None => "which the filters do not match".to_owned(),
        };
        let mut reasons = vec![format!("left out: {left_out} of {given}, {why}")];
        reasons.extend(states(database, &self.selection).await?);
        Ok(reasons)
    }
}
