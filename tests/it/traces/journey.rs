//! The spans of whole journeys, with a retry, a dead letter and a replay.

use std::collections::BTreeSet;

use invoice_worker::database::Database;
use invoice_worker::database::dead_letter::Model;
use invoice_worker::database::dead_letters::Selection;
use serde_json::{Value, json};

use super::{ORDER_SPAN, TRACE, parts, traceparent, world_of};
use crate::harness::{Collector, Message, Received, TestSpan, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// Names that only a request has; and the secret of the bucket's keys.
const PERSONAL: [&str; 3] = ["Quetzalina", "Geheimgasse", "embedded-very-secret"];

fn personal(mut request: Value) -> Value {
    request["buyer"] = json!({
        "name": "Quetzalina Öztürk",
        "address": { "street": "Geheimgasse", "city": "Hamburg", "country": "DE" },
    });
    request
}

fn from_order_service(body: &Value, flags: &str) -> Message {
    Message {
        headers: vec![
            ("traceparent", traceparent(flags)),
            ("tracestate", "vendor=1".to_owned()),
        ],
        correlation_id: Some("order-service-42".to_owned()),
        ..Message::new(body.to_string())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_from_the_order_service_over_a_retry_to_the_event() {
    let collector = Collector::start().await;
    let world = world_of(&collector).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    proxy.set(Mode::Refuse);
    let message = from_order_service(&personal(samples::receipt()), "01");
    world.send(&message).await;
    worker.emits("retry_scheduled").await;
    proxy.set(Mode::Pass);
    let identity = samples::identity(&samples::receipt());
    let row = world.wait_for_document(&identity).await;
    assert_eq!(row.trace_id.as_deref(), Some(TRACE));
    let events = world.wait_for_events(1).await;
    // What is left is sent at the end.
    worker.stop().await;

    let spans = collector.trace(TRACE);
    assert_eq!(spans.len(), collector.spans().len(), "one trace");
    let attempts = processing(&spans);
    let [first, last] = [attempts[0], attempts[attempts.len() - 1]];
    assert!(attempts.len() >= 2, "{spans:#?}");

    // The first attempt is within the order service's span.
    let exchange = &world.topology.exchange;
    let queue = &world.topology.requests;
    let consumed = format!("{exchange}:invoice.requested:{queue}");
    assert_eq!(first.name, format!("process {consumed}"));
    assert_eq!((first.kind, &*first.parent), ("consumer", ORDER_SPAN));
    assert_eq!((&*first.state, first.links.len()), ("vendor=1", 0));
    for (name, value) in [
        ("messaging.system", "rabbitmq"),
        ("messaging.operation.name", "process"),
        ("messaging.operation.type", "process"),
        ("messaging.destination.name", &consumed),
        ("messaging.message.id", &message.message_id),
        ("messaging.message.conversation_id", "order-service-42"),
        ("invoice.lane", "ordinary"),
        ("invoice.attempt", "1"),
        ("invoice.identity", &identity.to_string()),
        ("invoice.outcome", "retry"),
        ("invoice.failure.stage", "store"),
        ("error.type", "storage_unreachable"),
    ] {
        assert_eq!(first.attribute(name), value, "{name}");
    }
    assert!(first.is_error, "{first:?}");
    assert!(first.attributes.contains_key("server.port"), "{first:?}");
    assert_eq!(
        steps(&spans, first),
        ["look up", "parse", "render", "send", "settle", "upload"]
    );
    let upload = within(&spans, first, "upload");
    assert_eq!(upload.attribute("error.type"), "storage_unreachable");
    let received = within_context(&spans, ORDER_SPAN, &format!("receive {consumed}"));
    assert_eq!(received.kind, "client");
    assert!(received.began <= received.ended && received.ended <= first.ended);

    // Each further one is within the publishing of its message, with a link to the one before.
    for pair in attempts.windows(2) {
        let [before, after] = pair else { continue };
        let sent = within(&spans, before, "send");
        assert_eq!(sent.kind, "producer");
        let retry_queue = format!("send {queue}.retry.");
        assert!(sent.name.starts_with(&retry_queue), "{sent:?}");
        assert_eq!(after.parent, sent.id);
        assert_eq!(after.links, [(TRACE.to_owned(), before.id.clone())]);
        assert_eq!(after.name, format!("process {queue}"));
    }

    // The last one ends with the event.
    assert_eq!(last.attribute("invoice.outcome"), "generated");
    assert!(!last.is_error, "{last:?}");
    assert_eq!(
        steps(&spans, last),
        [
            "look up", "parse", "record", "render", "send", "settle", "upload"
        ]
    );
    assert_eq!(within(&spans, last, "settle").kind, "client");
    let published = within(&spans, last, "send");
    assert_eq!(published.name, format!("send {exchange}:invoice.generated"));
    let sent = parts(events[0].header("traceparent"));
    assert_eq!(sent, (TRACE, &*published.id, "01"));
    assert_eq!(events[0].header("tracestate"), "vendor=1");
    assert!(!events[0].headers.contains_key("x-origin-traceparent"));
    let event = events[0].json();
    let made = event["traceparent"].as_str().expect("a context");
    assert_eq!(parts(made), (TRACE, &*last.id, "01"));

    let render = within(&spans, last, "render");
    assert_eq!(render.attribute("invoice.template.name"), "receipt");
    let renderer = within(&spans, render, "renderer");
    assert_eq!(renderer.attribute("invoice.document.pages"), "1");
    assert_ne!(
        renderer.attribute("process.pid"),
        renderer.resource["process.pid"]
    );
    assert!(renderer.began >= render.began && renderer.ended <= render.ended);

    assert_eq!(first.resource["service.name"], "invoice-worker");
    assert_says_nothing_personal(&spans);
    assert_logs_have_ids(&worker.log(), &message.message_id, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_begins_a_trace_with_a_link_to_the_attempt_that_failed() {
    let collector = Collector::start().await;
    let world = world_of(&collector).await;
    let archiving = [
        ("ARCHIVE_DEAD_LETTERS", "true"),
        ("REQUEST_MAX_BYTES", "1024"),
    ];
    let mut worker = world.worker(&archiving).await;
    let mut body = personal(samples::receipt());
    // Too large for the first worker.
    body["padding"] = "x".repeat(1_024).into();
    world.send(&from_order_service(&body, "01")).await;
    let letter = archived(&world).await;
    worker.stop().await;

    let spans = collector.trace(TRACE);
    let [failed] = processing(&spans)[..] else {
        panic!("one attempt: {spans:#?}");
    };
    assert_eq!(failed.attribute("invoice.outcome"), "dead_letter");
    assert_eq!(failed.attribute("error.type"), "request_too_large");
    let sent: BTreeSet<&str> = children(&spans, failed)
        .filter(|span| span.kind == "producer")
        .map(|span| span.name.as_str())
        .collect();
    let topology = &world.topology;
    let dead = format!("send {}:invoice.requested", topology.dead_exchange);
    let event = format!("send {}:invoice.failed", topology.exchange);
    assert_eq!(sent, [&*event, &*dead].into());
    let headers: Value = serde_json::from_str(&letter.headers).expect("JSON");
    let origin = headers["x-origin-traceparent"].as_str().expect("a text");
    assert_eq!(parts(origin), (TRACE, &*failed.id, "01"));
    let exported = world.program(&["dead-letters", "export"]).run().await;
    let exported: Value = serde_json::from_str(&exported.succeeded()).expect("JSON");
    assert_eq!(exported["traceId"], TRACE);

    let mut worker = world.worker(&[]).await;
    let replayed = world
        .program(&["dead-letters", "replay", "1", "--reason", "it is fixed"])
        .run()
        .await;
    replayed.succeeded();
    let identity = samples::identity(&samples::receipt());
    let row = world.wait_for_document(&identity).await;
    worker.stop().await;
    let trace = row.trace_id.as_deref().expect("a trace");
    assert_ne!(trace, TRACE);
    let spans = collector.trace(trace);
    let link = [(TRACE.to_owned(), failed.id.clone())];
    let sent = spans.iter().find(|span| span.parent.is_empty());
    let sent = sent.expect("the first span");
    assert_eq!((sent.kind, &sent.links[..]), ("producer", &link[..]));
    assert_eq!(sent.attribute("invoice.replay.dead_letter"), "1");
    let [attempt] = processing(&spans)[..] else {
        panic!("one attempt: {spans:#?}");
    };
    assert_eq!((&attempt.parent, &attempt.links[..]), (&sent.id, &link[..]));
    assert_says_nothing_personal(&collector.spans());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_publishes_begins_the_trace_of_each_request_and_sends_its_spans_at_its_end()
{
    let collector = Collector::start().await;
    let world = world_of(&collector).await;
    let mut worker = world.worker(&[]).await;
    let publish = async |order: &str, compression: &str| {
        let request = samples::with_identity(samples::receipt(), order, "1");
        let run = world
            .program(&["request", "-"])
            .envs([("OTEL_EXPORTER_OTLP_COMPRESSION", compression)])
            .input(request.to_string())
            .run();
        run.await.succeeded();
        let identity = samples::identity(&request);
        world.wait_for_document(&identity).await
    };
    let row = publish("plain", "none").await;
    let compressed = publish("compressed", "gzip").await;
    worker.stop().await;

    let spans = collector.trace(row.trace_id.as_deref().expect("a trace"));
    let sent = spans.iter().find(|span| span.parent.is_empty());
    let sent = sent.expect("the first span");
    assert_eq!((sent.kind, sent.links.len()), ("producer", 0));
    let [attempt] = processing(&spans)[..] else {
        panic!("one attempt: {spans:#?}");
    };
    assert_eq!(attempt.parent, sent.id);
    assert_ne!(
        attempt.resource["process.pid"],
        sent.resource["process.pid"]
    );

    assert_ne!(compressed.trace_id, row.trace_id);
    let headers = collector.headers();
    let compressed = headers.iter().filter(|headers| {
        headers
            .get("content-encoding")
            .is_some_and(|encoding| encoding == "gzip")
    });
    assert_eq!(compressed.count(), 1, "{headers:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_a_context_begins_a_trace_and_one_that_is_not_sampled_leaves_no_spans() {
    let collector = Collector::start().await;
    let world = world_of(&collector).await;
    let mut worker = world.worker(&[("LOG_FORMAT", "text")]).await;
    world.publish(samples::receipt().to_string()).await;
    let row = |request: Value| {
        let identity = samples::identity(&request);
        let world = &world;
        async move { world.wait_for_document(&identity).await }
    };
    let begun = row(samples::receipt()).await;
    let unsampled = samples::with_identity(samples::receipt(), "unsampled", "1");
    world.send(&from_order_service(&unsampled, "00")).await;
    let unsampled = row(unsampled).await;
    // In a CloudEvent.
    let data = samples::with_identity(samples::receipt(), "event", "1");
    let other = format!("00-{}-{ORDER_SPAN}-01", TRACE.replace('0', "1"));
    let event = json!({
        "specversion": "1.0", "type": "invoice.requested.v1", "id": "e1", "source": "/orders",
        "traceparent": other, "tracestate": "vendor=2", "data": data,
    });
    world
        .send(&Message {
            content_type: "application/cloudevents+json",
            ..Message::new(event.to_string())
        })
        .await;
    let enveloped = row(data).await;
    let events = world.wait_for_events(3).await;
    worker.stop().await;

    let trace = begun.trace_id.as_deref().expect("a trace");
    let spans = collector.trace(trace);
    let roots: Vec<&TestSpan> = spans.iter().filter(|span| span.parent.is_empty()).collect();
    let [root] = roots[..] else {
        panic!("one root: {spans:#?}");
    };
    assert!(root.name.starts_with("receive "), "{root:?}");
    let [attempt] = processing(&spans)[..] else {
        panic!("one attempt: {spans:#?}");
    };
    assert_eq!(attempt.parent, root.id);
    let ids = format!("trace_id=\"{trace}\" span_id=\"{}\"", attempt.id);
    assert!(worker.log().contains(&ids), "{ids}: {}", worker.log());

    assert_eq!(unsampled.trace_id.as_deref(), Some(TRACE));
    assert_eq!(collector.trace(TRACE), []);
    let of = |received: &&Received| {
        received.json()["subject"]
            .as_str()
            .is_some_and(|subject| subject.contains("unsampled"))
    };
    let event = events.iter().find(of).expect("its event");
    let (trace, span, flags) = parts(event.header("traceparent"));
    assert_eq!((trace, flags), (TRACE, "00"));
    assert_ne!(span, ORDER_SPAN);

    assert_eq!(enveloped.trace_id.as_deref(), Some(parts(&other).0));
    let spans = collector.trace(parts(&other).0);
    let [attempt] = processing(&spans)[..] else {
        panic!("one attempt: {spans:#?}");
    };
    assert_eq!(
        (&*attempt.parent, &*attempt.state),
        (ORDER_SPAN, "vendor=2")
    );
}

/// The spans of attempts, in the order of time.
fn processing(spans: &[TestSpan]) -> Vec<&TestSpan> {
    let found = spans
        .iter()
        .filter(|span| span.name.starts_with("process "));
    let mut found: Vec<&TestSpan> = found.collect();
    found.sort_by_key(|span| span.began);
    found
}

fn children<'a>(spans: &'a [TestSpan], parent: &TestSpan) -> impl Iterator<Item = &'a TestSpan> {
    spans.iter().filter(|span| span.parent == parent.id)
}

/// The names of the spans in another one, without destinations.
fn steps(spans: &[TestSpan], parent: &TestSpan) -> Vec<String> {
    let names = children(spans, parent).filter(|span| {
        !["receive ", "process "]
            .iter()
            .any(|other| span.name.starts_with(other))
    });
    let mut names: Vec<String> = names
        .map(
            |span| match span.attributes.get("messaging.operation.type") {
                Some(operation) => operation.clone(),
                None => span.name.clone(),
            },
        )
        .collect();
    names.sort();
    names
}

/// The only one of this name, or of this operation, in another one.
#[track_caller]
fn within<'a>(spans: &'a [TestSpan], parent: &TestSpan, name: &str) -> &'a TestSpan {
    within_context(spans, &parent.id, name)
}

#[track_caller]
fn within_context<'a>(spans: &'a [TestSpan], parent: &str, name: &str) -> &'a TestSpan {
    let operation = format!("{name} ");
    let is_it = |span: &&TestSpan| {
        span.parent == parent && (span.name == name || span.name.starts_with(&operation))
    };
    let found: Vec<&TestSpan> = spans.iter().filter(is_it).collect();
    let [found] = found[..] else {
        panic!("one {name} in {parent}: {spans:#?}");
    };
    found
}

fn assert_says_nothing_personal(spans: &[TestSpan]) {
    let all = spans
        .iter()
        .map(|span| format!("{span:?} {:?}", span.resource));
    for text in all {
        for word in PERSONAL {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}

fn assert_logs_have_ids(log: &str, message_id: &str, attempt: &TestSpan) {
    let lines = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let lines: Vec<Value> = lines
        .filter(|line: &Value| {
            line["span"]["message_id"] == message_id && line["span"]["attempt"] == 1
        })
        .collect();
    assert!(!lines.is_empty(), "{log}");
    for line in lines {
        assert_eq!(line["span"]["trace_id"], TRACE, "{line}");
        assert_eq!(line["span"]["span_id"], *attempt.id, "{line}");
    }
}

/// The only dead letter, once it is archived.
async fn archived(world: &World) -> Model {
    let url = world.settings.database.url().expect("a URL");
    let database = Database::connect(url, false).await.expect("a database");
    eventually("a dead letter in the archive", async || {
        let rows = database.dead_letters(&Selection::default(), 0, 10).await;
        let mut rows = rows.expect("the archive can be read");
        rows.pop().ok_or("none")
    })
    .await
}
