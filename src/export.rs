//! The export for accountants: the issued documents of a period as a ZIP, with an index, totals by tax rate, checksums and, on
//! request, booking batches for DATEV.
//!
//! The rows are read page by page, in the order in which their documents were recorded, and each object is compared with the
//! recorded SHA-256 before it goes into the ZIP. A file in a ZIP is written front to back and needs nothing behind it, so the
//! documents are written as they come; index, totals and the directory of the ZIP are made at the end, from a [`journal`] with
//! one line for each document. In a file the journal is also what an export that was stopped goes on from; for the HTTP API it
//! is in memory, compressed. Memory does not depend on the size of the documents.

mod collect;
mod csv;
mod datev;
mod ending;
mod entry;
mod error;
mod file;
mod job;
mod journal;
mod kept;
mod lists;
mod resume;
mod run;
mod selection;
mod target;
mod zip;

pub use datev::{Datev, DatevProblem, DatevSettings};
pub use error::ExportError;
pub use file::ExportFile;
pub use job::{Export, Exported};
pub use resume::Had;
pub use selection::Selection;
pub use target::{Chunk, Chunks, Destination, channel};
