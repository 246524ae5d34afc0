//! What roles see of repairs, and may do.

use serde_json::json;

use super::{NEW, has_form, tried};
use crate::harness::Options;
use crate::ops::{LOOK, OPERATE, Page, READ, REQUEST, SHOP, serve};
use crate::repairs::{without_totals, world_with};

/// The actions of a repair.
const ACTIONS: [&str; 4] = ["apply", "approve", "cancel", "resume"];

#[tokio::test(flavor = "multi_thread")]
async fn readers_change_nothing_and_see_no_buttons() {
    let (world, _) = world_with(Options::sqlite(), 2).await;
    let serve = serve(&world).await;
    let operator = Page::sign_in(&serve, OPERATE).await;
    let client = serve.client_with(OPERATE);
    tried(&operator, &client, &without_totals(), "INC-1").await;
    for token in [LOOK, READ, REQUEST] {
        let page = Page::sign_in(&serve, token).await;
        for path in ["/repairs", "/repairs/1"] {
            let html = page.get(path).await.shows(&["2 of 2 would be issued"]);
            assert!(!html.contains("/repairs/new"), "{html}");
            for action in ACTIONS {
                assert!(!has_form(&html, &format!("/repairs/1/{action}")), "{html}");
            }
        }
        assert_eq!(page.get(NEW).await.status, 403);
        for action in ACTIONS {
            let path = format!("/repairs/1/{action}");
            let refused = page.post(&path, &[("reason", "I can read")]).await;
            assert_eq!(refused.status, 403, "{action}: {refused:?}");
        }
        let fields = [("choice", "1"), ("reason", "I can read")];
        let refused = page.post(NEW, &fields).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    let shop = Page::sign_in(&serve, SHOP).await;
    for path in ["/repairs", "/repairs/1", "/repairs/1/letters/1", NEW] {
        assert_eq!(shop.get(path).await.status, 403, "{path}");
    }
    let html = shop.get("/").await.shows(&["shopkeeper"]);
    assert!(!html.contains("href=\"/repairs\""), "{html}");
    let repairs = client.get("/v1/repairs").await.is(200);
    assert_eq!(repairs["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(repairs["items"][0]["status"], "tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_looker_sees_no_personal_data() {
    let (world, _) = world_with(Options::sqlite(), 1).await;
    let serve = serve(&world).await;
    let operator = Page::sign_in(&serve, OPERATE).await;
    let client = serve.client_with(OPERATE);
    let patch = json!([
        { "op": "add", "path": "/buyer", "value": { "name": "Ann Secret", "vatId": "Secret-1" } },
        { "op": "add", "path": "/currency", "value": "EUR" },
    ]);
    tried(&operator, &client, &patch, "INC-1").await;
    let reader = Page::sign_in(&serve, READ).await;
    let looker = Page::sign_in(&serve, LOOK).await;
    for path in ["/repairs/1", "/repairs/1/letters/1"] {
        reader.get(path).await.shows(&["/buyer", "Ann Secret"]);
        let html = looker.get(path).await.shows(&["/buyer", "***"]);
        assert!(!html.contains("Secret"), "{path}: {html}");
    }
    looker.get("/repairs/1").await.shows(&["EUR"]);
}
