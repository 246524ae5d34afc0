//! The archive of templates: what documents were rendered with, kept in the bucket, so that they can be rendered again when the
//! templates folder has changed.
//!
//! Workers [`follow`] the templates in use and store them; [`TemplateArchive`] renders with what is stored, and [`find`] opens
//! one template to compare others with it. Everything is below `invoices/.templates/` ([`keys`]). Each file is stored once, under
//! its digest; a manifest is written after all files that it names, so a manifest that is there proves that they were stored.

mod error;
mod kept;
mod keys;
mod lookup;
mod render;
mod store;

pub use error::ArchiveError;
pub use keys::PREFIX;
pub use lookup::{FindError, find, is_digest};
pub use render::TemplateArchive;
pub use store::{Missing, StoreError, follow, missing};

/// The version of this program: with another one, the same templates may give other bytes.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");
