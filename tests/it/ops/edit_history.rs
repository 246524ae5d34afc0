//! What people changed in one dead letter, however often.

use serde_json::json;

use super::{LOOK, OPERATE, Page, READ, SHOP, serve};
use crate::api::operators::{edit, right, world_with};
use crate::harness::{Options, samples};

/// How often the dead letter is edited: more often than one page shows.
const EDITS: usize = 13;

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_is_shown_page_by_page() {
    for options in [Options::sqlite(), Options::default()] {
        let (world, _) = world_with(options, 1).await;
        let serve = serve(&world).await;
        let operator = serve.client_with(OPERATE);
        for number in 1..=EDITS {
            let mut request = right(1);
            request["number"] = json!(format!("EDIT-{number}"));
            let query = format!("reason=because%20of%20{number}.");
            let done = edit(&operator, 1, &query, request.to_string().as_bytes()).await;
            assert_eq!(done.is(200)["changed"], true);
        }
        // The newest ten of them with the message before each, the oldest of these first.
        let reader = serve.client_with(READ);
        let shown = reader.get("/v1/dead-letters/1").await.is(200);
        let edits = shown["edits"].as_array().expect("a list");
        assert_eq!((edits.len(), &shown["olderEdits"]), (10, &json!(3)));
        assert_eq!(edits[0]["reason"], "because of 4.");
        assert_eq!(edits[9]["reason"], "because of 13.");
        let before = edits[9]["before"].as_str().expect("a text");
        assert!(before.contains("EDIT-12") && !before.contains("EDIT-13"));
        // The list has all of them, without the messages.
        let mut path = "/v1/dead-letters/1/edits?limit=5".to_owned();
        let mut reasons = Vec::new();
        let mut last = serde_json::Value::Null;
        loop {
            let page = reader.get(&path).await.is(200);
            let items = page["items"].as_array().expect("a list");
            assert!(items.iter().all(|item| item.get("before").is_none()));
            reasons.extend(items.iter().map(|item| item["reason"].clone()));
            last = items.last().cloned().unwrap_or(last);
            let Some(cursor) = page["nextCursor"].as_str() else {
                break;
            };
            path = format!("/v1/dead-letters/1/edits?limit=5&cursor={cursor}");
        }
        let newest_first = (1..=EDITS).rev();
        let expected: Vec<_> = newest_first
            .map(|number| json!(format!("because of {number}.")))
            .collect();
        assert_eq!(reasons, expected);
        let first = format!("/v1/dead-letters/1/edits/{}", last["id"]);
        let first = reader.get(&first).await.is(200);
        let after = first["after"].as_str().expect("a text");
        assert!(after.contains("EDIT-1\""), "{first}");
        assert!(!first["before"].as_str().expect("a text").contains("EDIT-"));
        for (path, status) in [
            ("/v1/dead-letters/1/edits/999", 404),
            ("/v1/dead-letters/2/edits", 404),
            ("/v1/dead-letters/1/edits/x", 400),
            ("/v1/dead-letters/1/edits?limit=0", 400),
        ] {
            assert_eq!(reader.get(path).await.status, status, "{path}");
        }
        let shop = serve.client_with(SHOP);
        assert_eq!(shop.get("/v1/dead-letters/1/edits").await.status, 403);
        // The command line has all of them.
        let program = world.program(&["dead-letters", "show", "1"]);
        let printed = program.run().await.succeeded();
        for number in 1..=EDITS {
            assert!(
                printed.contains(&format!("because of {number}.")),
                "{printed}"
            );
            assert!(printed.contains(&format!("EDIT-{number}\"")), "{printed}");
        }
        look(&serve).await;
    }
}

/// The page has the newest edits with what they changed, and a list of all.
async fn look(serve: &crate::harness::Serve) {
    let page = Page::sign_in(serve, READ).await;
    let html = page.get("/dead-letters/1").await.shows(&[
        "because of 13.",
        "because of 11.",
        "href=\"/dead-letters/1/edits\"",
        "10 before these",
    ]);
    assert!(!html.contains("because of 10."), "{html}");
    let list = page.get("/dead-letters/1/edits?limit=5").await;
    let html = list.shows(&["because of 13.", "because of 9.", "rel=\"next\""]);
    assert!(!html.contains("because of 8."), "{html}");
    let next = super::link(&html, "/dead-letters/1/edits?");
    page.get(&next)
        .await
        .shows(&["because of 8.", "because of 4."]);
    let one = super::link(&html, "/dead-letters/1/edits/");
    page.get(&one).await.shows(&[
        "because of 13.",
        "class=\"line removed\"",
        "EDIT-12",
        "EDIT-13",
        "href=\"/dead-letters/1/edits\"",
    ]);
    assert_eq!(page.get("/dead-letters/1/edits/999").await.status, 404);
    assert_eq!(page.get("/dead-letters/2/edits").await.status, 404);
    // Reasons may name people, and requests do.
    let looker = Page::sign_in(serve, LOOK).await;
    let name = samples::receipt()["buyer"]["name"].clone();
    for path in ["/dead-letters/1/edits", one.as_str()] {
        let html = looker.get(path).await.shows(&["***"]);
        assert!(!html.contains("because of"), "{html}");
        assert!(
            name.as_str().is_none_or(|name| !html.contains(name)),
            "{html}"
        );
    }
}
