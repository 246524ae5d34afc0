//! Personal data of old requests are erased without a person who asks for it.

use invoice_worker::database::By;
use invoice_worker::database::erasure_control::NewRetention;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::runs::{changes, until};
use crate::dead_letters::archived;
use crate::harness::{Options, eventually, samples};
use crate::observe::{scrape_by, value};
use crate::repairs::world_with;

#[tokio::test(flavor = "multi_thread")]
async fn old_requests_are_erased_by_one_of_two_servers() {
    let (world, archive) = world_with(Options::default(), 4).await;
    let mut worker = world.worker(&[]).await;
    let old = samples::invoice();
    let young = samples::with_identity(samples::invoice(), "young", "1");
    for request in [&old, &young] {
        world.publish(request.to_string()).await;
        world.wait_for_document(&samples::identity(request)).await;
    }
    worker.stop().await;
    let order = samples::identity(&old).order_id().to_owned();
    let age = "now() - interval '401 days'";
    for statement in [
        format!(
            "UPDATE sales_invoice SET created_at = {age}, generated_at = {age}, updated_at = {age}, \
             id = '00000000-0000-7000-8000-000000000001' WHERE order_id = '{order}'"
        ),
        // One is open, and one is young.
        format!("UPDATE dead_letter SET last_failed_at = {age} WHERE id <= 3"),
        "UPDATE dead_letter SET status = 'discarded' WHERE id <> 2".to_owned(),
    ] {
        world.execute(&statement).await;
    }
    let variables = [("ERASE_REQUESTS_AFTER", "400d")];
    let (one, two) = (
        world.serve_with(&variables).await,
        world.serve_with(&variables).await,
    );
    let client = one.client();
    let done = until_automatic(&client).await;
    assert_eq!(done["automatic"], true, "{done}");
    assert_eq!(done["totals"]["records"], 1, "{done}");
    assert_eq!(done["totals"]["deadLetters"], 2, "{done}");
    assert_eq!(done["totals"]["keptDeadLetters"], 1, "{done}");
    assert_eq!(done["actor"], "serve:retention", "{done}");
    assert_eq!(done["limit"], 50_000, "{done}");
    let row = world.row(&samples::identity(&old)).await.expect("a row");
    assert!(row.is_erased(), "{row:?}");
    assert_eq!(row.documents_erased_at, None);
    let row = world.row(&samples::identity(&young)).await.expect("a row");
    assert!(!row.is_erased(), "{row:?}");
    assert_eq!(world.objects().await.len(), 2, "documents stay");
    let letters = archived(&archive).await;
    let erased = letters.iter().filter(|letter| letter.erased_at.is_some());
    let erased: Vec<i64> = erased.map(|letter| letter.id).collect();
    assert_eq!(erased, [1, 3]);

    let recorded = changes(&client, "request.erase").await;
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    assert_eq!(recorded[0]["actor"], "serve:retention");
    let reason = "requests older than 400d (ERASE_REQUESTS_AFTER)";
    assert_eq!(recorded[0]["reason"], reason);
    assert_eq!(recorded[0]["counts"]["records"], 1, "{recorded:?}");
    // One of the two has created it, and one has run it.
    for event in ["retention_due", "erasure_started"] {
        let count = one.events(event).len() + two.events(event).len();
        assert_eq!(count, 1, "{event}");
    }
    let list = client.get("/v1/erasures").await.is(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");

    let ran = if one.events("erasure_started").is_empty() {
        &two
    } else {
        &one
    };
    let series = |what: &str, cause: &str| {
        format!("invoice_worker_erased_total{{what=\"{what}\",cause=\"{cause}\"}}")
    };
    let text = eventually("a scrape that counts it", async || {
        let text = scrape_by(&ran.client()).await;
        match value(&text, &series("record", "retention")) {
            Some(1.0) => Ok(text),
            _ => Err(text),
        }
    })
    .await;
    for (what, cause, expected) in [
        ("dead_letter", "retention", 2.0),
        ("document", "retention", 0.0),
        ("record", "demand", 0.0),
    ] {
        assert_eq!(value(&text, &series(what, cause)), Some(expected), "{text}");
    }
    let runs = |outcome: &str| {
        format!("invoice_worker_erasure_runs_total{{cause=\"retention\",outcome=\"{outcome}\"}}")
    };
    // The end is counted after the last row is.
    eventually("a scrape that counts the run", async || {
        let text = scrape_by(&ran.client()).await;
        match [runs("done"), runs("failed")].map(|series| value(&text, &series)) {
            [Some(1.0), Some(0.0)] => Ok(()),
            _ => Err(text),
        }
    })
    .await;
}

/// Waits for the end of the one erasure.
async fn until_automatic(client: &crate::harness::http::Client) -> Value {
    eventually("an erasure of the retention", async || {
        let answer = client.get("/v1/erasures/1").await;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
    until(client, "/v1/erasures/1", "done").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_of_the_retention_ends_at_its_bound_and_is_created_once() {
    let (world, archive) = world_with(Options::sqlite(), 5).await;
    world
        .execute("UPDATE dead_letter SET status = 'discarded'")
        .await;
    let new = |follows| NewRetention {
        before: OffsetDateTime::now_utc(),
        follows,
        rate: 100,
        at_most: 3,
        by: By {
            actor: "serve:retention",
            reason: None,
        },
    };
    let first = archive.create_retention(new(0)).await.expect("created");
    assert!(first.is_some());
    // Another server has been later.
    let second = archive.create_retention(new(0)).await.expect("refused");
    assert_eq!(second, None);
    let serve = world.serve().await;
    let client = serve.client();
    let done = until(&client, "/v1/erasures/1", "done").await;
    assert_eq!(done["totals"]["deadLetters"], 3, "{done}");
    let row = archive
        .last_retention()
        .await
        .expect("read")
        .expect("a row");
    assert!(row.is_at_its_bound(), "{row:?}");
    archive.create_retention(new(1)).await.expect("created");
    let done = until(&client, "/v1/erasures/2", "done").await;
    assert_eq!(done["totals"]["deadLetters"], 2, "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_erased_by_itself_without_the_setting_and_a_wrong_one_stops_the_start() {
    let (world, _) = world_with(Options::sqlite(), 1).await;
    for (variable, wrong) in [
        ("ERASE_REQUESTS_AFTER", "400"),
        ("ERASE_REQUESTS_AFTER", "1h"),
        ("ERASE_REQUESTS_AFTER", "soon"),
        ("ERASE_REQUESTS_PER_SECOND", "0"),
    ] {
        let variables = [(variable, wrong), ("HTTP_ADDR", "127.0.0.1:0")];
        let serve = world.program(&["serve"]).envs(variables);
        let refused = serve.run().await;
        assert_eq!(refused.code, 2, "{refused:#?}");
        assert!(refused.stderr.contains(variable), "{refused:#?}");
    }
    let serve = world.serve().await;
    let client = serve.client();
    // An erasure of a person goes through the same queue, after one that the retention had created.
    let body = json!({ "filter": { "platform": "other" }, "reason": "x" });
    let path = super::runs::create(&client, &body).await;
    until(&client, &path, "done").await;
    let list = client.get("/v1/erasures").await.is(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
}
