//! Replays: planned, followed, cancelled and resumed.

use super::{LOOK, OPERATE, Page, link, location, serve};
use crate::api::operators::world_with;
use crate::harness::{Options, eventually};

/// Waits until the page of a replay shows this.
async fn wait_for(page: &Page, path: &str, text: &str) -> String {
    eventually(text, async || {
        let html = page.get(path).await.shows(&[]);
        if html.contains(text) {
            Ok(html)
        } else {
            Err(html)
        }
    })
    .await
}

fn badge(kind: &str, state: &str) -> String {
    format!("<span class=\"badge {kind}\">{state}</span>")
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_matches_is_replayed_slowly_cancelled_and_resumed() {
    let (world, _) = world_with(Options::sqlite(), 16).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let list = page.get("/dead-letters?code=totals_mismatch").await;
    let plan = link(&list.shows(&["Replay all that match"]), "/replays/new?");
    let html = page.get(&plan).await.shows(&[
        "<span class=\"figure\">16</span> dead letters match",
        "totals_mismatch",
    ]);
    page.get("/replays").await.shows(&["There is no replay."]);
    let action = link(&html, "/replays/new?code=totals_mismatch&#38;until=");
    let action = action.replace("&#38;", "&");
    for (name, value) in [
        ("rate", "0"),
        ("rate", "a"),
        ("limit", "-1"),
        ("lane", "fast"),
        ("reason", ""),
    ] {
        let mut fields = vec![("reason", "fixed"), (name, value)];
        if name == "reason" {
            fields.remove(0);
        }
        let refused = page.post(&action, &fields).await;
        assert_eq!(refused.status, 400, "{name} {value}: {refused:?}");
    }
    let fields = [
        ("reason", "fixed <b>"),
        ("rate", "4"),
        ("limit", ""),
        ("lane", "bulk"),
    ];
    let created = location(&page.post(&action, &fields).await);
    page.get(&created).await.shows(&[
        "The replay is created",
        "fixed &#60;b&#62;",
        "\" data-live=\"2\"",
        "4 at most",
    ]);
    let path = "/replays/1";
    wait_for(&page, path, &badge("busy", "running")).await;
    let early = page
        .post("/replays/1/resume", &[("reason", "too early")])
        .await;
    assert_eq!(early.status, 409, "{early:?}");
    let cancelled = page
        .post("/replays/1/cancel", &[("reason", "too fast")])
        .await;
    page.get(&location(&cancelled))
        .await
        .shows(&["The replay is cancelled."]);
    let html = wait_for(&page, path, &badge("plain", "cancelled")).await;
    assert!(!html.contains("16 of 16 published"), "{html}");
    assert!(
        html.contains("Resume the replay") && !html.contains("Cancel the replay"),
        "{html}"
    );

    let looker = Page::sign_in(&serve, LOOK).await;
    let html = looker.get(path).await.shows(&["of 16 published"]);
    assert!(!html.contains("Resume the replay"), "{html}");
    for action in ["cancel", "resume"] {
        let path = format!("/replays/1/{action}");
        let refused = looker.post(&path, &[("reason", "why not")]).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    let resumed = page
        .post("/replays/1/resume", &[("reason", "slow enough")])
        .await;
    page.get(&location(&resumed))
        .await
        .shows(&["The replay goes on."]);
    wait_for(&page, path, &badge("good", "done")).await;
    page.get(path).await.shows(&["16 of 16 published"]);
    let over = page
        .post("/replays/1/cancel", &[("reason", "too late")])
        .await;
    assert_eq!(over.status, 409, "{over:?}");
    assert_eq!(page.get("/replays/9").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_again_is_named() {
    let (world, _) = world_with(Options::sqlite(), 2).await;
    let _worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let created = page
        .post("/dead-letters/1/replay", &[("reason", "again")])
        .await;
    assert!(location(&created).starts_with("/replays/1?"));
    let html = wait_for(&page, "/replays/1", "What failed again").await;
    for link in [
        "href=\"/dead-letters?code=totals_mismatch&#38;status=open\"",
        "href=\"/dead-letters/1\"",
    ] {
        assert!(html.contains(link), "{link}: {html}");
    }
    page.get("/dead-letters/1")
        .await
        .shows(&["failed-again", "2 times in all"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_are_listed_with_filters_and_pages() {
    let (world, _) = world_with(Options::sqlite(), 2).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    for id in [1, 2] {
        let path = format!("/dead-letters/{id}/replay");
        location(&page.post(&path, &[("reason", "again")]).await);
        wait_for(&page, &format!("/replays/{id}"), &badge("good", "done")).await;
    }
    let text = page
        .post(
            "/replays/new?text=wrong-2&status=all",
            &[("reason", "again")],
        )
        .await;
    let path = location(&text);
    page.get(&path).await.shows(&["<dd>wrong-2</dd>"]);
    let looker = Page::sign_in(&serve, LOOK).await;
    let html = looker.get("/replays/3").await.shows(&["<dd>***</dd>"]);
    assert!(!html.contains("wrong-2"), "{html}");
    let html = page.get("/replays?status=&limit=2").await.shows(&[
        "Next page",
        "/replays/3",
        "/replays/2",
    ]);
    let next = link(&html, "/replays?status=&#38;limit=2&#38;cursor=");
    let html = page
        .get(&next.replace("&#38;", "&"))
        .await
        .shows(&["href=\"/replays/1\""]);
    assert!(!html.contains("href=\"/replays/2\""), "{html}");
    page.get("/replays?status=failed")
        .await
        .shows(&["There is no replay."]);
    for wrong in [
        "/replays?status=lost",
        "/replays?cursor=a",
        "/replays?state=done",
    ] {
        assert_eq!(page.get(wrong).await.status, 400, "{wrong}");
    }
}
