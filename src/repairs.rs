//! Repairs: a group of dead letters gets one change, which is tried for real without effects before it is made.
//!
//! A repair is a row of the database with a frozen selection, a patch, a verdict for each letter, and the lease of the process
//! that works on it, as a replay is. A [`Runner`] tries what is new and edits what was applied; the edits are those of
//! [`dead_letters`](crate::dead_letters), and the letters that were edited are replayed by [`replays`](crate::replays).

mod applying;
mod compared;
mod control;
mod control_error;
mod following;
mod judge;
mod letters;
mod pointed;
mod proposals;
mod room;
mod run;
mod runner;
mod summary;
mod trial;
mod waiting;
mod work;

pub use compared::{Compared, compare};
pub use control::{Apply, Orders, apply, approve, cancel, create, resume};
pub use control_error::ControlError;
pub use following::{Followed, find, list};
pub use letters::{Letter, letters};
pub use pointed::{InvalidRepairPatch, PointedPatch};
pub use proposals::{Asked, proposals};
pub use room::templates_digest;
pub use runner::{Parts, Runner};
pub use summary::summary;
pub use waiting::{goes_on, wait};
