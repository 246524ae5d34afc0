//! The export for accountants: what is in the ZIP, how it goes on after an end, the same over HTTP, and very many documents.

mod api;
pub(crate) mod archive;
mod commands;
mod continued;
mod drill;
mod hostile;
mod measured;
mod resumed;
mod simulated;
