//! The user of a program that requests documents.

use lapin::message::BasicGetMessage;
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};

use super::{PAGE, default_names, documented, user};
use crate::faults::servers::PrivateServer;
use crate::harness::{Options, World, eventually, samples};

const QUEUE: &str = "orders.results";

#[tokio::test(flavor = "multi_thread")]
async fn an_order_service_publishes_and_receives_and_reads_no_requests() {
    let rabbitmq = PrivateServer::rabbitmq().await;
    let world = World::new(Options {
        amqp_url: Some(rabbitmq.url.clone()),
        variables: default_names(),
        ..Options::default()
    })
    .await;
    let url = user(&rabbitmq, "orders", documented("orders")).await;
    limit_topics(&rabbitmq).await;
    let worker = user(&rabbitmq, "worker", documented("worker")).await;
    let mut worker = world.worker(&[("AMQP_URL", &worker)]).await;

    let connection = Connection::connect(&url, ConnectionProperties::default()).await;
    let connection = connection.expect("a connection");
    let channel = connection.create_channel().await.expect("a channel");
    let confirms = channel.confirm_select(ConfirmSelectOptions::default());
    confirms.await.expect("confirms");
    let durable = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    declare(&channel, QUEUE, durable).await;
    for key in ["invoice.generated", "invoice.failed"] {
        let options = QueueBindOptions::default();
        let table = FieldTable::default();
        let bound = channel.queue_bind(QUEUE.into(), "invoices".into(), key.into(), options, table);
        bound.await.expect("bound");
    }
    let exclusive = QueueDeclareOptions {
        exclusive: true,
        ..QueueDeclareOptions::default()
    };
    let replies = declare(&channel, "", exclusive).await;

    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_reply_to(replies.as_str().into());
    let confirmed = publish(&channel, "invoice.requested", properties).await;
    assert!(confirmed.expect("an answer").is_ack());
    for queue in [&*replies, QUEUE] {
        let event = eventually("the event", async || {
            let got = take(&channel, queue).await.expect("the right to read");
            got.ok_or(queue)
        });
        let event = event.await;
        let event = String::from_utf8(event.delivery.data).expect("UTF-8");
        assert!(event.contains("invoice.generated.v1"), "{queue}: {event}");
    }
    // An event of its own would be taken for one of a worker.
    let forging = connection.create_channel().await.expect("a channel");
    let confirms = forging.confirm_select(ConfirmSelectOptions::default());
    confirms.await.expect("confirms");
    let forged = publish(&forging, "invoice.generated", BasicProperties::default()).await;
    let refused = forged.expect_err("an event").to_string();
    assert!(refused.contains("ACCESS_REFUSED"), "{refused}");
    let others = take(&channel, "invoice.requests").await;
    let refused = others.expect_err("the requests of others").to_string();
    assert!(refused.contains("ACCESS_REFUSED"), "{refused}");
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

/// The line of the page that limits routing keys.
async fn limit_topics(rabbitmq: &PrivateServer) {
    let start = "rabbitmqctl set_topic_permissions orders invoices ";
    let line = PAGE
        .lines()
        .find_map(|line| line.trim().strip_prefix(start));
    let patterns: Vec<String> = line
        .expect("a line of the page")
        .split('\'')
        .filter(|part| !part.trim().is_empty())
        .map(|pattern| pattern.replace('\\', "\\\\"))
        .collect();
    let [write, read] = &*patterns else {
        panic!("{patterns:?}");
    };
    rabbitmq
        .eval(&format!(
            "rabbit_auth_backend_internal:set_topic_permissions(<<\"orders\">>, <<\"/\">>, <<\"invoices\">>, \
             <<\"{write}\">>, <<\"{read}\">>, <<\"test\">>)."
        ))
        .await;
}

async fn publish(
    channel: &Channel,
    routing_key: &str,
    properties: BasicProperties,
) -> lapin::Result<Confirmation> {
    let request = samples::receipt().to_string();
    let options = BasicPublishOptions::default();
    let body = request.as_bytes();
    let exchange = "invoices".into();
    let published = channel.basic_publish(exchange, routing_key.into(), options, body, properties);
    published.await?.await
}

async fn declare(channel: &Channel, queue: &str, options: QueueDeclareOptions) -> String {
    let declared = channel.queue_declare(queue.into(), options, FieldTable::default());
    declared.await.expect("declared").name().to_string()
}

async fn take(channel: &Channel, queue: &str) -> lapin::Result<Option<BasicGetMessage>> {
    let options = BasicGetOptions { no_ack: true };
    channel.basic_get(queue.into(), options).await
}
