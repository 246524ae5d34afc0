//! Repairs of groups of dead letters, on the page.

mod approval;
mod forms;
mod looks;
mod whole;

use serde_json::Value;

use super::Page;
use crate::harness::http::Client;
use crate::repairs::until;

/// The form for the group of [`letter`](crate::dead_letters::letter).
const NEW: &str = "/repairs/new?code=totals_mismatch&rule=&pointer=%2Ftotals%2Fgross";

/// The form with a patch of the visitor's own.
async fn make(page: &Page, patch: &Value, reason: &str) {
    let patch = patch.to_string();
    let fields = [
        ("choice", "own"),
        ("patch", patch.as_str()),
        ("reason", reason),
    ];
    let made = page.post(NEW, &fields).await;
    assert_eq!(made.status, 303, "{made:?}");
    let location = made.header("location");
    assert_eq!(location, Some("/repairs/1?notice=repair-made"));
}

/// Makes the first repair, and waits until it was tried.
async fn tried(page: &Page, client: &Client, patch: &Value, reason: &str) {
    make(page, patch, reason).await;
    until(client, "/v1/repairs/1", "tried").await;
}

/// `updatedAt` of the first repair, which the forms of decisions have.
async fn version(client: &Client) -> String {
    let repair = client.get("/v1/repairs/1").await.is(200);
    repair["updatedAt"].as_str().expect("a moment").to_owned()
}

/// Whether a page has a form with this address.
fn has_form(html: &str, action: &str) -> bool {
    html.contains(&format!("method=\"post\" action=\"{action}\""))
}
