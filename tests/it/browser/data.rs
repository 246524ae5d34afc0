//! The pages of what people look at in detail, with data that looks like markup.

use serde_json::{Value, json};

use super::pages::MARKUP;
use super::routes::are_all_looked_at;
use super::{has_refused, is_good, visit, visit_instead};
use crate::api::operators::{edit, right};
use crate::dead_letters::{database, letter, wrong};
use crate::harness::{Browser, Options, Serve, World, eventually, samples};
use crate::ops::{LOOK, OPERATE, READ, serve};
use crate::repairs::until;

/// Pages with their names and what each of them shows. The first letter is as it came, the second was edited.
const PAGES: &[(&str, &str, &str)] = &[
    ("overview-with-data", "/", "totals_mismatch"),
    ("dead-letter", "/dead-letters/1", "Why it failed"),
    ("dead-letter-edited", "/dead-letters/2", "by operator"),
    ("dead-letters-listed", "/dead-letters?status=open", "Detail"),
    ("dead-letters-grouped", "/dead-letters", "Last week"),
    ("dead-letter-edits", "/dead-letters/2/edits", "Until then"),
    (
        "dead-letter-edit-shown",
        "/dead-letters/2/edits/1",
        "All its edits",
    ),
    ("repair", "/repairs/1", "would be issued"),
    ("repair-compared", "/repairs/1/letters/2", "Verdict"),
    ("repairs-listed", "/repairs", "would be issued"),
    ("replay", "/replays/1", "1 of 1 published"),
    ("replays-listed", "/replays", "done"),
    ("invoices-listed", "/invoices", "page-data"),
    ("changes-listed", "/changes", "dead_letter.edit"),
    ("erasures-listed", "/erasures", "Erasures"),
    ("templates-loaded", "/templates", "Samples"),
];

/// The forms of an operator.
const FORMS: &[(&str, &str, &str)] = &[
    ("dead-letter-edit", "/dead-letters/2/edit", "Preview"),
    ("repair-form", "/repairs/new?ids=2", "The change"),
    ("replay-form", "/replays/new?status=open", "Replay them"),
    ("discard", "/dead-letters/discard?status=open", "Discard"),
];

/// What only operators may send.
const ACTIONS: [&str; 6] = [
    "/dead-letters/1/discard",
    "/dead-letters/1/replay",
    "/dead-letters/discard?status=open",
    "/replays/new?status=open",
    "/replays/1/cancel",
    "/repairs/1/apply",
];

/// The request of a buyer whose name looks like markup.
fn markup(mut request: Value) -> Value {
    request["buyer"]["name"] = MARKUP.into();
    request
}

/// Two dead letters with an edit, a repair and a replay, and a document; answers the path of the page of that.
async fn make(world: &World, serve: &Serve) -> String {
    let archive = database(world).await;
    let mut odd = letter(1, MARKUP);
    let mut request = markup(wrong(1));
    request["marketplace"]["orderId"] = MARKUP.into();
    odd.payload = request.to_string().into_bytes();
    odd.claimed = invoice::ClaimedIdentity::of(&odd.payload);
    odd.message_id = Some(MARKUP.to_owned());
    odd.detail = format!("/totals/gross: {MARKUP}");
    odd.headers = json!({ "x-error-code": MARKUP, "tenant": MARKUP }).to_string();
    odd.worker = Some(MARKUP.to_owned());
    let letters = [odd, letter(2, "totals_mismatch")];
    let stored = archive.store_dead_letters(&letters).await;
    stored.expect("stored");

    let client = serve.client_with(OPERATE);
    let corrected = markup(right(2)).to_string();
    let edited = edit(&client, 2, "reason=markup", corrected.as_bytes()).await;
    edited.is(200);
    let patch = json!([{ "op": "add", "path": "/number", "value": MARKUP }]);
    let repair = json!({ "targets": { "ids": [1, 2] }, "patch": patch, "reason": MARKUP });
    client.post("/v1/repairs", &repair).await.is(201);
    until(&client, "/v1/repairs/1", "tried").await;
    let replay = json!({ "targets": { "ids": [1] }, "reason": MARKUP });
    client.post("/v1/replays", &replay).await.is(201);
    eventually("a replay that is done", async || {
        let replay = client.get("/v1/replays/1").await.is(200);
        if replay["status"] == "done" {
            Ok(())
        } else {
            Err(replay)
        }
    })
    .await;
    let issued = samples::with_identity(markup(right(3)), "page-data", "1");
    world.publish(issued.to_string()).await;
    let identity = samples::identity(&issued);
    world.wait_for_document(&identity).await;
    format!("/invoices/{identity}")
}

/// Opens a page, and checks that nothing in its texts was run.
async fn open(browser: &Browser, serve: &Serve, path: &str, expected: &str) {
    browser.open(&serve.page(path)).await;
    browser.shows(expected).await;
    assert_eq!(browser.faults().await, [""; 0], "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_with_data_are_accessible_and_only_operators_can_change_anything() {
    let world = World::new(Options::sqlite()).await;
    let _worker = world.worker(&[]).await;
    let serve = serve(&world).await;
    let invoice = make(&world, &serve).await;
    let browser = Browser::start().await;

    visit(&browser, &serve, OPERATE).await;
    let mut pages = [PAGES, FORMS].concat();
    pages.push(("invoice", &invoice, "page-data"));
    pages.push(("export-form", "/export", "booking batches"));
    for (name, path, expected) in pages {
        open(&browser, &serve, path, expected).await;
        is_good(&browser, name).await;
        assert_eq!(browser.faults().await, [""; 0], "{path}");
    }
    are_all_looked_at(&browser.looked_at());
    for path in ["/dead-letters/1", "/dead-letters/2", "/changes"] {
        browser.open(&serve.page(path)).await;
        browser.shows(MARKUP).await;
    }

    for token in [READ, LOOK] {
        visit_instead(&browser, &serve, token).await;
        for (_, path, expected) in PAGES {
            open(&browser, &serve, path, expected).await;
            assert_eq!(browser.changes().await, ["/sign-out"], "{path}");
        }
        for (_, path, _) in FORMS {
            browser.open(&serve.page(path)).await;
            browser.shows("`operate`").await;
            has_refused(&browser, 403).await;
        }
        for action in ACTIONS {
            browser.open(&serve.page("/changes")).await;
            browser.send(action, &[("reason", "not allowed")]).await;
            browser.shows("`operate`").await;
            has_refused(&browser, 403).await;
        }
        browser.open(&serve.page("/changes")).await;
        let changes = browser.text().await;
        assert!(!changes.contains("not allowed"), "{changes}");
    }
    browser.end().await;
}
