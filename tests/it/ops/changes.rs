//! Who changed what.

use super::{LOOK, OPERATE, Page, link, location, serve};
use crate::api::operators::world_with;
use crate::harness::Options;

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_listed_with_filters_and_pages() {
    let (world, _) = world_with(Options::sqlite(), 3).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    page.get("/changes").await.shows(&["No change matches."]);
    for (path, reason) in [
        ("/dead-letters/1/discard", "not <b>ours</b>"),
        ("/dead-letters/2/replay", "again"),
    ] {
        location(&page.post(path, &[("reason", reason)]).await);
    }
    let looker = Page::sign_in(&serve, LOOK).await;
    let html = looker.get("/changes").await.shows(&[
        "dead_letter.discard",
        "<td class=\"text\">***</td>",
        "href=\"/replays/1\"",
        "operator",
    ]);
    assert!(!html.contains("ours") && !html.contains("again"), "{html}");
    let html = page
        .get("/changes")
        .await
        .shows(&["not &#60;b&#62;ours&#60;/b&#62;"]);
    let discarded = html.find("not &#60;b").expect("the first change");
    assert!(html.find("again").expect("the second one") < discarded);
    for (filter, is_first, is_second) in [
        ("actor=operator&action=&target=", true, true),
        ("actor=local", false, false),
        ("action=dead_letter.discard", true, false),
        ("target=replay+1", false, true),
        ("since=2020-01-01", true, true),
        ("until=2020-01-01", false, false),
    ] {
        let html = page.get(&format!("/changes?{filter}")).await.shows(&[]);
        let found = (
            html.contains("not &#60;b"),
            html.contains("<td class=\"text\">again"),
        );
        assert_eq!(found, (is_first, is_second), "{filter}");
    }
    let html = page
        .get("/changes?limit=1")
        .await
        .shows(&["again", "Next page"]);
    let next = link(&html, "/changes?limit=1&#38;cursor=").replace("&#38;", "&");
    let html = page.get(&next).await.shows(&["not &#60;b"]);
    assert!(!html.contains("again"), "{html}");
    for wrong in [
        "/changes?since=yesterday",
        "/changes?who=a",
        "/changes?cursor=a",
    ] {
        assert_eq!(page.get(wrong).await.status, 400, "{wrong}");
    }
    // The API has the same filters.
    let client = serve.client_with(OPERATE);
    let none = client
        .get("/v1/changes?until=2020-01-01T00:00:00Z")
        .await
        .is(200);
    assert_eq!(none["items"].as_array().map(Vec::len), Some(0));
    let all = client
        .get("/v1/changes?since=2020-01-01T00:00:00Z")
        .await
        .is(200);
    assert_eq!(all["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_looker_sees_neither_reasons_nor_what_was_searched_for() {
    let (world, _) = world_with(Options::sqlite(), 3).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    for path in [
        "/dead-letters/discard?text=wrong-2",
        "/dead-letters/1/replay",
    ] {
        location(&page.post(path, &[("reason", "for Ann Miller")]).await);
    }
    page.get("/changes")
        .await
        .shows(&["text &#34;wrong-2&#34;", "for Ann Miller"]);
    let looker = Page::sign_in(&serve, LOOK).await;
    let discarded = page.get("/dead-letters?status=discarded").await;
    let discarded = link(&discarded.shows(&[]), "/dead-letters/");
    for path in ["/changes", "/replays", "/replays/1", discarded.as_str()] {
        page.get(path).await.shows(&["Ann Miller"]);
        let html = looker.get(path).await.shows(&["***"]);
        assert!(!html.contains("Miller"), "{path}: {html}");
    }
    let html = looker.get("/changes").await.shows(&["replay 1"]);
    assert!(!html.contains("wrong-2"), "{html}");
    let guess = "/changes?target=dead-letters+text+%22wrong-2%22,+status+open";
    assert_eq!(looker.get(guess).await.status, 403);
    assert_eq!(page.get(guess).await.status, 200);
}
