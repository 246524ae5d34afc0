//! Replays: the requests of dead letters are published again.
//!
//! A replay is a row of the database with a frozen selection, its progress, and the lease of the process that runs it. So it
//! outlives the process that began it: once a lease has ended, another process goes on after the last position. A
//! [`Runner`] runs what is free; the command line runs a replay of its own with [`Run`].

mod batch;
mod control;
mod job;
mod outcomes;
mod plan;
mod publishing;
mod run;
mod runner;

pub use control::{ControlError, begin, cancel, create, find, new, resume, take_over};
pub use job::{Job, Unreadable};
pub use outcomes::{Followed, follow, known, list, look, wait};
pub use plan::{Plan, Terms};
pub use run::{Ended, Keeper, ReplayError, Replayed, Run};
pub use runner::Runner;
