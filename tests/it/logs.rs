//! Logs: what an operator finds in them, and what they must not contain.

use serde_json::{Value, json};

use crate::harness::{Message, Options, World, samples};

/// The trace that the publisher began.
const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

/// Found in requests only; wherever a log holds one of these, it has quoted a request.
const PERSONAL: [&str; 9] = [
    "Quetzalina",
    "quetzalina@",
    "quetzal.example",
    "Geheimgasse",
    "Teigschaber",
    "MUG-01",
    "DE89370400440532013000",
    "+49 40 1234567",
    "Vielen Dank",
];

#[tokio::test(flavor = "multi_thread")]
async fn json_logs_report_each_document_and_contain_no_personal_data_and_no_secret() {
    let world = World::new(Options::default()).await;
    // At the level of debugging too, as far as it is this program that speaks.
    let variables = [
        ("LOG_FORMAT", "json"),
        ("RUST_LOG", "info,invoice_worker=trace"),
    ];
    let mut worker = world.worker(&variables).await;
    let good = [personal(samples::receipt()), personal(samples::invoice())];
    let bad = bad_requests();
    let mut ids = Vec::new();
    for request in &good {
        let mut message = Message::new(request.to_string());
        let traceparent = format!("00-{TRACE_ID}-b7ad6b7169203331-01");
        message.headers.push(("traceparent", traceparent));
        world.send(&message).await;
        ids.push(message.message_id);
    }
    // Twice: found stored.
    world.publish(good[0].to_string()).await;
    for body in &bad {
        world.publish(body.clone()).await;
    }
    world.wait_for_events(good.len() + 1 + bad.len()).await;
    worker.stop().await;
    world.assert_settled(good.len(), bad.len()).await;

    let log = worker.log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for id in &ids {
        assert_logs_the_whole_request(&lines, id);
    }
    assert_eq!(with_event(&lines, "already_generated").len(), 1);
    // One for each message, whatever became of it.
    let ends = with_event(&lines, "processed");
    assert_eq!(ends.len(), good.len() + 1 + bad.len());
    for (outcome, count) in [
        ("generated", good.len()),
        ("already_generated", 1),
        ("dead_lettered", bad.len()),
    ] {
        let ended = ends.iter().filter(|end| end["outcome"] == outcome);
        assert_eq!(ended.count(), count, "{outcome}");
    }
    let failed = with_event(&lines, "dead_lettered");
    assert_eq!(failed.len(), bad.len());
    for line in failed {
        assert!(
            line["code"].is_string() && line["stage"].is_string(),
            "{line}"
        );
        assert_eq!(line["span"]["name"], "message", "{line}");
        let id = &line["span"]["message_id"];
        let end = ends.iter().find(|end| end["span"]["message_id"] == *id);
        let end = end.expect("the message has an end");
        assert_eq!(
            (&end["code"], end["level"].as_str()),
            (&line["code"], Some("INFO")),
            "{end}"
        );
    }

    let secret = world.variables["AWS_SECRET_ACCESS_KEY"].as_str();
    for word in PERSONAL.iter().chain([&secret]) {
        assert!(!log.contains(word), "{word} is in the log:\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn text_logs_contain_no_personal_data_and_no_secret_either() {
    let world = World::new(Options::sqlite()).await;
    let mut worker = world.worker(&[("LOG_FORMAT", "text")]).await;
    let bad = bad_requests();
    world
        .publish(personal(samples::invoice()).to_string())
        .await;
    world.publish_many(bad.clone()).await;
    world.wait_for_events(1 + bad.len()).await;
    worker.stop().await;
    let log = worker.log();
    assert!(log.contains("outcome=\"generated\""), "{log}");
    let secret = world.variables["AWS_SECRET_ACCESS_KEY"].as_str();
    for word in PERSONAL.iter().chain([&secret]) {
        assert!(!log.contains(word), "{word} is in the log:\n{log}");
    }
}

/// Start, document, upload and end, with sizes and times, under the message's id and identity.
fn assert_logs_the_whole_request(lines: &[Value], message_id: &str) {
    let of_message = lines
        .iter()
        .filter(|line| line["span"]["message_id"] == message_id);
    let of_message: Vec<Value> = of_message.cloned().collect();
    let one = |event: &str| {
        let found = with_event(&of_message, event);
        assert_eq!(found.len(), 1, "{event}: {of_message:#?}");
        found[0].clone()
    };
    let started = one("render_started");
    assert_eq!(started["span"]["attempt"], 1, "{started}");
    assert!(
        started["span"]["identity"]
            .as_str()
            .is_some_and(|identity| identity.starts_with("tiktok/"))
    );
    assert!(started["template"].is_string(), "{started}");
    let uploaded = one("uploaded");
    assert!(
        uploaded["url"]
            .as_str()
            .is_some_and(|url| url.ends_with(".pdf")),
        "{uploaded}"
    );
    assert_eq!(one("generated")["level"], "DEBUG");
    let rendered = one("rendered");
    let finished = one("processed");
    assert_eq!(finished["outcome"], "generated");
    assert_eq!(finished["span"]["attempt"], 1, "{finished}");
    assert_eq!(finished["span"]["identity"], started["span"]["identity"]);
    assert_eq!(finished["template"], started["template"]);
    assert!(finished["template_version"].is_string(), "{finished}");
    assert_eq!(finished["trace_id"], TRACE_ID, "{finished}");
    for (line, numbers) in [
        (started, &["lines", "request_bytes"][..]),
        (uploaded, &["size_bytes"]),
        (rendered, &["pages", "size_bytes", "layout_ms", "export_ms"]),
        (
            finished,
            &[
                "lines",
                "pages",
                "request_bytes",
                "size_bytes",
                "parse_ms",
                "look_up_ms",
                "render_ms",
                "wait_ms",
                "layout_ms",
                "export_ms",
                "upload_ms",
                "record_ms",
                "publish_ms",
                "total_ms",
            ],
        ),
    ] {
        for number in numbers {
            assert!(line[number].is_u64(), "{number}: {line}");
        }
    }
}

fn with_event<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

/// The request for a buyer whose data are easy to find.
fn personal(mut request: Value) -> Value {
    request["buyer"] = json!({
        "name": "Quetzalina Öztürk",
        "electronicAddress": { "value": "quetzalina@quetzal.example", "scheme": "EM" },
        "address": { "street": "Geheimgasse", "number": "5", "city": "Hamburg", "country": "DE" },
        "contact": { "name": "Quetzalina Öztürk", "phone": "+49 40 1234567", "email": "quetzalina@quetzal.example" }
    });
    request["notes"] = json!([{ "text": "Vielen Dank" }]);
    request
}

/// Requests that fail in each stage that quotes what it reads.
fn bad_requests() -> Vec<Vec<u8>> {
    let with = |order: &str, change: fn(&mut Value)| {
        let mut request = personal(samples::with_identity(samples::invoice(), order, "1"));
        change(&mut request);
        request.to_string().into_bytes()
    };
    let mut cut_off = with("bad-0", |_| {});
    cut_off.pop();
    vec![
        cut_off,
        with("bad-1", |request| request["buyer"] = "Quetzalina".into()),
        with("bad-2", |request| request["currency"] = "Quetzalina".into()),
        with("bad-3", |request| request["locale"] = "Quetzalina".into()),
        with("bad-4", |request| {
            request["template"]["name"] = "Quetzalina".into()
        }),
        with("bad-5", |request| {
            request["lines"][0]["unitPrice"] = "Quetzalina".into()
        }),
        with("bad-6", |request| {
            request["totals"]["gross"] = "1.00".into()
        }),
        with("bad-7", |request| {
            request["marketplace"]["orderId"] = "../Quetzalina".into()
        }),
        // Fails in the template, whose words quote the text.
        with("bad-8", |request| {
            request["buyer"]["name"] = "Quetzalina 山田".into()
        }),
    ]
}
