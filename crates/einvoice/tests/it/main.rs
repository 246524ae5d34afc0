//! E-invoices of whole requests.

mod amounts;
mod container;
mod documentation;
mod further;
mod national;
mod places;
mod request;
mod rules;
mod samples;
mod syntax;
mod thinned;
mod types;
mod xml;
