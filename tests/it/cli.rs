//! The command line, as a person or a script uses it.

mod reading;
mod requests;
mod schema;
mod servers;
mod settings;
