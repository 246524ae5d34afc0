//! What an invoice is: the request as it arrives, the rules it must obey, and the facts that follow from it.
//!
//! Pure: no I/O, no clock, no randomness. The same bytes always give the same [`Invoice`] or the same problems.
//!
//! [`request`] holds the wire types (what arrives), [`model`] the domain types (what is true); [`check`] is the one
//! way from the former to the latter.

pub mod amount;
pub mod canonical;
pub mod check;
pub mod claimed;
pub mod digest;
pub mod envelope;
pub mod failure_code;
pub mod identity;
pub mod model;
pub mod problem;
pub mod request;
pub mod totals;

pub use check::{ParsedRequest, parse};
pub use claimed::ClaimedIdentity;
pub use digest::Sha256Digest;
pub use envelope::Envelope;
pub use failure_code::FailureCode;
pub use identity::{InvalidPart, InvoiceIdentity, ObjectKey};
pub use model::Invoice;
pub use problem::{InvalidRequest, Problem};
pub use request::InvoiceRequest;
