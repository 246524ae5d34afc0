//! The page of an erasure.

use serde_json::json;

use super::{ERASE, Page, READ, serve};
use crate::erasure::runs::{create, until};
use crate::harness::Options;
use crate::repairs::{store, world_with};

/// The page of an invoice is found by its whole identity only.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_whole_identity_of_what_stays_is_a_link() {
    let (world, database) = world_with(Options::sqlite(), 1).await;
    let partial = json!({ "marketplace": { "platform": "tiktok", "orderId": "partial" } });
    store(&database, 2, &partial).await;
    let serve = serve(&world).await;
    let body = json!({ "filter": { "platform": "tiktok" }, "reason": "GDPR" });
    let client = serve.client_with(ERASE);
    let path = create(&client, &body).await;
    let done = until(&client, &path, "done").await;
    assert_eq!(done["totals"]["keptDeadLetters"], 2, "{done}");

    let page = Page::sign_in(&serve, READ).await;
    let answer = page.get("/erasures/1").await;
    let html = answer.shows(&["tiktok/-/partial/-/-", "href=\"/dead-letters/2\""]);
    let links: Vec<_> = html.split("href=\"/invoices/").skip(1).collect();
    assert_eq!(links.len(), 1, "{html}");
    assert!(links[0].starts_with("tiktok/shop123/wrong-1/"), "{html}");
}
