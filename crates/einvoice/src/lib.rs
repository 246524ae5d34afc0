//! E-invoices: the XML of an invoice, the rules of its profile, and the container in a PDF.
//!
//! Pure: no I/O, no clock, no randomness. The same invoice always gives the same XML, and the same PDF the same hybrid. The
//! only crate that names `en16931`.
//!
//! `mapping` makes the model of EN 16931 of an invoice, `rules` checks it, `xml` writes it and reads it back, `container` puts
//! the XML into a PDF.

mod container;
mod e_invoice;
mod mapping;
mod mark;
mod place;
mod problems;
mod rules;
mod syntax;
mod terms;
mod xml;

pub use container::{EmbedError, embed, extracted};
pub use e_invoice::EInvoice;
pub use mark::EInvoiceMark;
pub use rules::rules_version;
pub use syntax::Syntax;
