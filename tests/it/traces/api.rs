//! The spans of calls of the API.

use super::{ORDER_SPAN, TRACE, traceparent, world_of};
use crate::harness::{Collector, Options, TestSpan, World, samples};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_over_http_is_in_the_trace_of_its_client() {
    let collector = Collector::start().await;
    let world = world_of(&collector).await;
    let mut worker = world.worker(&[]).await;
    let mut serve = world.serve().await;
    let client = serve.client().header("traceparent", &traceparent("01"));
    let created = client
        .post_and_wait("/v1/invoices", &samples::receipt(), 30)
        .await
        .is(201);
    assert_eq!(created["traceId"], TRACE);
    let problem = client
        .get("/v1/invoices/a/b/c/d/e")
        .await
        .is_problem(404, "not_found");
    assert_eq!(problem["traceId"], TRACE);
    worker.stop().await;
    serve.stop().await;

    let spans = collector.trace(TRACE);
    let named = |name: &str| -> &TestSpan {
        let found = spans.iter().find(|span| span.name.starts_with(name));
        found.unwrap_or_else(|| panic!("no {name}: {spans:#?}"))
    };
    let call = named("POST /v1/invoices");
    assert_eq!((call.kind, &*call.parent), ("server", ORDER_SPAN));
    assert_eq!(call.attribute("http.route"), "/v1/invoices");
    assert_eq!(call.attribute("http.response.status_code"), "201");
    let sent = spans
        .iter()
        .find(|span| span.kind == "producer" && span.parent == call.id);
    let sent = sent.unwrap_or_else(|| panic!("no span of publishing: {spans:#?}"));
    assert_eq!(named("process ").parent, sent.id);
    // What the client got wrong is no failure of the program.
    let missing = named("GET /v1/invoices/{platform}");
    assert_eq!(missing.attribute("http.response.status_code"), "404");
    assert!(!missing.is_error, "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_traces_the_context_of_a_client_goes_along() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let client = serve.client().header("traceparent", &traceparent("01"));
    let request = samples::receipt();
    client
        .post_and_wait("/v1/invoices", &request, 30)
        .await
        .is(201);
    let row = world.wait_for_document(&samples::identity(&request)).await;
    assert_eq!(row.trace_id.as_deref(), Some(TRACE));
    worker.stop().await;
}
