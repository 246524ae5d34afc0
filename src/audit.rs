//! The audit: compares records, objects and the archive of dead letters, and repairs what can be repaired with certainty.
//!
//! Rows and objects are read in the order of their keys and compared side by side ([`merge`]), so that any number of them
//! needs the same memory. What seems to be wrong is read anew before it is reported: workers go on meanwhile. The use case
//! prints nothing; findings are handed to the caller as they are found.

mod adopt;
mod calls;
mod error;
mod finding;
mod judge;
mod keys;
mod letters;
mod locks;
mod lone;
mod merge;
mod pace;
mod passes;
mod position;
mod put_back;
mod put_xml_back;
mod recorded;
mod requests;
mod rows;
mod run;
mod scope;
mod task;
mod xml_alone;

pub use error::AuditError;
pub use finding::{Count, Finding, FindingCode, Repair, Totals};
pub use position::Position;
pub use requests::{RequestFiles, RequestFilesError};
pub use scope::Scope;
pub use task::{Audit, Audited, Repairs};
