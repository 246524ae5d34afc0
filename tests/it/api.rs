//! The HTTP API, called as its clients call it: against a `serve` with real servers and, where a document is to be made, a worker.

mod access;
mod clients;
mod document;
mod journey;
mod lists;
pub(crate) mod oidc;
mod operator_refusals;
pub(crate) mod operators;
mod outages;
mod probes;
mod processes;
mod refusals;
mod replays;
mod search;
mod tls;
mod together;
pub(crate) mod tokens;

use invoice::InvoiceIdentity;
use serde_json::Value;

use crate::harness::samples;

/// The path of an invoice in the API.
fn path_of(identity: &InvoiceIdentity) -> String {
    format!("/v1/invoices/{identity}")
}

/// The receipt under this order, and its path.
pub(crate) fn receipt_of(order_id: &str) -> (Value, String) {
    let request = samples::with_identity(samples::receipt(), order_id, "1");
    let path = path_of(&samples::identity(&request));
    (request, path)
}
