//! E-invoices of whole requests.

mod amounts;
mod container;
mod documentation;
mod places;
mod request;
mod rules;
mod samples;
mod syntax;
mod types;
mod xml;
