//! A bulk request that fails stays in its lane.

use invoice_worker::broker::Lane;
use serde_json::json;

use super::{requests, span};
use crate::faults::impatient;
use crate::harness::{Message, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_request_is_retried_in_its_lane() {
    let world = World::new(impatient()).await;
    let (storage, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    storage.set(Mode::Refuse);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    world.publish_bulk(requests(Lane::Bulk, 1)).await;
    worker.reaches_attempt(3).await;
    storage.set(Mode::Pass);
    world.assert_settled(1, 0).await;
    worker.stop().await;
    world.assert_settled(1, 0).await;

    let log = worker.log();
    let lines = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let lanes: Vec<_> = lines.filter_map(|line| span(&line, "lane")).collect();
    assert!(lanes.iter().all(|lane| lane == "bulk"), "{lanes:?}");
    assert!(worker.events("retry_scheduled").len() >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_of_the_bulk_lane_says_so_also_after_a_retry() {
    let mut options = impatient();
    options
        .variables
        .push(("ARCHIVE_DEAD_LETTERS", "true".into()));
    let world = World::new(options).await;
    let (storage, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    storage.set(Mode::Refuse);
    let variables = [
        ("AWS_ENDPOINT_URL_S3", endpoint.as_str()),
        ("RETRY_MAX_AGE_SECONDS", "1"),
    ];
    let mut worker = world.worker(&variables).await;
    let mut wrong = samples::with_identity(samples::receipt(), "bulk-wrong", "1");
    wrong["totals"] = json!({ "gross": "1.00" });
    let retried = requests(Lane::Bulk, 1);
    world
        .publish_bulk(retried.chain([wrong.to_string().into_bytes()]))
        .await;
    let both = ["dead-letters", "export"];
    eventually("two dead letters", async || {
        let printed = world.program(&both).run().await.succeeded();
        let lines = printed.matches("\"invoice.requested.bulk\"").count();
        if lines == 2 { Ok(()) } else { Err(printed) }
    })
    .await;
    worker.stop().await;

    // Replays are bulk requests, unless the operator says otherwise.
    let replay = ["dead-letters", "replay", "1", "--reason", "it is fixed"];
    world.program(&replay).run().await.succeeded();
    assert_eq!(world.lane_len(Lane::Bulk).await, 1);
    let replay = [
        "dead-letters",
        "replay",
        "2",
        "--lane",
        "ordinary",
        "--reason",
        "it is fixed",
    ];
    world.program(&replay).run().await.succeeded();
    assert_eq!(world.lane_len(Lane::Bulk).await, 1);
    assert_eq!(world.lane_len(Lane::Ordinary).await, 1);
}

/// The same request may come through both lanes at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_both_lanes_is_one_document() {
    const COUNT: usize = 40;
    let world = World::new(impatient()).await;
    let bodies = samples::many(COUNT);
    world.publish_bulk(bodies.clone()).await;
    world.publish_many(bodies.clone()).await;
    let message = Message {
        lane: Lane::Bulk,
        ..Message::new(bodies[0].clone())
    };
    world.send(&message).await;
    let mut worker = world.worker(&[]).await;
    world.assert_settled(COUNT, 0).await;
    worker.stop().await;
    world.assert_settled(COUNT, 0).await;
    assert_eq!(
        world.wait_for_events(2 * COUNT + 1).await.len(),
        2 * COUNT + 1
    );
}
