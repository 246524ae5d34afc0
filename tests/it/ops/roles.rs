//! What roles may see, on the page and in the API.

use serde_json::{Value, json};

use super::{LOOK, OPERATE, Page, READ, REQUEST, SHOP, leads_to_sign_in, serve};
use crate::dead_letters::{database, letter};
use crate::harness::{Options, World, eventually, samples};

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_nothing_to_the_api_and_a_token_is_nothing_to_the_page() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    for path in ["/v1/status", "/v1/invoices", "/v1/dead-letters", "/metrics"] {
        page.get(path).await.is_problem(401, "unauthorized");
    }
    let body = json!({ "targets": { "all": true }, "reason": "forged" });
    let forged = page.client().post("/v1/dead-letters/discard", &body).await;
    forged.is_problem(401, "unauthorized");
    leads_to_sign_in(&serve.client_with(OPERATE).get("/").await);
    // Neither does a form with a token in its header.
    let client = serve.client_with(OPERATE);
    let action = super::post(&client, "/sign-out", &[("csrf", page.csrf())]).await;
    leads_to_sign_in(&action);
    page.get("/").await.shows(&["operator"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_looker_sees_records_without_personal_data() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[]).await;
    let serve = serve(&world).await;
    let request = samples::with_identity(samples::invoice(), "masked", "1");
    let path = format!("/v1/invoices/{}", samples::identity(&request));
    let requester = serve.client_with(REQUEST);
    requester.post_and_wait("/v1/invoices", &request, 30).await;

    let looker = serve.client_with(LOOK);
    let (masked, whole) = (
        looker.get(&path).await.is(200),
        serve.client_with(READ).get(&path).await.is(200),
    );
    // A record has nothing personal; its request has.
    assert_eq!(masked, whole);
    let name = request["buyer"]["name"].as_str().expect("a name");
    assert!(!masked.to_string().contains(name), "{masked}");
    for suffix in ["/document", "/request", "/xml"] {
        let refused = looker.get(&format!("{path}{suffix}")).await;
        let problem = refused.is_problem(403, "forbidden");
        assert!(problem["detail"].to_string().contains("read"), "{problem}");
    }
    for path in ["/v1/invoices", "/v1/templates", "/v1/fonts", "/v1/status"] {
        looker.get(path).await.is(200);
    }
}

/// Messages of checks quote what a request has.
#[tokio::test(flavor = "multi_thread")]
async fn a_looker_sees_errors_without_quoted_values() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[]).await;
    let serve = serve(&world).await;
    let mut request = samples::with_identity(samples::invoice(), "quoted", "1");
    request["currency"] = json!("ANN-4711");
    let path = format!("/v1/invoices/{}", samples::identity(&request));
    // The API would refuse it.
    world.publish(request.to_string()).await;
    let reader = serve.client_with(READ);
    let whole = eventually("the record", async || {
        let answer = reader.get(&path).await;
        if answer.status == 200 {
            Ok(answer.json())
        } else {
            Err(answer)
        }
    })
    .await;
    let has_quoted = |record: &Value| record["error"].to_string().contains("ANN-4711");
    assert!(has_quoted(&whole), "{whole}");
    let looker = serve.client_with(LOOK);
    let masked = looker.get(&path).await.is(200);
    assert_eq!(masked["error"]["code"], whole["error"]["code"]);
    assert!(!has_quoted(&masked), "{masked}");
    let list = looker.get("/v1/invoices").await.is(200);
    assert!(!has_quoted(&list["items"][0]), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_for_readers_of_all_shops() {
    let world = World::new(Options::sqlite()).await;
    let stored = database(&world).await;
    let letters = [letter(1, "totals_mismatch")];
    let stored = stored.store_dead_letters(&letters).await;
    stored.expect("stored");
    let serve = serve(&world).await;
    for (path, is_list) in [
        ("/v1/dead-letters", true),
        ("/v1/dead-letters/groups", true),
        ("/v1/dead-letters/1", true),
        ("/v1/dead-letters/1/request", false),
        ("/v1/replays", true),
        ("/v1/changes", true),
    ] {
        for token in [READ, REQUEST, OPERATE] {
            let answer = serve.client_with(token).get(path).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
            assert_eq!(
                answer.header("content-type") == Some("application/json"),
                is_list
            );
        }
        for (token, expected) in [(LOOK, "`read`"), (SHOP, "limited to shops")] {
            let refused = serve.client_with(token).get(path).await;
            let problem = refused.is_problem(403, "forbidden");
            let detail = problem["detail"].as_str().expect("a text");
            assert!(detail.contains(expected), "{path}: {detail}");
        }
    }
}
