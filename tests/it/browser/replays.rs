//! A replay is stopped and goes on.

use super::{is_good, visit};
use crate::harness::{Browser, Options};
use crate::ops::{OPERATE, serve};
use crate::repairs::world_with;

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_followed_cancelled_and_resumed() {
    let (world, _) = world_with(Options::sqlite(), 60).await;
    let serve = serve(&world).await;
    let browser = Browser::start().await;
    visit(&browser, &serve, OPERATE).await;
    browser.click("link", "Dead letters").await;
    browser.click("link", "List all that are open").await;
    browser.click("link", "Replay all that match").await;
    browser.shows("60 dead letters match").await;
    is_good(&browser, "replay-plan").await;
    browser.fill("Requests a second at most", "4").await;
    browser.fill("Reason, for the record", "fixed").await;
    browser.click("button", "Replay them").await;
    browser.shows("The replay is created").await;

    browser.shows("running").await;
    browser.fill("Reason, for the record", "too fast").await;
    browser.click("button", "Cancel the replay").await;
    browser.shows("The replay is cancelled.").await;
    // The page finds out by itself that it has stopped, and offers to go on.
    browser.shows("Go on").await;
    let stopped = browser.shows("of 60 published").await;
    assert!(!stopped.contains("60 of 60"), "{stopped}");
    assert!(!browser.offers("button", "Cancel the replay").await);
    is_good(&browser, "replay-cancelled").await;

    browser.fill("Reason, for the record", "slow enough").await;
    browser.click("button", "Resume the replay").await;
    browser.shows("The replay goes on.").await;
    browser.shows("60 of 60 published").await;
    browser.click("link", "Replays").await;
    browser.shows("done").await;
    browser.click("link", "Changes").await;
    for reason in ["fixed", "too fast", "slow enough"] {
        browser.shows(reason).await;
    }
    browser.end().await;
}
