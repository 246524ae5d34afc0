//! From a failed invoice to its document.

use super::{comes_to_show, is_good, pictures, visit};
use crate::api::operators::{ids, right};
use crate::dead_letters::wrong;
use crate::harness::http::Client;
use crate::harness::{Browser, Options, World, eventually, samples};
use crate::ops::{OPERATE, serve};

/// Has a request fail, and answers the number of its dead letter.
async fn fail(world: &World, client: &Client, index: usize) -> i64 {
    world.publish(wrong(index).to_string()).await;
    let path = format!("/v1/dead-letters?order=wrong-{index}");
    eventually("a dead letter", async || {
        let page = client.get(&path).await.is(200);
        ids(&page).first().copied().ok_or(page)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_invoice_is_found_edited_looked_at_and_replayed() {
    let world = World::new(Options::sqlite()).await;
    let _worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let browser = Browser::start().await;
    visit(&browser, &serve, OPERATE).await;
    for (index, scripts) in [(1, false), (2, true)] {
        browser.run_scripts(scripts).await;
        let id = fail(&world, &client, index).await;
        let order = format!("wrong-{index}");

        browser.open(&serve.page("/")).await;
        browser.click("link", "Invoices").await;
        browser.choose("State", "Failed").await;
        browser.click("button", "Filter").await;
        browser.click("link", &order).await;
        browser.shows("totals_mismatch").await;
        assert_eq!(browser.marked().await, ["\"gross\": \"1.00\""]);
        is_good(&browser, "invoice-failed").await;
        browser.click("link", &format!("Dead letter {id}")).await;
        browser.shows("What it means").await;
        assert_eq!(browser.marked().await, ["\"gross\": \"1.00\""]);
        browser.click("link", "/totals/gross").await;
        let url = browser.url().await;
        assert!(url.ends_with("#problem-0"), "{url}");

        browser.click("link", "Edit the request").await;
        let field = "Message, in the form in which it came";
        browser.fill(field, &right(index).to_string()).await;
        if !scripts {
            browser.click("button", "Check").await;
        }
        // With scripts it is checked while one types.
        browser.shows("Nothing is wrong with it.").await;
        browser.click("button", "Preview").await;
        browser.shows("Page 1 of 1").await;
        let picture = "Page 1 of the document that this request gives";
        assert!(browser.offers("image", picture).await);
        // The picture of the document comes with the page, which may be heavier for that.
        browser.is_accessible().await;
        pictures(&browser, "dead-letter-preview").await;
        browser.fill("Reason, for the record", "corrected").await;
        browser.click("button", "Save and replay").await;
        browser.shows("The replay is created").await;
        comes_to_show(&browser, scripts, "1 of 1 published").await;

        let identity = samples::identity(&right(index));
        world.wait_for_document(&identity).await;
        browser.click("link", "Invoices").await;
        let search = "Order, package, number or buyer";
        browser.fill(search, &order).await;
        browser.click("button", "Filter").await;
        browser.click("link", &order).await;
        browser.shows("Edited by operator: corrected").await;
        browser.frames_a_pdf().await;
        is_good(&browser, "invoice-with-document").await;
        browser.click("link", "Open the PDF").await;
        browser.opens_a_pdf().await;
        assert_eq!(browser.faults().await, [""; 0]);

        let letter = format!("/dead-letters/{id}");
        browser.open(&serve.page(&letter)).await;
        comes_to_show(&browser, false, "generated").await;
        browser.shows("by operator\ncorrected").await;
        is_good(&browser, "dead-letter-repaired").await;
    }
    browser.end().await;
}
