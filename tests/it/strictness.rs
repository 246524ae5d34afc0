//! Members that are no field: ignored and warned of, or refused where that is asked for.

use lapin::types::AMQPValue;
use serde_json::{Value, json};

use crate::harness::{Message, Options, World, eventually, samples};

/// Valid, with a rate that is a fraction, a name that nearly is a field, and one that is of somebody else.
fn suspicious(sequence_number: &str) -> Value {
    let mut request = samples::with_identity(samples::receipt(), "order456", sequence_number);
    request["lines"][0]["tax"]["rate"] = json!("0.19");
    request["lines"][0]["netAmmount"] = json!("1.00");
    request["trackingCode"] = json!("T-1");
    request
}

fn message(body: &Value, strict: Option<AMQPValue>) -> Message {
    let mut message = Message::new(body.to_string());
    if let Some(value) = strict {
        message.odd_headers.insert("x-strict".into(), value);
    }
    message
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_warns_of_what_is_suspicious_and_the_document_is_the_same() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    // Twice: the second answer is that of a document that was generated before.
    for strict in [None, Some(AMQPValue::Boolean(false))] {
        world.send(&message(&suspicious("1"), strict)).await;
    }
    let events = world.wait_for_events(2).await;
    for event in &events {
        let event = event.json();
        assert_eq!(
            event["data"]["warnings"],
            json!([
                {
                    "pointer": "/lines/0/netAmmount",
                    "code": "field_misspelt",
                    "detail": "unknown field, which is ignored; netAmount?"
                },
                {
                    "pointer": "/lines/0/tax/rate",
                    "code": "rate_unusual",
                    "detail": "is 0.19 percent; rates are in percent, like \"19\""
                },
            ])
        );
    }
    // The document is that of the request without what is ignored.
    let row = world
        .wait_for_document(&samples::identity(&suspicious("1")))
        .await;
    let mut plain = suspicious("1");
    plain
        .as_object_mut()
        .expect("an object")
        .remove("trackingCode");
    let line = plain["lines"][0].as_object_mut().expect("an object");
    line.remove("netAmmount");
    let rendered = world.program(&["render", "-", "-o", "plain.pdf"]);
    rendered.input(plain.to_string()).run().await.succeeded();
    let pdf = world
        .object(row.object_key.as_deref().expect("a key"))
        .await;
    assert!(pdf == std::fs::read(world.path("plain.pdf")).expect("a PDF"));
    // The digest of the request is that of all of it.
    let parsed = invoice::parse(suspicious("1").to_string().as_bytes(), 1 << 20);
    let digest = parsed.expect("JSON").digest.to_string();
    assert_eq!(row.request_digest, digest);
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_or_the_setting_asks_for_a_strict_check() {
    let world = World::new(Options::default()).await;
    let check = async |worker: &[(&str, &str)], sequence_number: &str, strict| {
        let mut worker = world.worker(worker).await;
        let before = world.dead_letters().await.len();
        world
            .send(&message(&suspicious(sequence_number), strict))
            .await;
        let dead = eventually("a dead letter", async || {
            world.dead_letters().await.get(before).cloned().ok_or(())
        })
        .await;
        assert_eq!(dead.header("x-error-code"), "field_unknown");
        let detail = dead.header("x-error-detail");
        assert_eq!(
            detail,
            "/lines/0/netAmmount: unknown field; netAmount?; /trackingCode: unknown field"
        );
        worker.stop().await;
    };
    check(&[], "1", Some(AMQPValue::Boolean(true))).await;
    check(&[], "2", Some(AMQPValue::LongString("True".into()))).await;
    check(&[("REQUEST_STRICT", "true")], "3", None).await;
    world.assert_settled(0, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_checks_strictly_where_the_call_or_the_setting_asks_for_it() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let client = serve.client();
    let request = suspicious("1");

    let valid = client.post("/v1/validate", &request).await.is(200);
    assert_eq!(valid["warnings"][0]["pointer"], "/lines/0/netAmmount");
    assert_eq!(valid["warnings"][1]["code"], "rate_unusual");
    for path in ["/v1/validate", "/v1/preview", "/v1/invoices"] {
        let refused = client.post(&format!("{path}?strict=true"), &request).await;
        let problem = refused.is_problem(422, "field_unknown");
        assert_eq!(problem["errors"][1]["pointer"], "/trackingCode", "{path}");
        // What is a problem is not warned of as well.
        assert_eq!(problem["warnings"][0]["code"], "rate_unusual", "{path}");
        assert_eq!(problem["warnings"][1], Value::Null, "{path}");
    }
    let accepted = client.post("/v1/invoices?strict=false", &request).await;
    assert_eq!(accepted.is(202)["warnings"], valid["warnings"]);

    // What is missing may be there under another name.
    let mut misspelt = samples::receipt();
    let members = misspelt.as_object_mut().expect("an object");
    let date = members.remove("issueDate").expect("a date");
    members.insert("issue_date".into(), date);
    let problem = client.post("/v1/validate", &misspelt).await;
    let problem = problem.is_problem(422, "field_missing");
    assert_eq!(problem["errors"][0]["pointer"], "/issueDate");
    assert_eq!(problem["warnings"][0]["pointer"], "/issue_date");

    let serve = world.serve_with(&[("REQUEST_STRICT", "true")]).await;
    let refused = serve.client().post("/v1/validate", &request).await;
    refused.is_problem(422, "field_unknown");
}
