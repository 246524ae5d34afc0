//! A group of dead letters gets one change.

use std::time::Duration;

use super::{is_good, visit};
use crate::harness::{Browser, Options};
use crate::repairs::{issue_other, serve_for, token, until_within, world_with};

/// A trial and a worker render 200 documents each. The renderers of a trial have the lowest priority, so that it takes long where
/// others need the processor.
const WHILE_RENDERING: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_200_is_tried_applied_and_compared_with_the_trial() {
    let (world, _) = world_with(Options::default(), 200).await;
    let _worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    issue_other(&world, 7).await;
    let variables = [("REPAIR_RENDERERS", "2")];
    let serve = serve_for(&world, &[("ann", "operate")], &variables).await;
    let client = serve.client_with(&token("ann"));
    let browser = Browser::start().await;
    visit(&browser, &serve, &token("ann")).await;

    browser.click("link", "Dead letters").await;
    browser.click("link", "Repair the group").await;
    let form = browser.shows("open dead letters are selected").await;
    assert!(form.contains("200 open dead letters"), "{form}");
    is_good(&browser, "repair-new").await;
    let change = r#"remove /totals: [{"op":"remove","path":"/totals"}]"#;
    browser.click("radio", change).await;
    browser.fill("Reason, for the record", "INC-1234").await;
    browser.click("button", "Try").await;
    browser.shows("It is tried now, without effects.").await;
    until_within(WHILE_RENDERING, &client, "/v1/repairs/1", "tried").await;
    // The page finds out by itself.
    let sentence = "199 of 200 would be issued, 1 would conflict";
    browser.shows(sentence).await;
    is_good(&browser, "repair-tried").await;

    // What the trial cannot know.
    issue_other(&world, 9).await;
    browser.fill("Requests a second at most", "500").await;
    browser.fill("Reason, for the record", "agreed").await;
    browser.click("button", "Apply").await;
    browser.shows("The repair is applied").await;
    let done = until_within(WHILE_RENDERING, &client, "/v1/repairs/1", "done").await;
    assert_eq!(done["outcome"]["generated"], 198, "{done}");
    let shown = browser.shows("198 1 0 0").await;
    assert!(shown.contains(sentence), "{shown}");
    is_good(&browser, "repair-done").await;

    // The letter that became something else is named.
    browser.click("link", "Compare dead letter 9").await;
    let compared = browser.shows("failed-again").await;
    assert!(compared.contains("differs"), "{compared}");
    is_good(&browser, "repair-letter").await;
    browser.click("link", "Repairs").await;
    browser.shows("198 generated, 1 failed again").await;
    browser.end().await;
}
