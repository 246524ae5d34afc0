//! What is typed into the form, and what is refused.

use serde_json::json;

use super::{NEW, tried};
use crate::dead_letters::{database, letter};
use crate::harness::Options;
use crate::ops::{OPERATE, Page, post, serve};
use crate::repairs::world_with;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_valid_is_shown_again_with_what_was_typed() {
    let (world, _) = world_with(Options::sqlite(), 3).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let client = serve.client_with(OPERATE);
    let own = |patch: &'static str| [("choice", "own"), ("patch", patch), ("reason", "INC-<7>")];
    let proposal = |choice| [("choice", choice), ("value", " "), ("reason", "INC-<7>")];
    let remove = r#"[{"op": "remove", "path": "/a"}]"#;
    let no_value = r#"[{"op": "add", "path": "/a", "value": "{value}"}]"#;
    let currency = "/repairs/new?code=currency_unknown&pointer=/currency";
    let nothing = "/repairs/new?code=conflict";
    for (path, fields, why) in [
        (NEW, own(""), "the patch is empty"),
        (NEW, own(r#"[{"op": "<b>""#), "the patch"),
        (NEW, own(r#"[{"op": "set", "path": "/a"}]"#), "op is"),
        (NEW, own(no_value), "as a value"),
        (nothing, own(remove), "no dead letter is selected"),
        ("/repairs/new?ids=99", own(remove), "no dead letter 99"),
        (currency, proposal("0"), "the value is empty"),
        (NEW, proposal("9"), "choose what changes"),
    ] {
        let refused = page.post(path, &fields).await;
        assert_eq!(refused.status, 422, "{path} {fields:?}: {refused:?}");
        let texts = ["The repair was not made", why, "INC-&#60;7&#62;"];
        let html = refused.shows(&texts);
        assert!(!html.contains("<b>") && !html.contains("<7>"), "{html}");
    }
    let typed = page.post(NEW, &own(r#"[{"op": "<b>""#)).await;
    typed.shows(&["[{&#34;op&#34;: &#34;&#60;b&#62;&#34;</textarea>"]);
    let refused = page.post("/repairs/new", &own(remove)).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    refused.shows(&["no dead letters are selected"]);
    for reason in ["", "  ", "no"] {
        let fields = [("choice", "1"), ("reason", reason)];
        let refused = page.post(NEW, &fields).await;
        assert_eq!(refused.status, 422, "{refused:?}");
        refused.shows(&["the reason has to have 3 to 500 characters"]);
    }
    for query in ["ids=x", "since=x", "x=y", "code=conflict&status=discarded"] {
        let wrong = page.get(&format!("/repairs/new?{query}")).await;
        assert_eq!(wrong.status, 400, "{query}: {wrong:?}");
    }
    let forged = post(&page.client(), NEW, &own(remove)).await;
    assert_eq!(forged.status, 403, "{forged:?}");
    let repairs = client.get("/v1/repairs").await.is(200);
    assert_eq!(repairs["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_gets_the_value_that_is_typed_and_a_selection_is_any() {
    let (world, _) = world_with(Options::sqlite(), 3).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let client = serve.client_with(OPERATE);
    page.get("/repairs/new").await.shows(&["Select others"]);
    // As a group of dead letters leads to it.
    page.get(&format!("{NEW}&stage=validate&status=open"))
        .await
        .shows(&["<span class=\"figure\">3</span>"]);
    let html = page.get("/repairs/new?ids=1,3").await;
    let html = html.shows(&["<span class=\"figure\">2</span>"]);
    assert!(!html.contains("id=\"choice-0\""), "no cause: {html}");

    let path = "/repairs/new?code=totals_mismatch&ids=1,3&order=&text=";
    let fields = [
        ("choice", "own"),
        ("patch", r#"[{"op":"remove","path":"/totals"}]"#),
        ("changeIdentity", "true"),
        ("reason", "INC-1"),
    ];
    let made = page.post(path, &fields).await;
    assert_eq!(made.status, 303, "{made:?}");
    let repair = client.get("/v1/repairs/1").await.is(200);
    assert_eq!(repair["total"], 2, "{repair}");
    assert_eq!(repair["changeIdentity"], true);
    assert_eq!(repair["selection"]["ids"], json!([1, 3]));
    assert_eq!(repair["actor"], "operator");
    assert_eq!(repair["problem"]["code"], "totals_mismatch");

    // All that are open are meant only where that is said.
    page.get("/dead-letters")
        .await
        .shows(&["href=\"/repairs/new?all=true\""]);
    let html = page.get("/repairs/new?all=true").await;
    let html = html.shows(&["<span class=\"figure\">3</span>"]);
    assert!(!html.contains("id=\"choice-0\""), "no cause: {html}");
    assert_eq!(page.get("/repairs/new?all=yes").await.status, 400);

    // A letter with another cause.
    let mut other = letter(7, "currency_unknown");
    other.detail = "/currency: is \"EURO\"".to_owned();
    let database = database(&world).await;
    database.store_dead_letters(&[other]).await.expect("stored");
    let path = "/repairs/new?code=currency_unknown&pointer=/currency";
    page.get(path)
        .await
        .shows(&["<span class=\"figure\">1</span>", "name=\"value\""]);
    let fields = [("choice", "0"), ("value", "EUR"), ("reason", "INC-2")];
    let made = page.post(path, &fields).await;
    assert_eq!(made.status, 303, "{made:?}");
    let repair = client.get("/v1/repairs/2").await.is(200);
    let own = [
        ("choice", "own"),
        ("patch", r#"[{"op":"remove","path":"/totals"}]"#),
        ("reason", "INC-3"),
    ];
    let made = page.post("/repairs/new?all=true", &own).await;
    assert_eq!(made.status, 303, "{made:?}");
    let all = client.get("/v1/repairs/3").await.is(200);
    assert_eq!(all["total"], 4, "{all}");
    let patch = json!([{ "op": "replace", "path": "/currency", "value": "EUR" }]);
    assert_eq!(repair["patch"], patch);
    assert_eq!(repair["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_look_like_markup_stay_texts() {
    let (world, _) = world_with(Options::sqlite(), 1).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let client = serve.client_with(OPERATE);
    let markup = "<img src=x onerror=alert(1)>";
    let patch = json!([{ "op": "add", "path": "/currency", "value": markup }]);
    tried(&page, &client, &patch, "<b>why</b>{{7*7}}").await;
    for path in ["/repairs", "/repairs/1", "/repairs/1/letters/1"] {
        let html = page.get(path).await.shows(&[]);
        assert!(!html.contains("<img") && !html.contains("<b>"), "{html}");
    }
    page.get("/repairs/1")
        .await
        .shows(&["&#60;b&#62;why&#60;/b&#62;{{7*7}}", "&#60;img src=x"]);
    page.get("/repairs/1/letters/1")
        .await
        .shows(&["line added", "&#60;img src=x"]);
}
