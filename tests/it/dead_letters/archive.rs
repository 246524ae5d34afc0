//! What the row of a dead letter holds, and how it follows what happens to its message.

use invoice_worker::database::DeadLetterStatus;
use lapin::BasicProperties;
use lapin::options::{BasicGetOptions, BasicRejectOptions};
use lapin::types::AMQPValue;
use serde_json::Value;

use super::{
    ARCHIVING, archived, channel, database, has_archived, is_recent, letter, publish_raw, text,
    wait_for_open, wrong,
};
use crate::harness::{Message, Options, World, eventually, refuse_all_but_ascii, samples};

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_archived_with_everything_on_postgresql() {
    a_dead_letter_is_archived_with_everything(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_archived_with_everything_on_sqlite() {
    a_dead_letter_is_archived_with_everything(Options::sqlite()).await;
}

async fn a_dead_letter_is_archived_with_everything(options: Options) {
    let world = World::new(options).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    let body = wrong(1).to_string().into_bytes();
    let message = Message {
        headers: vec![("tenant", "Zoë".to_owned())],
        correlation_id: Some("c1".into()),
        ..Message::new(body.clone())
    };
    world.send(&message).await;

    let row = wait_for_open(&database, 1).await.remove(0);
    assert_eq!(row.payload, body);
    assert_eq!(row.message_id.as_ref(), Some(&message.message_id));
    assert_eq!(row.exchange, world.topology.dead_exchange);
    assert_eq!(row.routing_key, "invoice.requested");
    assert_eq!(
        (row.code.as_str(), row.stage.as_str()),
        ("totals_mismatch", "validate")
    );
    assert!(
        row.detail.starts_with("/totals/gross: is 1.00"),
        "{}",
        row.detail
    );
    assert_eq!((row.attempts, row.failures), (1, 1));
    assert_eq!(row.invoice().to_string(), "tiktok/shop123/wrong-1/pkg789/1");
    assert!(row.worker.is_some());
    assert!(is_recent(row.first_failed_at) && row.first_failed_at == row.last_failed_at);
    let headers: Value = serde_json::from_str(&row.headers).expect("JSON");
    assert_eq!(headers["tenant"], "Zoë");
    assert_eq!(headers["x-attempt"], 1);
    assert_eq!(headers["x-error-code"], "totals_mismatch");
    let properties: Value = serde_json::from_str(&row.properties).expect("JSON");
    assert_eq!(properties["correlation_id"], "c1");
    has_archived(&worker, 1).await;
    worker.stop().await;
    assert_eq!(world.queue_len(&world.topology.dead).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_not_text_are_archived_as_they_are() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let _worker = world.worker(&[ARCHIVING]).await;
    let (_connection, channel) = channel(&world).await;
    let body = b"\xff\0\xfe";
    let headers = [
        (
            "not text",
            AMQPValue::LongString(lapin::types::LongString::from(vec![255, 0])),
        ),
        ("nul", text("a\0b")),
        ("number", AMQPValue::LongLongInt(7)),
    ];
    let properties = BasicProperties::default().with_message_id("m\0".into());
    publish_raw(
        &channel,
        &world.topology.exchange,
        body,
        &headers,
        properties,
    )
    .await;

    let row = wait_for_open(&database, 1).await.remove(0);
    assert_eq!(row.payload, body);
    assert_eq!(row.code, "request_malformed");
    let headers: Value = serde_json::from_str(&row.headers).expect("JSON");
    assert_eq!(headers["not text"]["$text"], "/wA=");
    assert_eq!(headers["nul"], "a\0b");
    assert_eq!(headers["number"], 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_dead_letters_is_archived_with_a_reason() {
    let world = World::new(Options {
        variables: vec![("DELIVERY_LIMIT", "2".to_owned())],
        ..Options::default()
    })
    .await;
    let database = database(&world).await;
    let id = world.publish(samples::receipt().to_string()).await;
    let (_connection, channel) = channel(&world).await;
    // A consumer that fails every time, until the delivery limit is reached.
    eventually("the broker's dead letter", async || {
        let queue = world.topology.requests.as_str().into();
        let got = channel.basic_get(queue, BasicGetOptions::default()).await;
        if let Some(message) = got.expect("the queue can be read") {
            let again = BasicRejectOptions { requeue: true };
            message
                .delivery
                .acker
                .reject(again)
                .await
                .expect("rejected");
        }
        match world.queue_len(&world.topology.dead).await {
            1 => Ok(()),
            other => Err(other),
        }
    })
    .await;

    let worker = world.worker(&[ARCHIVING]).await;
    let row = wait_for_open(&database, 1).await.remove(0);
    assert_eq!(
        (row.code.as_str(), row.stage.as_str()),
        ("delivery_limit", "broker")
    );
    assert!(row.detail.contains("DELIVERY_LIMIT"), "{}", row.detail);
    assert!(
        row.detail.contains(&world.topology.requests),
        "{}",
        row.detail
    );
    assert_eq!(row.message_id, Some(id));
    assert_eq!(row.exchange, world.topology.exchange);
    assert_eq!(row.worker, None);
    assert!(is_recent(row.last_failed_at));
    worker.emits("archived").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_delivered_twice_is_one_row() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let (_connection, channel) = channel(&world).await;
    let headers = [
        ("x-error-code", text("totals_mismatch")),
        ("x-error-stage", text("validate")),
        ("x-failed-at", text("2026-11-21T12:00:00Z")),
    ];
    let properties = BasicProperties::default().with_message_id("m1".into());
    let exchange = &world.topology.dead_exchange;
    // Together in one statement, and once more when the row is there.
    for _ in 0..2 {
        publish_raw(&channel, exchange, b"{}", &headers, properties.clone()).await;
    }
    let mut worker = world.worker(&[ARCHIVING]).await;
    wait_for_open(&database, 1).await;
    publish_raw(&channel, exchange, b"{}", &headers, properties.clone()).await;
    publish_raw(&channel, exchange, b"{} ", &headers, properties).await;
    let rows = wait_for_open(&database, 2).await;
    has_archived(&worker, 4).await;
    worker.stop().await;
    assert_eq!(world.queue_len(&world.topology.dead).await, 0);
    assert_eq!(archived(&database).await, rows);
    assert_eq!(rows[0].failures, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_without_ids_are_told_apart_by_where_their_answers_go() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    let (_connection, channel) = channel(&world).await;
    let none = BasicProperties::default;
    for properties in [
        none().with_reply_to("a".into()),
        none().with_reply_to("b".into()),
        none().with_correlation_id("c".into()),
        none(),
        none(),
    ] {
        publish_raw(&channel, &world.topology.exchange, b"{", &[], properties).await;
    }
    // Also the last one, which is the one before it once more.
    has_archived(&worker, 5).await;
    worker.stop().await;
    assert_eq!(archived(&database).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_follow_what_happens_to_their_message_on_postgresql() {
    rows_follow_what_happens_to_their_message(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_follow_what_happens_to_their_message_on_sqlite() {
    rows_follow_what_happens_to_their_message(Options::sqlite()).await;
}

async fn rows_follow_what_happens_to_their_message(options: Options) {
    use DeadLetterStatus::{Open, Replayed};
    let world = World::new(options).await;
    let database = database(&world).await;
    let first = letter(1, "totals_mismatch");
    let again = |seconds: i64, replays: u32| {
        let mut letter = first.clone();
        letter.failed_at += time::Duration::seconds(seconds);
        letter.replays = replays;
        letter
    };
    let check = async |letter, status, failures, what| {
        database
            .store_dead_letters(&[letter])
            .await
            .expect("stored");
        let rows = archived(&database).await;
        assert_eq!(rows.len(), 1, "{what}");
        assert_eq!(
            (rows[0].status, rows[0].failures),
            (status, failures),
            "{what}"
        );
    };
    let mark = async || {
        let rows = archived(&database).await;
        let now = time::OffsetDateTime::now_utc();
        let marked = database.mark_replayed(&rows, now, "me@here").await;
        assert_eq!(marked.expect("marked"), 1);
    };

    check(again(0, 0), Open, 1, "the first time").await;
    check(again(0, 0), Open, 1, "delivered twice").await;
    check(again(1, 0), Open, 1, "processed twice").await;
    let before = archived(&database).await;
    check(
        again(2, 1),
        Open,
        2,
        "failed again before the replay marked it",
    )
    .await;
    let now = time::OffsetDateTime::now_utc();
    let late = database.mark_replayed(&before, now, "me@here").await;
    assert_eq!(late.expect("answered"), 0, "it has failed since");
    check(again(2, 1), Open, 2, "delivered twice after that").await;
    mark().await;
    check(again(2, 1), Replayed, 2, "delivered twice after the mark").await;
    check(again(3, 2), Open, 3, "failed again after the mark").await;
    mark().await;
    check(
        again(4, 0),
        Open,
        4,
        "failed again, without the replay's header",
    )
    .await;
    let row = archived(&database).await.remove(0);
    assert_eq!(
        row.last_failed_at - row.first_failed_at,
        time::Duration::seconds(4)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_the_database_cannot_store_is_archived_in_ascii_and_delays_no_other() {
    let world = World::new(Options::default()).await;
    let url = world.variables["DATABASE_URL"].as_str();
    let texts = "NEW.message_id, NEW.exchange, NEW.routing_key, NEW.properties, NEW.headers, NEW.code, NEW.stage, \
                 NEW.detail, NEW.shop_id, NEW.order_id, NEW.worker";
    refuse_all_but_ascii(url, "dead_letter", texts).await;
    let database = database(&world).await;
    let (_connection, channel) = channel(&world).await;
    for (index, detail) in ["plain", "Γιώργος", "plain"].into_iter().enumerate() {
        let headers = [
            ("x-error-code", text("some_code")),
            ("x-error-detail", text(detail)),
        ];
        let properties = BasicProperties::default().with_message_id(format!("m{index}").into());
        let exchange = &world.topology.dead_exchange;
        let body = format!(r#"{{"marketplace":{{"shopId":"{detail}"}}}}"#);
        publish_raw(&channel, exchange, body.as_bytes(), &headers, properties).await;
    }
    let mut worker = world.worker(&[ARCHIVING]).await;
    let rows = wait_for_open(&database, 3).await;
    let greek = rows
        .iter()
        .find(|row| row.message_id.as_deref() == Some("m1"));
    let greek = greek.expect("it is archived");
    let payload = r#"{"marketplace":{"shopId":"Γιώργος"}}"#;
    assert_eq!(greek.payload, payload.as_bytes());
    let shop = greek.shop_id.as_deref().unwrap_or_default();
    assert!(shop.starts_with("\\u{393}\\u{3b9}"), "{shop}");
    assert!(
        greek.detail.starts_with("\\u{393}\\u{3b9}"),
        "{}",
        greek.detail
    );
    let headers: Value = serde_json::from_str(&greek.headers).expect("JSON");
    assert_eq!(headers["x-error-detail"], "Γιώργος");
    worker.stop().await;
}
