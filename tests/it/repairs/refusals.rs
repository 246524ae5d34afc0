//! What is refused before anything is tried, and who may do what.

use serde_json::json;

use super::{as_seen, because, serve_for, token, tried, without_totals, world_with};
use crate::api::operators::{OPERATE, READ, REQUEST, serve};
use crate::harness::Options;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_repair_is_refused() {
    let (world, _) = world_with(Options::sqlite(), 1).await;
    let serve = world.serve().await;
    let client = serve.client();
    let all = json!({ "all": true });
    for (body, status, code) in [
        (
            json!({ "targets": all, "patch": without_totals() }),
            422,
            "body_invalid",
        ),
        (
            json!({ "targets": all, "patch": [], "reason": "x" }),
            422,
            "body_invalid",
        ),
        (
            json!({ "targets": all, "patch": 7, "reason": "x" }),
            422,
            "body_invalid",
        ),
        (
            json!({ "targets": {}, "patch": without_totals(), "reason": "x" }),
            422,
            "body_invalid",
        ),
        (
            json!({ "targets": { "codes": ["conflict"] }, "patch": without_totals(), "reason": "x" }),
            422,
            "body_invalid",
        ),
        (
            json!({ "targets": { "ids": [9] }, "patch": without_totals(), "reason": "x" }),
            404,
            "not_found",
        ),
    ] {
        let refused = client.post("/v1/repairs", &body).await;
        refused.is_problem(status, code);
    }
    let seen = json!({ "updatedAt": "2026-11-29T00:00:00Z" });
    for action in ["apply", "approve", "cancel", "resume"] {
        let body = match action {
            "apply" | "approve" => as_seen(&seen, &because("x")),
            _ => because("x"),
        };
        let unknown = client.post(&format!("/v1/repairs/7/{action}"), &body).await;
        unknown.is_problem(404, "not_found");
    }
    client
        .get("/v1/repairs/7")
        .await
        .is_problem(404, "not_found");
    let unknown = client.get("/v1/repairs/7/letters").await;
    unknown.is_problem(404, "not_found");
    let none = client.get("/v1/repairs").await.is(200);
    assert_eq!(none["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_repairs_and_operators_change_them() {
    let (world, _) = world_with(Options::sqlite(), 1).await;
    let people = [("ann", "operate"), ("eve", "read"), ("shop", "request")];
    let serve = serve_for(&world, &people, &[]).await;
    let [ann, eve, shop] = ["ann", "eve", "shop"].map(|name| serve.client_with(&token(name)));
    let (path, _) = tried(&ann, &without_totals()).await;
    for reader in [&eve, &shop] {
        for path in ["/v1/repairs", &path, &format!("{path}/letters")] {
            reader.get(path).await.is(200);
        }
        let body = json!({ "targets": { "all": true }, "patch": without_totals(), "reason": "x" });
        let refused = reader.post("/v1/repairs", &body).await;
        refused.is_problem(403, "forbidden");
        for action in ["apply", "approve", "cancel", "resume"] {
            let refused = reader
                .post(&format!("{path}/{action}"), &because("x"))
                .await;
            refused.is_problem(403, "forbidden");
        }
    }
    assert_eq!(ann.get(&path).await.is(200)["status"], "tried");
}

/// A repair has letters of any shop.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_some_shops_sees_no_repairs() {
    let (world, _) = world_with(Options::sqlite(), 1).await;
    let serve = serve(&world).await;
    let (path, _) = tried(&serve.client_with(OPERATE), &without_totals()).await;
    let limited = serve.client_with(READ);
    for path in ["/v1/repairs", &path, &format!("{path}/letters")] {
        limited.get(path).await.is_problem(403, "forbidden");
        serve.client_with(REQUEST).get(path).await.is(200);
    }
}
