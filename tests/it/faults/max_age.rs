//! An outage that outlasts `RETRY_MAX_AGE_SECONDS`.

use invoice_worker::database::Status;
use lapin::types::{AMQPValue, FieldTable};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::impatient;
use crate::harness::{Message, Received, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_too_long_is_dead_lettered_with_its_attempts() {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let variables = [
        ("AWS_ENDPOINT_URL_S3", &*endpoint),
        ("RETRY_MAX_AGE_SECONDS", "3"),
    ];
    let mut worker = world.worker(&variables).await;
    proxy.set(Mode::Refuse);
    let requests = samples::many(3);
    world.publish_many(requests.clone()).await;

    let dead = eventually("three dead letters", async || {
        let dead = world.dead_letters().await;
        if dead.len() == 3 { Ok(dead) } else { Err(dead) }
    })
    .await;
    for letter in &dead {
        assert_eq!(letter.header("x-error-code"), "storage_unreachable");
        assert_eq!(letter.header("x-error-stage"), "store");
        let attempt: u32 = letter.header("x-attempt").parse().expect("a number");
        assert!(attempt >= 2, "{attempt}");
        let age = moment(letter, "x-failed-at") - moment(letter, "x-first-received-at");
        assert!(age.whole_seconds() >= 3, "{age}");
        assert!(requests.contains(&letter.body));
    }

    // The record of the invoice has the reason.
    let rows = world.rows().await;
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert_eq!(row.status, Status::Failed);
        assert_eq!(row.error_code.as_deref(), Some("storage_unreachable"));
    }

    // Sent once more after the outage, it is a request like any other.
    proxy.set(Mode::Pass);
    world.publish_many(requests).await;
    world.assert_settled(3, 3).await;
    worker.stop().await;
    world.assert_settled(3, 3).await;
}

fn moment(letter: &Received, header: &str) -> OffsetDateTime {
    OffsetDateTime::parse(letter.header(header), &Rfc3339).expect("a date and time")
}

/// The headers of this program, sent by another one.
#[tokio::test(flavor = "multi_thread")]
async fn an_age_and_attempts_that_a_publisher_claims_are_not_believed() {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    proxy.set(Mode::Refuse);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    for (request, first_received_at) in samples::many(2).into_iter().zip(["2001", "2999"]) {
        let mut odd_headers = FieldTable::default();
        odd_headers.insert("x-attempt".into(), AMQPValue::LongLongInt(1_000_000));
        let first_received_at = format!("{first_received_at}-01-01T00:00:00Z");
        world
            .send(&Message {
                headers: vec![("x-first-received-at", first_received_at)],
                odd_headers,
                ..Message::new(request)
            })
            .await;
    }
    // Each is retried as what it is: the first attempt, then the second.
    worker.reaches_attempt(2).await;
    proxy.set(Mode::Pass);
    world.assert_settled(2, 0).await;
    worker.stop().await;
}
