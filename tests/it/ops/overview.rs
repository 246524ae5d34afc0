//! The overview: what the workers have done.

use super::{LOOK, Page, serve};
use crate::activity::work;
use crate::harness::{Options, World, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_shows_what_the_workers_have_done_as_charts_and_as_tables() {
    let world = World::new(Options::sqlite()).await;
    work(&world).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, LOOK).await;
    for (span, other) in [("hour", "day"), ("day", "hour")] {
        let html = page.get(&format!("/?span={span}")).await.shows(&[
            &format!("In the last {span}."),
            &format!("href=\"/?span={other}\""),
            "role=\"img\" aria-labelledby=\"outcomes-title outcomes-desc\"",
            ": 4 generated, 1 generated before, 0 retried, 1 dead-lettered, 0 returned.</desc>",
            "class=\"bar c1\"",
            "class=\"line c3\"",
            "Times of the stages",
            "publish to ack",
        ]);
        assert!(html.len() < 60_000, "{} bytes", html.len());
    }
    let wrong = page.get("/?span=week").await;
    assert_eq!(wrong.status, 400, "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_shows_renderers_and_why_messages_wait_for_their_next_attempt() {
    let world = World::new(Options::sqlite()).await;
    let _worker = world.worker(&[]).await;
    let row = "INSERT INTO activity (id, minute, minutes, worker, outcomes, stages, retries) VALUES \
               ('a', CAST(strftime('%s', 'now') AS INTEGER) / 60 - 2, 1, 'w', '{\"retried\":3}', '{}', \
               '{\"storage_failed\":{\"count\":3,\"last\":1,\"detail\":\"503 <b>Slow</b>\"}}')";
    world.execute(row).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, LOOK).await;
    let html = eventually("a worker with its renderers", async || {
        let html = page.get("/").await.shows(&[]);
        if html.contains(" idle of ") {
            Ok(html)
        } else {
            Err(html)
        }
    })
    .await;
    for expected in [
        "Waiting for their next attempt: <span class=\"figure\">0</span>",
        "Why messages were retried",
        "<code>storage_failed</code></th><td class=\"number\">3</td>",
        "503 &#60;b&#62;Slow&#60;/b&#62;",
    ] {
        assert!(html.contains(expected), "{expected}: {html}");
    }
}
