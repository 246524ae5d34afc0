//! The other programs at the broker: those that publish requests, listen to events and look at dead letters.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use invoice_worker::broker::{Lane, Topology};
use lapin::message::BasicGetMessage;
use lapin::options::{
    BasicAckOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions,
    ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use tokio::sync::Mutex;
use uuid::Uuid;

/// When a queue that a killed test has left is deleted, in milliseconds. Longer than any drill, whose queues are read at its
/// end only.
const EXPIRY: i32 = 6 * 3_600_000;

/// A request to be published.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) lane: Lane,
    pub(crate) body: Vec<u8>,
    pub(crate) message_id: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Headers that are not texts.
    pub(crate) odd_headers: FieldTable,
    pub(crate) reply_to: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) content_type: &'static str,
    pub(crate) content_encoding: Option<&'static str>,
    /// In seconds since 1970.
    pub(crate) timestamp: Option<u64>,
}

impl Message {
    /// A message with an id of its own and nothing else.
    pub(crate) fn new(body: impl Into<Vec<u8>>) -> Self {
        Self {
            lane: Lane::Ordinary,
            body: body.into(),
            message_id: Uuid::now_v7().to_string(),
            headers: Vec::new(),
            odd_headers: FieldTable::default(),
            reply_to: None,
            correlation_id: None,
            content_type: "application/json",
            content_encoding: None,
            timestamp: None,
        }
    }
}

/// A message that was taken from a queue.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) body: Vec<u8>,
    pub(crate) routing_key: String,
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) message_id: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) delivery_mode: Option<u8>,
    /// Seconds since 1970.
    pub(crate) timestamp: Option<u64>,
    /// Headers as text, whatever their type.
    pub(crate) headers: BTreeMap<String, String>,
}

impl Received {
    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// A header that must be there.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.unwrap_or_else(|| panic!("no header {name} in {:?}", self.headers))
    }
}

/// A client of the broker, which connects again when the broker was away.
pub(super) struct Broker {
    url: String,
    topology: Topology,
    session: Mutex<Option<(Connection, Channel)>>,
}

impl Broker {
    pub(super) fn new(url: &str, topology: Topology) -> Self {
        Self {
            url: url.to_owned(),
            topology,
            session: Mutex::new(None),
        }
    }

    /// Declares everything as the program does, and a queue for its events.
    pub(super) async fn declare(&self) {
        self.channel().await.expect("the broker can be reached");
        let session = self.session.lock().await;
        let (connection, _) = session.as_ref().expect("a session");
        let declared = self.topology.declare(connection).await;
        declared.expect("the topology can be declared");
        drop(session);
        for key in ["invoice.generated", "invoice.failed"] {
            self.declare_quorum_queue(&self.events_queue(), Some(key))
                .await;
        }
    }

    /// A durable queue. The broker deletes it later if the test cannot.
    pub(super) async fn declare_queue(&self, queue: &str) {
        self.declare_queue_with(queue, &[]).await;
    }

    /// A queue that accepts this many messages and refuses more.
    pub(super) async fn declare_short_queue(&self, queue: &str, length: i32) {
        let limits = [
            ("x-max-length", AMQPValue::LongInt(length)),
            ("x-overflow", AMQPValue::LongString("reject-publish".into())),
        ];
        self.declare_queue_with(queue, &limits).await;
    }

    /// A quorum queue, bound to this routing key of the exchange if there is one.
    pub(super) async fn declare_quorum_queue(&self, queue: &str, key: Option<&str>) {
        let quorum = [("x-queue-type", AMQPValue::LongString("quorum".into()))];
        self.declare_queue_with(queue, &quorum).await;
        let Some(key) = key else {
            return;
        };
        let channel = self.channel().await.expect("the broker can be reached");
        let binding = channel.queue_bind(
            queue.into(),
            self.topology.exchange.as_str().into(),
            key.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        binding.await.expect("the queue can be bound");
    }

    /// A quorum queue with one replica: it has no majority while the node of that one is away.
    pub(super) async fn declare_lone_queue(&self, queue: &str) {
        let lone = [
            ("x-queue-type", AMQPValue::LongString("quorum".into())),
            ("x-quorum-initial-group-size", AMQPValue::LongInt(1)),
        ];
        self.declare_queue_with(queue, &lone).await;
    }

    async fn declare_queue_with(&self, queue: &str, limits: &[(&str, AMQPValue)]) {
        let channel = self.channel().await.expect("the broker can be reached");
        let options = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        let mut arguments = FieldTable::default();
        arguments.insert("x-expires".into(), AMQPValue::LongInt(EXPIRY));
        for (name, value) in limits {
            arguments.insert((*name).into(), value.clone());
        }
        channel
            .queue_declare(queue.into(), options, arguments)
            .await
            .expect("the queue can be declared");
    }

    pub(super) fn events_queue(&self) -> String {
        format!("{}.test.events", self.topology.requests)
    }

    /// Publishes all, then waits for every confirm.
    pub(super) async fn publish(&self, messages: &[Message]) {
        let channel = self.channel().await.expect("the broker can be reached");
        let mut confirms = Vec::new();
        for message in messages {
            let options = BasicPublishOptions {
                mandatory: true,
                immediate: false,
            };
            let confirm = channel
                .basic_publish(
                    self.topology.exchange.as_str().into(),
                    message.lane.routing_key().into(),
                    options,
                    &message.body,
                    properties(message),
                )
                .await;
            confirms.push(confirm.expect("published"));
        }
        for confirm in confirms {
            let confirmation = confirm.await.expect("confirmed");
            assert!(
                matches!(confirmation, Confirmation::Ack(None)),
                "{confirmation:?}"
            );
        }
    }

    /// Takes everything out of a queue.
    pub(super) async fn take_all(&self, queue: &str) -> lapin::Result<Vec<Received>> {
        take_all(&self.channel().await?, queue).await
    }

    /// The same of a queue with tens of thousands, in any order: for each message, RabbitMQ asks the queue's replicas.
    pub(super) async fn take_many(&self, queue: &str) -> lapin::Result<Vec<Received>> {
        const AT_ONCE: usize = 32;
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await?;
        let takers = (0..AT_ONCE).map(|_| async {
            let channel = connection.create_channel().await?;
            take_all(&channel, queue).await
        });
        Ok(try_join_all(takers).await?.concat())
    }

    /// Messages in a queue that no consumer holds. RabbitMQ answers 0 for a quorum queue whose leader does not answer within
    /// 250 ms, so a 0 that took so long is asked for again.
    pub(super) async fn ready(&self, queue: &str) -> lapin::Result<u32> {
        const DOUBTFUL: Duration = Duration::from_millis(200);
        const MOST: usize = 20;
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let channel = self.channel().await?;
        let mut asked = 0;
        loop {
            let began = Instant::now();
            let declared = channel
                .queue_declare(queue.into(), passive, FieldTable::default())
                .await?;
            asked += 1;
            let count = declared.message_count();
            if count > 0 || began.elapsed() < DOUBTFUL || asked == MOST {
                return Ok(count);
            }
        }
    }

    /// Deletes the topology and the event queue, as far as they are there.
    pub(super) async fn delete(&self) -> lapin::Result<()> {
        let queues = self.topology.queues().into_iter();
        for queue in queues.chain([self.events_queue()]) {
            let channel = self.channel().await?;
            channel
                .queue_delete(queue.into(), QueueDeleteOptions::default())
                .await?;
        }
        for exchange in [&self.topology.exchange, &self.topology.dead_exchange] {
            let channel = self.channel().await?;
            channel
                .exchange_delete(exchange.as_str().into(), ExchangeDeleteOptions::default())
                .await?;
        }
        Ok(())
    }

    async fn channel(&self) -> lapin::Result<Channel> {
        let mut session = self.session.lock().await;
        if let Some((connection, channel)) = session.as_ref()
            && connection.status().connected()
            && channel.status().connected()
        {
            return Ok(channel.clone());
        }
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        *session = Some((connection, channel.clone()));
        Ok(channel)
    }
}

fn properties(message: &Message) -> BasicProperties {
    let mut headers = message.odd_headers.clone();
    for (name, value) in &message.headers {
        headers.insert((*name).into(), AMQPValue::LongString(value.as_str().into()));
    }
    let mut properties = BasicProperties::default()
        .with_content_type(message.content_type.into())
        .with_delivery_mode(2)
        .with_message_id(message.message_id.as_str().into())
        .with_headers(headers);
    if let Some(queue) = &message.reply_to {
        properties = properties.with_reply_to(queue.as_str().into());
    }
    if let Some(id) = &message.correlation_id {
        properties = properties.with_correlation_id(id.as_str().into());
    }
    if let Some(encoding) = message.content_encoding {
        properties = properties.with_content_encoding(encoding.into());
    }
    if let Some(seconds) = message.timestamp {
        properties = properties.with_timestamp(seconds);
    }
    properties
}

async fn take_all(channel: &Channel, queue: &str) -> lapin::Result<Vec<Received>> {
    let mut all = Vec::new();
    while let Some(message) = channel
        .basic_get(queue.into(), BasicGetOptions::default())
        .await?
    {
        message
            .delivery
            .acker
            .ack(BasicAckOptions::default())
            .await?;
        all.push(received(message));
    }
    Ok(all)
}

fn received(message: BasicGetMessage) -> Received {
    let delivery = message.delivery;
    let properties = &delivery.properties;
    let text = |value: &Option<ShortString>| value.as_ref().map(ToString::to_string);
    let headers = properties.headers().iter().flat_map(FieldTable::inner);
    Received {
        routing_key: delivery.routing_key.to_string(),
        content_type: text(properties.content_type()),
        content_encoding: text(properties.content_encoding()),
        message_id: text(properties.message_id()),
        correlation_id: text(properties.correlation_id()),
        delivery_mode: *properties.delivery_mode(),
        timestamp: *properties.timestamp(),
        headers: headers
            .map(|(name, value)| (name.to_string(), header_text(value)))
            .collect(),
        body: delivery.data,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the headers that tests look at are texts and numbers"
)]
fn header_text(value: &AMQPValue) -> String {
    match value {
        AMQPValue::LongString(text) => text.to_string(),
        AMQPValue::LongLongInt(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}
