//! What a scrape has.

use std::process::{Command, Stdio};

use lapin::types::AMQPValue;
use rustix::process::{Signal, kill_process};
use serde_json::json;
use time::OffsetDateTime;

use super::{HTTP, scrape, shows, value};
use crate::harness::{Message, Options, World, samples};
use crate::proxy::{Mode, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_has_what_happened_and_no_identity() {
    let world = World::new(Options {
        variables: vec![("RETRY_IN_PLACE_SECONDS", "0".to_owned())],
        ..Options::default()
    })
    .await;
    let (storage, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world
        .worker(&[HTTP, ("AWS_ENDPOINT_URL_S3", &endpoint)])
        .await;
    let url = worker.http_url().await;

    // Generated.
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut message = Message::new(samples::receipt().to_string());
    message.timestamp = Some(u64::try_from(now).expect("a moment after 1970") - 2);
    world.send(&message).await;
    let labels = "{lane=\"ordinary\",outcome=\"generated\"";
    shows(
        &worker,
        &format!("invoice_worker_messages_total{labels},code=\"\"}}"),
        1.0,
    )
    .await;
    // Dead-lettered.
    let mut bad = samples::invoice();
    bad["currency"] = json!("???");
    world.publish(bad.to_string()).await;
    let dead = "invoice_worker_dead_letters_total{lane=\"ordinary\",code=\"currency_unknown\"}";
    shows(&worker, dead, 1.0).await;
    // It waits until it is archived, by another program in this test.
    let queue = format!(
        "invoice_worker_queue_messages{{queue=\"{}\"}}",
        world.topology.dead
    );
    shows(&worker, &queue, 1.0).await;
    // Retried once, then generated.
    storage.set(Mode::Refuse);
    let retried = samples::with_identity(samples::invoice(), "an-order-of-one-test", "7");
    let message_id = world.publish(retried.to_string()).await;
    let retries = "invoice_worker_retries_total{lane=\"ordinary\",delay=\"1s\"}";
    shows(&worker, retries, 1.0).await;
    storage.set(Mode::Pass);
    world.assert_settled(2, 1).await;
    let generated = "invoice_worker_document_pages_count";
    shows(&worker, generated, 2.0).await;

    // A renderer that dies is replaced for the next document.
    for renderer in worker.renderers() {
        kill_process(renderer, Signal::KILL).expect("a renderer");
    }
    let further = samples::with_identity(samples::receipt(), "another-order-of-one-test", "8");
    // It is replayed, long after it was published: that says nothing of workers.
    let mut further = Message::new(further.to_string());
    further.timestamp = message.timestamp.map(|at| at - 3_600);
    let (times, failed) = ("x-replay".into(), AMQPValue::LongLongInt(1));
    further.odd_headers.insert(times, failed);
    world.send(&further).await;
    shows(&worker, generated, 3.0).await;
    // It may have been sent the document before its end was seen.
    let text = scrape(&url).await;
    let restarts = ["died", "crashed"].map(|reason| {
        let series = format!("invoice_worker_renderer_restarts_total{{reason=\"{reason}\"}}");
        value(&text, &series).unwrap_or_default()
    });
    assert_eq!(restarts.iter().sum::<f64>(), 1.0, "{text}");

    let text = scrape(&url).await;
    for (series, at_least) in [
        ("invoice_worker_messages_in_flight{lane=\"ordinary\"}", 0.0),
        ("invoice_worker_messages_in_flight{lane=\"bulk\"}", 0.0),
        (
            "invoice_worker_stage_duration_seconds_count{stage=\"parse\"}",
            4.0,
        ),
        (
            "invoice_worker_stage_duration_seconds_count{stage=\"look_up\"}",
            3.0,
        ),
        (
            "invoice_worker_stage_duration_seconds_count{stage=\"render\"}",
            3.0,
        ),
        (
            "invoice_worker_stage_duration_seconds_count{stage=\"upload\"}",
            3.0,
        ),
        (
            "invoice_worker_stage_duration_seconds_count{stage=\"record\"}",
            3.0,
        ),
        (
            "invoice_worker_stage_duration_seconds_count{stage=\"publish\"}",
            4.0,
        ),
        (
            "invoice_worker_render_part_duration_seconds_count{part=\"layout\"}",
            3.0,
        ),
        (
            "invoice_worker_publish_to_ack_seconds_sum{lane=\"ordinary\"}",
            2.0,
        ),
        (
            "invoice_worker_publish_to_ack_seconds_bucket{lane=\"ordinary\",le=\"300\"}",
            1.0,
        ),
        ("invoice_worker_document_size_bytes_count", 2.0),
        ("invoice_worker_renderers{state=\"idle\"}", 1.0),
        ("invoice_worker_renderer_slots", 1.0),
        ("invoice_worker_documents_waiting{lane=\"bulk\"}", 0.0),
        (
            "invoice_worker_renderer_restarts_total{reason=\"crashed\"}",
            0.0,
        ),
        (
            "invoice_worker_messages_total{lane=\"bulk\",outcome=\"retried\",code=\"event_refused\"}",
            0.0,
        ),
        ("invoice_worker_ready", 1.0),
        ("invoice_worker_held_back", 0.0),
        ("invoice_worker_component_up{component=\"broker\"}", 1.0),
        (
            "invoice_worker_reconnects_total{connection=\"publish\"}",
            0.0,
        ),
        ("invoice_worker_database_connections{state=\"idle\"}", 0.0),
        ("invoice_worker_database_connections_max", 1.0),
        ("process_cpu_seconds_total", 0.0),
        ("process_resident_memory_bytes", 1e6),
        ("process_open_fds", 5.0),
        ("process_start_time_seconds", 1e9),
    ] {
        let found = value(&text, series);
        assert!(
            found.is_some_and(|value| value >= at_least),
            "{series}: {found:?}\n{text}"
        );
    }
    assert!(
        text.contains("invoice_worker_build_info{version=\""),
        "{text}"
    );
    assert!(
        text.contains("invoice_worker_template_info{template=\"invoice\""),
        "{text}"
    );
    let measured = "invoice_worker_publish_to_ack_seconds_count{lane=\"ordinary\"}";
    assert_eq!(value(&text, measured), Some(1.0), "{text}");
    for personal in [
        &message.message_id,
        &message_id,
        "an-order-of-one-test",
        "tiktok",
    ] {
        assert!(!text.contains(personal), "{personal}:\n{text}");
    }
    promtool_accepts(&text);
    worker.stop().await;
}

/// `promtool check metrics` reads the format and knows the conventions.
fn promtool_accepts(text: &str) {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let path = folder.path().join("scrape");
    std::fs::write(&path, text).expect("a writable folder");
    let checked = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(std::fs::File::open(&path).expect("a file"))
        .stdout(Stdio::piped())
        .output()
        .expect("promtool is missing: run `scripts/local/install promtool`");
    let said = String::from_utf8_lossy(&checked.stderr).into_owned()
        + &String::from_utf8_lossy(&checked.stdout);
    assert!(
        checked.status.success() && said.trim().is_empty(),
        "{said}\n{text}"
    );
}
