//! Why a selection of dead letters is refused.

use super::letter::BROKER;
use crate::database::DatabaseError;
use crate::processor::failure::Stage;

/// Most numbers that can be given: each is a parameter of a statement, of which SQLite takes 32,766.
pub(super) const MAX_NUMBERS: usize = 10_000;

/// Most codes and stages that can be given: there are far fewer.
pub(super) const MAX_NAMES: usize = 1_000;

/// Why nothing was selected.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// Neither a number nor a filter was given.
    #[error("no dead letters are selected: give their numbers, a filter, or --all")]
    Empty,
    /// More numbers than one statement takes.
    #[error("{0} numbers of dead letters are given, expected at most {MAX_NUMBERS}: use a filter")]
    TooMany(usize),
    /// More codes and stages than one statement should have.
    #[error("{0} codes and stages are given, expected at most {MAX_NAMES}")]
    TooManyNames(usize),
    /// A filter without a value, which would match everything or nothing.
    #[error("the filter {0} is blank, expected a value; leave the filter out to select without it")]
    Blank(&'static str),
    /// A code or a stage that does not exist.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// There is no dead letter of this number.
    #[error("there is no dead letter {0}")]
    Unknown(i64),
    /// The database cannot be read.
    #[error("cannot select dead letters")]
    Database(#[from] DatabaseError),
}

/// A code or a stage that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no known {kind}{}", self.suggestion())]
pub struct UnknownName {
    /// `code` or `stage`.
    pub(super) kind: &'static str,
    /// What was given.
    pub(super) name: String,
    /// One that exists and differs by few letters.
    pub(super) nearest: Option<&'static str>,
}

impl UnknownName {
    fn suggestion(&self) -> String {
        match (self.nearest, self.kind) {
            (Some(nearest), _) => format!("; did you mean {nearest}?"),
            (None, "stage") => format!(", expected one of {}", stages().join(", ")),
            (None, _) => {
                "; `dead-letters groups --status all` lists those of the archive".to_owned()
            }
        }
    }
}

/// The stages that dead letters name.
pub(super) fn stages() -> Vec<&'static str> {
    let ours = Stage::ALL.iter().map(|stage| stage.as_str());
    ours.chain([BROKER]).collect()
}
