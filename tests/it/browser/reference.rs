//! The page of the API for people.

use super::HEAVIEST;
use crate::harness::{Browser, Options, Scheme, Width, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_of_the_api_is_accessible_and_needs_no_scripts() {
    let world = World::new(Options::sqlite()).await;
    let serve = world.serve().await;
    let browser = Browser::start().await;
    browser.run_scripts(false).await;
    browser.open(&serve.page("/docs")).await;
    assert_eq!(browser.title().await, "invoice-worker: API");
    browser.is_accessible().await;
    let weight = browser.weight().await;
    assert!((1..HEAVIEST).contains(&weight), "{weight} bytes");

    browser.resize(Width::Narrow).await;
    browser.prefer(Scheme::Dark).await;
    browser.picture("reference-dark-narrow").await;
    browser.resize(Width::Wide).await;
    browser.prefer(Scheme::Light).await;
    browser.picture("reference").await;

    // By keyboard: the first link leads to the document, the second to an operation.
    browser.press("Tab").await;
    let (role, name) = browser.focused().await;
    assert_eq!((role.as_str(), name.as_str()), ("link", "/openapi.json"));
    browser.click("link", "Request an invoice").await;
    let url = browser.url().await;
    assert!(url.ends_with("/docs#requestInvoice"), "{url}");
    browser.end().await;
}
