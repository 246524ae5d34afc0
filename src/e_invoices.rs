//! E-invoices: a request is checked with the e-invoice that it asks for, by one function for every way in; the document gets
//! it; and the one of an issued document is found or made again.

mod again;
mod check;
mod embedding;
mod issued;

pub use again::{Again, made_again};
pub use check::{Checked, check, check_apart};
pub use embedding::embedded;
pub use issued::{issued_xml, xml_again};
