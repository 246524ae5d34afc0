//! Which dead letters an operator changes.

use std::collections::BTreeSet;

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

/// Why nothing was selected.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// Neither a number nor a filter was given.
    #[error("no dead letters are selected: give their numbers, a filter, or --all")]
    Empty,
    /// There is no dead letter of this number.
    #[error("there is no dead letter {0}")]
    Unknown(i64),
    /// The database cannot be read.
    #[error("cannot select dead letters")]
    Database(#[from] DatabaseError),
}

impl Targets {
    /// The dead letters that are there now. Later failures are not among them.
    pub async fn freeze(&self, database: &Database) -> Result<Frozen, SelectionError> {
        let unfiltered = Selection {
            status: self.selection.status,
            ..Selection::default()
        };
        if !self.all && self.selection == unfiltered {
            return Err(SelectionError::Empty);
        }
        let unknown = database.unknown_dead_letters(&self.selection.ids).await?;
        if let Some(id) = unknown.first() {
            return Err(SelectionError::Unknown(*id));
        }
        Ok(database.freeze(&self.selection).await?)
    }

    /// How many of the given numbers the filters leave out. That is no error, so that a command can be run again.
    pub fn left_out(&self, frozen: &Frozen) -> u64 {
        self.given().saturating_sub(frozen.count)
    }

    /// How many different numbers are given.
    pub fn given(&self) -> u64 {
        self.selection.ids.iter().collect::<BTreeSet<_>>().len() as u64
    }
}
