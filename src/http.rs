//! HTTP: a second way in, over the use cases that the command line calls.
//!
//! Every process has [`health`] and metrics where `HTTP_ADDR` is set. `serve` has the [`routes`] of the API beside it.

pub mod api;
pub mod auth;
pub mod health;
mod metrics;
pub mod problem;
pub mod routes;
pub mod server;
mod status;
pub mod tls;

mod body;
#[expect(unused_qualifications, reason = "the macros of utoipa write them")]
mod changes;
mod connections;
mod cursor;
#[expect(unused_qualifications, reason = "the macros of utoipa write them")]
mod dead_letters;
#[expect(unused_qualifications, reason = "the macros of utoipa write them")]
mod documents;
mod failures;
#[expect(unused_qualifications, reason = "the macros of utoipa write them")]
mod invoices;
mod layers;
mod legacy;
pub mod openapi;
mod page;
mod path;
mod prefer;
#[expect(unused_qualifications, reason = "the macros of utoipa write them")]
mod preview;
mod probed;
mod query;
#[expect(unused_qualifications, reason = "the macros of utoipa write them")]
mod replays;
mod submit;
mod templates;
mod trace;
mod watched;

pub use api::Api;
pub use auth::Access;
pub use problem::Problem;
pub use server::{Ending, Server};
pub use tls::Tls;
