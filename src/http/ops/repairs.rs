//! `/repairs`: one change of a group of dead letters, tried for real, applied and compared with what became of it.

mod actions;
mod form;
mod group;
mod letter;
mod list;
mod show;
mod steps;
mod view;

pub(super) use self::actions::{apply, approve, cancel, resume};
pub(super) use self::form::{create, form};
pub(super) use self::letter::letter;
pub(super) use self::list::list;
pub(super) use self::show::show;
