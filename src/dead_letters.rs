//! Dead letters: from their queue to the archive, and what operators do with them there.
//!
//! The use cases are functions over the database and the broker. They print nothing: the command line calls them, and so
//! does every other face of the program.

mod archiver;
mod discard;
mod edit;
mod export;
mod groups;
mod letter;
mod replay;
mod selection;
mod show;

pub use archiver::Archiver;
pub use discard::discard;
pub use edit::{Edit, EditError, Edited, edit};
pub use export::{ExportError, export};
pub use groups::{Group, groups};
pub use letter::BROKER;
pub use replay::{Replay, Replayed};
pub use selection::{SelectionError, Targets};
pub use show::{Shown, show};
