//! A test invoice, from the form to its document.

use super::pages::MARKUP;
use super::{is_good, visit};
use crate::harness::{Browser, Options, World, samples};
use crate::ops::{REQUEST, serve};

#[tokio::test(flavor = "multi_thread")]
async fn a_test_invoice_is_requested_and_followed_to_its_document() {
    let world = World::new(Options::sqlite()).await;
    let _worker = world.worker(&[]).await;
    let serve = serve(&world).await;
    let browser = Browser::start().await;
    visit(&browser, &serve, REQUEST).await;
    for scripts in [false, true] {
        browser.run_scripts(scripts).await;
        browser.open(&serve.page("/")).await;
        browser.click("link", "Templates").await;
        browser.click("link", "Request a test invoice").await;
        is_good(&browser, "test-invoice").await;
        let buyer = "Buyer's name; empty for that of the sample";
        browser.fill(buyer, MARKUP).await;
        browser.click("button", "Request the invoice").await;
        browser.shows("The test invoice is requested.").await;
        // The page loads itself again until there is a record, also without scripts.
        browser.shows("Open the PDF").await;
        is_good(&browser, "test-invoice-recorded").await;
        browser.click("link", "Show the record").await;
        browser.shows("Rendered with the template").await;
        browser.frames_a_pdf().await;
        browser
            .click("DisclosureTriangle", "The request as it arrived")
            .await;
        browser.shows(MARKUP).await;
        browser.click("link", "Open the PDF").await;
        browser.opens_a_pdf().await;
    }

    // Without a message: a request is tried on a template.
    browser.open(&serve.page("/templates/try")).await;
    browser.shows("Nothing is stored").await;
    is_good(&browser, "template-try").await;
    let request = samples::receipt().to_string();
    browser.fill("Request, as JSON", &request).await;
    browser.click("button", "Show a picture").await;
    browser.shows("1 page").await;
    // The picture of the document comes with the page, which may be heavier for that.
    browser.is_accessible().await;
    browser.end().await;
}
