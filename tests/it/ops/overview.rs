//! The overview: what the workers have done.

use super::{LOOK, Page, serve};
use crate::activity::work;
use crate::harness::{Options, World};

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
