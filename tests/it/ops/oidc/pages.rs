//! The pages on the way to the provider and after the end of a session, in a browser. They lead on at once, so each is looked
//! at in the place of the form.

use super::provider::Provider;
use super::{begin, serve, sign_in};
use crate::harness::{Browser, Options, World};
use crate::ops::{Page, cookie};

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_lead_on_are_accessible() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let serve = serve(&world, &provider, &[]).await;
    let to_provider = begin(&serve, "/").await;
    let done = sign_in(&serve, &provider, "/").await;
    let page = Page::with(&serve, &cookie(&done, "invoice_session")).await;
    let signed_out = page.post("/sign-out", &[]).await;

    let browser = Browser::start().await;
    browser.open(&serve.page("/sign-in")).await;
    browser.shows("identity provider").await;
    browser.is_accessible().await;
    for (answer, link) in [
        (to_provider, "Go on to the identity provider"),
        (signed_out, "Sign out there too"),
    ] {
        let html = answer.shows(&[link]);
        browser.show(&html).await;
        assert!(browser.offers("link", link).await);
        browser.is_accessible().await;
    }
    browser.end().await;
}
