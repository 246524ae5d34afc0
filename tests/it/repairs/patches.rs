//! Patches that differ from letter to letter, that do not fit, and that are proposed.

use serde_json::json;

use super::{because, decide, letters, store, tried, until, without_totals, world_with};
use crate::api::operators::right;
use crate::harness::Options;

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_with_a_test_that_fails_changes_nothing() {
    let (world, database) = world_with(Options::sqlite(), 2).await;
    let mut other = crate::dead_letters::wrong(3);
    other["buyer"]["name"] = "Someone Else".into();
    store(&database, 3, &other).await;
    let serve = world.serve().await;
    let client = serve.client();
    let tested = |name: &str| {
        json!([
            { "op": "test", "path": "/buyer/name", "value": name },
            { "op": "remove", "path": "/totals" },
        ])
    };
    let (path, repair) = tried(&client, &tested("No One")).await;
    assert_eq!(
        repair["summary"],
        "0 of 3 would be issued, 3 do not fit the patch"
    );
    let refused = decide(&client, &path, "apply", &because("x")).await;
    refused.is_problem(409, "state_conflict");
    let all = letters(&client, &path).await;
    let detail = all[&1]["detail"].as_str().expect("a detail");
    assert!(
        detail.contains("/buyer/name has another value than the patch expects"),
        "{detail}"
    );
    let (path, repair) = tried(&client, &tested("Someone Else")).await;
    assert_eq!(
        repair["summary"],
        "1 of 3 would be issued, 2 do not fit the patch"
    );
    decide(&client, &path, "apply", &because("x")).await.is(200);
    assert_eq!(until(&client, &path, "replaying").await["edited"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_letter_is_patched_at_the_place_of_its_own_problem() {
    let (world, database) = world_with(Options::sqlite(), 0).await;
    for index in [0, 1] {
        let mut request = right(index);
        request["lines"][index]["quantity"] = "many".into();
        store(&database, index, &request).await;
    }
    let serve = world.serve().await;
    let client = serve.client();
    let patch = json!([{ "op": "replace", "path": "{pointer}", "value": "3" }]);
    let (path, repair) = tried(&client, &patch).await;
    assert_eq!(repair["summary"], "2 of 2 would be issued", "{repair}");
    decide(&client, &path, "apply", &because("x")).await.is(200);
    until(&client, &path, "replaying").await;
    for (index, row) in super::archived(&database).await.iter().enumerate() {
        let request: serde_json::Value = serde_json::from_slice(&row.payload).expect("JSON");
        let quantity = |line: usize| request["lines"][line]["quantity"].clone();
        assert_eq!(quantity(index), "3");
        assert_eq!(
            quantity(1 - index),
            right(index)["lines"][1 - index]["quantity"]
        );
    }
    // Problems of another code are not meant.
    let mut request = right(5);
    request["lines"][0]["quantity"] = "many".into();
    store(&database, 5, &request).await;
    let body = json!({
        "targets": { "ids": [3] }, "patch": patch, "problem": { "code": "date_invalid" }, "reason": "x"
    });
    let repair = client.post("/v1/repairs", &body).await.is(201);
    let path = format!("/v1/repairs/{}", repair["id"]);
    let repair = until(&client, &path, "tried").await;
    assert_eq!(repair["verdicts"], json!({ "patch_failed": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_is_the_patch_of_a_repair() {
    let (world, _) = world_with(Options::sqlite(), 2).await;
    let serve = world.serve().await;
    let client = serve.client();
    let query = "/v1/dead-letters/proposals?code=totals_mismatch&pointer=/totals/gross";
    let proposals = client.get(query).await.is(200);
    let proposal = &proposals["proposals"][0];
    assert_eq!(
        proposal["patch"],
        json!([{ "op": "remove", "path": "/totals/gross" }])
    );
    let body = json!({
        "targets": { "all": true }, "patch": proposal["patch"], "problem": proposal["problem"], "reason": "x"
    });
    let repair = client.post("/v1/repairs", &body).await.is(201);
    let path = format!("/v1/repairs/{}", repair["id"]);
    let repair = until(&client, &path, "tried").await;
    assert_eq!(repair["summary"], "2 of 2 would be issued", "{repair}");

    // One that lacks its value is no patch yet.
    let query = "/v1/dead-letters/proposals?code=currency_unknown&pointer=/currency";
    let proposals = client.get(query).await.is(200);
    let lacking = &proposals["proposals"][0];
    assert!(lacking["value"].is_string(), "{lacking}");
    let body = json!({ "targets": { "all": true }, "patch": lacking["patch"], "reason": "x" });
    let refused = client.post("/v1/repairs", &body).await;
    refused.is_problem(422, "body_invalid");
    let filled = client.get(&format!("{query}&value=EUR")).await.is(200);
    assert_eq!(filled["proposals"][0]["patch"][0]["value"], "EUR");
    assert_eq!(filled["proposals"][0]["value"], json!(null));
}

/// A letter that the patch leaves as it is, and one whose request is not JSON, are no reason to stop.
#[tokio::test(flavor = "multi_thread")]
async fn letters_that_cannot_be_patched_have_a_verdict_too() {
    let (world, database) = world_with(Options::sqlite(), 1).await;
    let mut broken = crate::dead_letters::letter(2, "request_malformed");
    broken.payload = b"{".to_vec();
    database
        .store_dead_letters(&[broken])
        .await
        .expect("stored");
    store(&database, 3, &right(3)).await;
    let serve = world.serve().await;
    let client = serve.client();
    let merge = json!({ "totals": null });
    let (path, repair) = tried(&client, &merge).await;
    assert_eq!(
        repair["verdicts"],
        json!({ "would_issue": 1, "patch_failed": 1, "unchanged": 1 }),
        "{:?}",
        letters(&client, &path).await
    );
    let (_, repair) = tried(&client, &without_totals()).await;
    assert_eq!(
        repair["verdicts"],
        json!({ "would_issue": 1, "patch_failed": 2 })
    );
}
