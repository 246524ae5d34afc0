//! Dead letters: from their queue to the archive, and what operators do with them there.
//!
//! The use cases are functions over the database and the broker. They print nothing: the command line calls them, and so
//! does every other face of the program.

mod archiver;
mod conflict;
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
mod patched;
mod planned;
mod searchable;
mod selection;
mod selection_error;
mod show;
mod since;

pub use archiver::Archiver;
pub use discard::discard;
pub use edit::{Edit, EditCheck, Edited, check_edit, edit};
pub use edit_error::{EditError, Moved};
pub use edits::{EditTerms, edit_all};
pub use export::{ExportError, export};
pub use groups::groups;
pub use import::{ImportError, Imported, import};
pub use letter::BROKER;
pub use names::{check_names, why_nothing};
pub use outcome::{ListedLetter, list, outcome};
pub use patch::{InvalidPatch, Patch};
pub use patched::{
    PatchTerms, Patched, Unfit, changed_fields, content_digest, new_content, problems, request,
    store,
};
pub use searchable::keep_searchable;
pub use selection::Targets;
pub use selection_error::{SelectionError, UnknownName};
pub use show::{SHOWN_EDITS, Shown, edit_history, edit_of, show};
pub use since::{EditedBy, EditedSince, edited_since};
