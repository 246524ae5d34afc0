//! A whole repair: a proposal is tried, its sentence read, and it is applied and compared with what became of it.

use super::{NEW, has_form, tried, version};
use crate::dead_letters::wrong;
use crate::harness::Options;
use crate::ops::{OPERATE, Page, serve};
use crate::repairs::{issue_other, store, until, without_totals, world_with};

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_tried_and_applied_and_what_differs_is_marked() {
    let (world, database) = world_with(Options::default(), 0).await;
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    issue_other(&world, 7).await;
    for index in 1..=20 {
        store(&database, index, &wrong(index)).await;
    }
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let client = serve.client_with(OPERATE);

    let form = page.get(NEW).await.shows(&[
        "<span class=\"figure\">20</span> open dead letters are selected",
        "remove /totals/gross",
        "remove /totals:",
        ">Try</button>",
    ]);
    assert!(!form.contains("name=\"value\""), "{form}");
    let fields = [("choice", "1"), ("patch", ""), ("reason", "INC-1234")];
    let made = page.post(NEW, &fields).await;
    let location = made.header("location");
    assert_eq!(location, Some("/repairs/1?notice=repair-made"), "{made:?}");
    page.get("/repairs/1?notice=repair-made").await.shows(&[
        "It is tried now",
        "INC-1234",
        "operator",
    ]);
    until(&client, "/v1/repairs/1", "tried").await;

    let sentence = "19 of 20 would be issued, 1 would conflict";
    let html = page.get("/repairs/1").await.shows(&[
        sentence,
        "href=\"/repairs/1?verdict=conflict#letters\"",
        ">Apply</button>",
    ]);
    for action in ["apply", "resume", "cancel"] {
        assert!(has_form(&html, &format!("/repairs/1/{action}")), "{html}");
    }
    assert!(!has_form(&html, "/repairs/1/approve"), "{html}");
    let conflicts = page.get("/repairs/1?verdict=conflict").await;
    let conflicts = conflicts.shows(&["href=\"/dead-letters/7\"", "<code>conflict</code>"]);
    assert!(!conflicts.contains("/dead-letters/8\""), "{conflicts}");
    let compared = page.get("/repairs/1/letters/8").await;
    compared.shows(&[
        "<span class=\"line\">/totals</span>",
        "line removed",
        "1.00",
    ]);
    assert_eq!(page.get("/repairs/1/letters/21").await.status, 404);

    // What the trial cannot know.
    issue_other(&world, 9).await;
    let seen = version(&client).await;
    let fields = [
        ("version", seen.as_str()),
        ("rate", "500"),
        ("limit", ""),
        ("lane", "bulk"),
        ("reason", "agreed with accounting"),
    ];
    let applied = page.post("/repairs/1/apply", &fields).await;
    let location = applied.header("location");
    let expected = Some("/repairs/1?notice=repair-applied");
    assert_eq!(location, expected, "{applied:?}");
    let done = until(&client, "/v1/repairs/1", "done").await;
    assert_eq!(done["outcome"]["generated"], 18, "{done}");
    let html = page.get("/repairs/1").await.shows(&[
        sentence,
        "agreed with accounting",
        "replay 1</a>",
        ">generated</span>",
    ]);
    assert_eq!(html.matches(">differs</span>").count(), 1, "{html}");
    assert!(!has_form(&html, "/repairs/1/apply"), "{html}");
    assert!(!html.contains("data-live"), "it is over: {html}");
    page.get("/repairs/1/letters/9")
        .await
        .shows(&[">failed-again</span>", ">differs</span>"]);
    // The request that was tried is in the history now.
    page.get("/repairs/1/letters/8")
        .await
        .shows(&["<span class=\"line\">/totals</span>", ">generated</span>"]);
    page.get("/repairs")
        .await
        .shows(&[sentence, "18 generated, 1 failed again", "INC-1234"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_page_by_page() {
    let (world, _) = world_with(Options::sqlite(), 5).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let client = serve.client_with(OPERATE);
    tried(&page, &client, &without_totals(), "INC-1").await;
    let mut path = "/repairs/1?verdict=would_issue&limit=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let html = page.get(&path).await.shows(&[">would_issue</span>"]);
        let is_listed = |id: &i32| html.contains(&format!("href=\"/dead-letters/{id}\""));
        seen.extend((1..=5).filter(is_listed));
        let Some((_, next)) = html.split_once("rel=\"next\" href=\"") else {
            break;
        };
        let (next, _) = next.split_once('"').expect("an address");
        path = next.replace("&#38;", "&");
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
    let none = page.get("/repairs/1?verdict=conflict").await;
    none.shows(&["none has this verdict"]);
    page.get("/repairs?status=tried")
        .await
        .shows(&["href=\"/repairs/1\""]);
    page.get("/repairs?status=done")
        .await
        .shows(&["There is no such repair"]);
    for (wrong, status) in [
        ("/repairs?status=x", 400),
        ("/repairs?cursor=x", 400),
        ("/repairs?unknown=x", 400),
        ("/repairs/1?verdict=x", 400),
        ("/repairs/1?cursor=x", 400),
        ("/repairs/1/letters/x", 400),
        ("/repairs/2", 404),
        ("/repairs/2/letters/1", 404),
    ] {
        let answer = page.get(wrong).await;
        assert_eq!(answer.status, status, "{wrong}: {answer:?}");
        answer.shows(&["<main id=\"main\">"]);
    }
}
