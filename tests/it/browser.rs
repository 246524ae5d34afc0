//! What people see, in a real browser against real servers. Each test is a journey, since a browser takes a second to start.

mod checks;
mod data;
mod erasures;
mod export;
mod failures;
mod pages;
mod reference;
mod repairs;
mod replays;
mod routes;
mod sessions;
mod test_invoice;

use crate::harness::{Browser, Scheme, Serve, Width, eventually};

/// Bytes of a page with all that it loads, compressed as they are sent.
const HEAVIEST: u64 = 100_000;

/// Signs in on the page that is shown.
async fn sign_in(browser: &Browser, token: &str) {
    browser.fill("Token", token).await;
    browser.click("button", "Sign in").await;
}

/// Opens the server's page with a new session.
async fn visit(browser: &Browser, serve: &Serve, token: &str) {
    browser.open(&serve.page("/")).await;
    sign_in(browser, token).await;
    browser.shows("Problems").await;
}

/// The same after another visitor, who signs out.
async fn visit_instead(browser: &Browser, serve: &Serve, token: &str) {
    browser.open(&serve.page("/")).await;
    browser.click("button", "Sign out").await;
    visit(browser, serve, token).await;
}

/// Waits until the page shows this. Without scripts it has to be loaded again for that.
async fn comes_to_show(browser: &Browser, scripts: bool, text: &str) {
    if scripts {
        browser.shows(text).await;
        return;
    }
    eventually(&format!("{text:?} on the page"), async || {
        browser.reload().await;
        let shown = browser.text().await;
        if shown.contains(text) {
            Ok(())
        } else {
            Err(shown)
        }
    })
    .await;
}

/// Checks the page that is shown for faults that people would notice, and takes its pictures.
async fn is_good(browser: &Browser, name: &str) {
    browser.is_accessible().await;
    let weight = browser.weight().await;
    assert!((1..HEAVIEST).contains(&weight), "{name}: {weight} bytes");
    pictures(browser, name).await;
}

/// Takes the pictures of the page that is shown.
async fn pictures(browser: &Browser, name: &str) {
    browser.picture(name).await;
    browser.prefer(Scheme::Dark).await;
    browser.resize(Width::Narrow).await;
    browser.picture(&format!("{name}-dark-narrow")).await;
    browser.prefer(Scheme::Light).await;
    browser.resize(Width::Wide).await;
}

/// Checks that the console has such an error since it was asked last, which the test has provoked, and no other.
async fn has_refused(browser: &Browser, status: u16) {
    let faults = browser.faults().await;
    let is_it = |fault: &String| fault.contains(&format!("a status of {status} "));
    assert!(faults.len() == 1 && faults.iter().all(is_it), "{faults:?}");
}
