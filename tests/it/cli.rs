//! The command line, as a person or a script uses it.

mod demo;
mod output;
mod permissions;
mod reading;
mod request_schema;
mod requests;
mod schema;
mod servers;
mod settings;
