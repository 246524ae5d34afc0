//! What an invoice is: the request as it arrives, the rules for it, and the values that are derived from it.
//!
//! Pure: no I/O, no clock, no randomness. The same bytes always give the same [`Invoice`] or the same problems.
//!
//! [`request`] has the wire types (what arrives), [`model`] the domain types (what is valid). Only [`check`] makes the
//! second from the first.

pub mod amount;
pub mod apportion;
pub mod canonical;
pub mod check;
pub mod claimed;
mod code_lists;
pub mod content;
pub mod digest;
pub mod envelope;
pub mod failure_code;
pub mod identity;
mod likeness;
pub mod limits;
pub mod model;
pub mod problem;
pub mod request;
pub mod sender;
pub mod swiss_text;
pub mod totals;
pub mod with_tax;

pub use check::{ParsedRequest, RequestLimits, parse};
pub use claimed::{ClaimedIdentity, ClaimedInvoice};
pub use digest::Sha256Digest;
pub use envelope::Envelope;
pub use failure_code::FailureCode;
pub use identity::{InvalidPart, InvoiceIdentity, ObjectKey};
pub use model::Invoice;
pub use problem::{InvalidRequest, Problem, Warning, WarningCode};
pub use request::InvoiceRequest;
pub use sender::sender;
