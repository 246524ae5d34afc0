//! HTTP: a second way in, over the use cases that the command line calls.
//!
//! Every process has [`health`] and metrics where `HTTP_ADDR` is set. `serve` has the [`routes`] of the API beside it, and
//! the page ([`ops`]).

#[expect(unused_qualifications, reason = "the macros of utoipa write them")]
mod activity;
pub mod api;
pub mod auth;
pub mod health;
mod metrics;
pub mod problem;
pub mod routes;
mod run_status;
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
mod erasures;
mod export;
mod failures;
#[expect(unused_qualifications, reason = "the macros of utoipa write them")]
mod invoices;
mod layers;
mod legacy;
pub mod masked;
pub mod openapi;
pub mod ops;
mod page;
mod path;
mod prefer;
#[expect(unused_qualifications, reason = "the macros of utoipa write them")]
mod preview;
mod probed;
mod query;
#[expect(unused_qualifications, reason = "the macros of utoipa write them")]
mod repairs;
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
