//! Dead letters: from their queue to the archive, and what operators do with them there.
//!
//! The use cases are functions over the database and the broker. They print nothing: the command line calls them, and so
//! does every other face of the program.

mod archiver;
mod diff;
mod discard;
mod edit;
mod edit_error;
mod edits;
mod export;
mod groups;
mod import;
mod letter;
mod names;
mod outcome;
mod patch;
mod planned;
mod selection;
mod selection_error;
mod show;

pub use archiver::Archiver;
pub use discard::discard;
pub use edit::{Edit, Edited, edit};
pub use edit_error::{EditError, Moved};
pub use edits::{EditTerms, edit_all};
pub use export::{ExportError, export};
pub use groups::groups;
pub use import::{ImportError, import};
pub use letter::BROKER;
pub use names::{check_names, why_nothing};
pub use outcome::{ListedLetter, list, outcome};
pub use patch::{InvalidPatch, Patch};
pub use selection::Targets;
pub use selection_error::{SelectionError, UnknownName};
pub use show::{Shown, show};
