//! Personal data are erased by a person: from the page of an invoice, and by name.

use super::{has_refused, is_good, visit, visit_instead};
use crate::harness::{Browser, Options, samples};
use crate::ops::{ERASE, OPERATE, serve};
use crate::repairs::world_with;

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_seen_before_it_is_made_followed_and_cancelled() {
    let (world, _) = world_with(Options::sqlite(), 60).await;
    let mut worker = world.worker(&[]).await;
    let request = samples::invoice();
    let identity = samples::identity(&request);
    world.publish(request.to_string()).await;
    world.wait_for_document(&identity).await;
    worker.stop().await;
    let serve = serve(&world).await;
    let browser = Browser::start().await;
    visit(&browser, &serve, ERASE).await;

    // From an invoice, whose identity is in the form.
    browser
        .open(&serve.page(&format!("/invoices/{identity}")))
        .await;
    browser.click("link", "Erase its personal data").await;
    browser.shows("Nothing is erased before").await;
    assert_eq!(
        browser.value("Order of the shop").await,
        identity.order_id()
    );
    is_good(&browser, "erasure-new").await;
    browser.click("checkbox", "Delete the documents, too").await;
    browser.click("button", "Show what would be erased").await;
    browser.shows("would-be-deleted").await;
    is_good(&browser, "erasure-plan").await;
    browser.fill("Reason, for the record", "GDPR-1").await;
    browser.click("button", "Erase it for good").await;
    browser.shows("The erasure is created").await;
    browser.shows("done").await;
    assert!(!browser.offers("button", "Cancel the erasure").await);
    assert_eq!(world.objects().await.len(), 0);
    let row = world.row(&identity).await.expect("a row");
    assert!(row.is_erased(), "{row:?}");

    // What may be a mistake is shown with what was typed.
    browser.open(&serve.page("/erasures/new")).await;
    browser.fill("Shop of the platform", "17").await;
    browser.click("button", "Show what would be erased").await;
    browser.shows("needs the filter platform").await;
    assert_eq!(browser.value("Shop of the platform").await, "17");
    has_refused(&browser, 422).await;

    // By name, slowly, and stopped.
    browser.fill("Shop of the platform", "").await;
    browser.fill("Words of the buyer's name", "wrong").await;
    browser
        .click("checkbox", "Discard and erase open dead letters, too")
        .await;
    browser.click("button", "Show what would be erased").await;
    browser.shows("The first dead letters").await;
    browser
        .fill("Records and dead letters a second at most", "1")
        .await;
    browser.fill("Reason, for the record", "GDPR-2").await;
    browser.click("button", "Erase it for good").await;
    browser.shows("running").await;
    is_good(&browser, "erasure-running").await;
    browser.fill("Reason, for the record", "wrong person").await;
    browser.click("button", "Cancel the erasure").await;
    browser.shows("The erasure is cancelled.").await;
    browser.shows("cancelled").await;
    browser.click("link", "Erasures").await;
    browser.shows("given, not shown").await;
    is_good(&browser, "erasures").await;
    browser.click("link", "Changes").await;
    for text in ["GDPR-1", "GDPR-2", "wrong person", "erasure.cancel"] {
        browser.shows(text).await;
    }

    // Who may operate sees the erasures, and may not make one.
    visit_instead(&browser, &serve, OPERATE).await;
    browser.open(&serve.page("/erasures/1")).await;
    browser.shows("GDPR-1").await;
    browser.open(&serve.page("/erasures")).await;
    assert!(!browser.offers("link", "Erase personal data").await);
    browser.open(&serve.page("/erasures/new")).await;
    has_refused(&browser, 403).await;
    browser.end().await;
}
