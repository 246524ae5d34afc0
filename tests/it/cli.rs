//! The command line, as a person or a script uses it.

mod alone;
mod bucket_settings;
mod business_terms;
mod demo;
mod doubts;
mod help;
mod output;
mod permissions;
mod pooler;
mod reading;
mod request_schema;
mod requests;
mod schema;
mod servers;
mod settings;
mod validate;
