//! A dead letter is edited, looked at as a document, and replayed.

use serde_json::json;

use super::{OPERATE, Page, field, is_light, location, serve};
use crate::api::operators::{right, world_with};
use crate::dead_letters::wrong;
use crate::harness::http::Answer;
use crate::harness::{Options, eventually, samples};

const EDIT: &str = "/dead-letters/1/edit";

/// Sends the form of a page with this request.
async fn send(page: &Page, version: &str, request: &str, others: &[(&str, &str)]) -> Answer {
    let fields = [&[("version", version), ("request", request)], others].concat();
    page.post(EDIT, &fields).await
}

async fn version(page: &Page) -> String {
    let html = page.get(EDIT).await.shows(&["Edit dead letter 1"]);
    field(&html, "version").expect("a version")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_checked_looked_at_stored_and_replayed() {
    let (world, _) = world_with(Options::sqlite(), 1).await;
    let _worker = world.worker(&[]).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    // The form has the request with one line a value, and what is wrong with it.
    page.get(EDIT).await.shows(&[
        "  &#34;totals&#34;: {\n    &#34;gross&#34;: &#34;1.00&#34;\n  }",
        "id=\"problem-0\"",
        "It is the request that is stored.",
    ]);
    let version = version(&page).await;
    for (request, expected) in [
        ("{\"a\": ", "not valid"),
        (wrong(1).to_string().as_str(), "problem-0"),
        (right(1).to_string().as_str(), "Nothing is wrong with it."),
    ] {
        let checked = send(&page, &version, request, &[("action", "check")]).await;
        assert_eq!(checked.status, 200, "{checked:?}");
        checked.shows(&[expected, "id=\"checked\""]);
    }
    let right = right(1).to_string();
    let shown = send(&page, &version, &right, &[("action", "preview")]).await;
    shown.shows(&["Page 1 of 1", "<img src=\"data:image/png;base64,iVBOR"]);
    is_light(&page.client(), &shown).await;
    // The fullest document of all samples, from a request of ten kilobytes: the heaviest page.
    let mut full = samples::sample("invoice/samples/invoice-fullest.json");
    full["marketplace"] = right_one()["marketplace"].clone();
    let full = full.to_string();
    for number in ["1", "2"] {
        let fields = [("page", number), ("changeIdentity", "yes")];
        let shown = send(&page, &version, &full, &fields).await;
        shown.shows(&[&format!("Page {number} of "), "data:image/png"]);
        is_light(&page.client(), &shown).await;
    }
    let none = send(&page, &version, &right, &[("page", "9")]).await;
    none.shows(&["the document has 1 pages"]);
    let wrong = wrong(1).to_string();
    let refused = send(&page, &version, &wrong, &[("action", "preview")]).await;
    let html = refused.shows(&["Not done"]);
    assert!(!html.contains("data:image"), "{html}");
    let fields = [("version", version.as_str()), ("request", right.as_str())];
    let pdf = page.post("/dead-letters/1/preview", &fields).await;
    assert_eq!(pdf.header("content-type"), Some("application/pdf"));
    assert!(pdf.body.starts_with(b"%PDF-"), "{}", pdf.status);

    // What is refused keeps what was typed.
    let save = ("action", "save");
    for (request, reason, status) in [
        (&right, "", 422),
        (&wrong.replace("1.00", "2.00"), "why", 422),
    ] {
        let refused = send(&page, &version, request, &[save, ("reason", reason)]).await;
        assert_eq!(refused.status, status, "{refused:?}");
        refused.shows(&["Not done", "&#34;orderId&#34;:&#34;wrong-1&#34;"]);
    }
    let unchanged = page.get(EDIT).await.shows(&[]);
    assert_eq!(field(&unchanged, "version"), Some(version.clone()));

    let done = send(
        &page,
        &version,
        &right,
        &[("action", "replay"), ("reason", "corrected")],
    )
    .await;
    let replay = location(&done);
    assert!(replay.starts_with("/replays/1?"), "{replay}");
    page.get(&replay).await.shows(&["The replay is created"]);
    world
        .wait_for_document(&samples::identity(&right_one()))
        .await;
    eventually("a dead letter that is generated", async || {
        let answer = page.get("/dead-letters/1").await;
        let html = answer.shows(&[]);
        if html.contains("<span class=\"badge good\">generated</span>") {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
    page.get("/dead-letters/1").await.shows(&[
        "corrected",
        "class=\"line removed\"",
        "&#34;gross&#34;: &#34;1.00&#34;",
        "href=\"/replays/1\"",
        "Its record",
    ]);
    // It is not open any more.
    assert_eq!(page.get(EDIT).await.status, 409);
}

fn right_one() -> serde_json::Value {
    right(1)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_edit_at_once_the_second_sees_both_versions() {
    let (world, _) = world_with(Options::sqlite(), 1).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let version = version(&page).await;
    let mut first = right(1);
    first["number"] = json!("FIRST-1");
    let mut second = right(1);
    second["number"] = json!("SECOND-2");
    let save = [("action", "save"), ("reason", "corrected")];
    let done = send(&page, &version, &first.to_string(), &save).await;
    page.get(&location(&done))
        .await
        .shows(&["The new request is stored."]);
    let text = second.to_string();
    let refused = send(&page, &version, &text, &save).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    let html = refused.shows(&[
        "What was changed meanwhile",
        "operator",
        "corrected",
        "<span class=\"line\">/number</span>",
        "<span class=\"line added\">+ &#34;FIRST-1&#34;</span>",
        "Both versions",
        "FIRST-1",
        "SECOND-2",
        "class=\"line added\"",
    ]);
    // The form is about the new version from then on.
    let version = field(&html, "version").expect("a version");
    let done = send(&page, &version, &text, &save).await;
    page.get(&location(&done)).await.shows(&["SECOND-2"]);
    // What is stored already is no edit.
    let version = self::version(&page).await;
    let done = send(&page, &version, &text, &save).await;
    page.get(&location(&done))
        .await
        .shows(&["nothing was changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_invoice_needs_its_own_tick() {
    let (world, _) = world_with(Options::sqlite(), 1).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let version = version(&page).await;
    let other = samples::with_identity(right(1), "other-<b>", "1").to_string();
    let save = [("action", "save"), ("reason", "wrong order")];
    let refused = send(&page, &version, &other.replace("<b>", "b"), &save).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    refused.shows(&["Another invoice", "tick the box", "other-b"]);
    let ticked = [&save[..], &[("changeIdentity", "yes")]].concat();
    let done = send(&page, &version, &other.replace("<b>", "b"), &ticked).await;
    page.get(&location(&done))
        .await
        .shows(&["Until then it was about", "wrong-1", "other-b"]);
}
