//! Exchanges and queues. Every connection declares them, always with the same arguments.

use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{Channel, Connection, ErrorKind, ExchangeKind};

use super::deadline::deadline;
use super::error::BrokerError;
use super::lane::Lane;
use crate::config::{BrokerSettings, RetrySettings};
use crate::duration::compact;

/// Longest time for declaring everything.
const DECLARE_TIMEOUT: Duration = Duration::from_secs(30);

/// The names and arguments of everything that is declared.
#[derive(Clone, Debug)]
pub struct Topology {
    /// Topic exchange: requests come in, events go out.
    pub exchange: String,
    /// Queue of ordinary requests, after which the other queues are named.
    pub requests: String,
    /// Exchange for dead letters: those of workers and those of the broker.
    pub dead_exchange: String,
    /// Queue of dead letters.
    pub dead: String,
    delays: Vec<Duration>,
    delivery_limit: u32,
}

/// In effect none: a return every second would reach it after sixty years.
const NO_DELIVERY_LIMIT: i64 = i32::MAX as i64;

/// Between the name of a queue of requests and a delay, in the name of a retry queue.
pub(super) const RETRY: &str = ".retry.";

/// Routing key of an ordinary request.
pub const REQUESTED: &str = Lane::Ordinary.routing_key();

impl Topology {
    /// As the settings say.
    pub fn new(broker: &BrokerSettings, retry: &RetrySettings) -> Self {
        Self {
            exchange: broker.amqp_exchange.clone(),
            requests: broker.amqp_queue.clone(),
            dead_exchange: format!("{}.dead", broker.amqp_exchange),
            dead: format!("{}.dead", broker.amqp_queue),
            delays: retry.policy().delays,
            delivery_limit: broker.delivery_limit,
        }
    }

    /// The queue of the requests of a lane.
    pub fn queue(&self, lane: Lane) -> String {
        format!("{}{}", self.requests, lane.suffix())
    }

    /// The queue in which a message of a lane waits this long.
    pub fn retry_queue(&self, lane: Lane, delay: Duration) -> String {
        format!("{}{RETRY}{}", self.queue(lane), compact(delay))
    }

    /// The names of all queues.
    pub fn queues(&self) -> Vec<String> {
        let retries_of = |lane| {
            let delays = self.delays.iter();
            delays.map(move |delay| self.retry_queue(lane, *delay))
        };
        let requests = Lane::ALL.map(|lane| self.queue(lane)).into_iter();
        let retries = Lane::ALL.into_iter().flat_map(retries_of);
        requests.chain([self.dead.clone()]).chain(retries).collect()
    }

    /// Declares what is missing.
    ///
    /// # Errors
    ///
    /// [`BrokerError::TopologyDiffers`] where a queue or exchange exists with other arguments: to change it means to delete
    /// it, which only a person may decide.
    pub async fn declare(&self, channel: &Channel) -> Result<(), BrokerError> {
        deadline(
            "declare exchanges and queues",
            DECLARE_TIMEOUT,
            self.declare_all(channel),
        )
        .await
    }

    /// Checks that everything exists, with the right arguments. Creates neither exchanges nor queues.
    pub async fn check(&self, connection: &Connection) -> Result<(), BrokerError> {
        let mut missing = Vec::new();
        for exchange in [&self.exchange, &self.dead_exchange] {
            let options = ExchangeDeclareOptions {
                passive: true,
                ..ExchangeDeclareOptions::default()
            };
            // The broker closes the channel where something is missing.
            let looking = async {
                let channel = connection.create_channel().await?;
                let kind = ExchangeKind::Topic;
                let none = FieldTable::default();
                let found = channel.exchange_declare(short(exchange), kind, options, none);
                found.await
            };
            if !is_there(looking).await? {
                missing.push(format!("exchange {exchange}"));
            }
        }
        for queue in self.queues() {
            let options = QueueDeclareOptions {
                passive: true,
                ..QueueDeclareOptions::default()
            };
            let looking = async {
                let channel = connection.create_channel().await?;
                let none = FieldTable::default();
                let found = channel.queue_declare(short(&queue), options, none);
                found.await.map(drop)
            };
            if !is_there(looking).await? {
                missing.push(format!("queue {queue}"));
            }
        }
        if !missing.is_empty() {
            return Err(BrokerError::TopologyMissing(missing.join(", ")));
        }
        // The broker compares arguments only when something is declared, not passively.
        let opening = connection.create_channel();
        let channel = deadline("open a channel", DECLARE_TIMEOUT, opening).await?;
        self.declare(&channel).await
    }

    async fn declare_all(&self, channel: &Channel) -> lapin::Result<()> {
        let durable = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        for (name, kind) in [
            (&self.exchange, ExchangeKind::Topic),
            (&self.dead_exchange, ExchangeKind::Fanout),
        ] {
            channel
                .exchange_declare(short(name), kind, durable, FieldTable::default())
                .await?;
        }

        for lane in Lane::ALL {
            self.declare_lane(channel, lane).await?;
        }

        // RabbitMQ 4 would drop a dead letter here after twenty returns, and reads -1 as no limit. RabbitMQ 3.10 has no
        // limit of its own, and with -1 drops a message the first time that it is returned.
        let dead = quorum_queue().with(
            "x-delivery-limit",
            AMQPValue::LongLongInt(NO_DELIVERY_LIMIT),
        );
        dead.declare(channel, &self.dead).await?;
        bind(channel, &self.dead, &self.dead_exchange, "").await
    }

    async fn declare_lane(&self, channel: &Channel, lane: Lane) -> lapin::Result<()> {
        let queue = self.queue(lane);
        let requests = quorum_queue()
            .dead_letter_to(&self.dead_exchange, None)
            .with(
                "x-delivery-limit",
                AMQPValue::LongLongInt(self.delivery_limit.into()),
            );
        requests.declare(channel, &queue).await?;
        bind(channel, &queue, &self.exchange, lane.routing_key()).await?;

        for delay in &self.delays {
            let milliseconds = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
            // One queue for each delay: a quorum queue expires messages at its head only, so that in a shared one a
            // long delay would hold up the short ones behind it.
            let retry = quorum_queue()
                .dead_letter_to("", Some(&queue))
                .with("x-message-ttl", AMQPValue::LongLongInt(milliseconds));
            let name = self.retry_queue(lane, *delay);
            retry.declare(channel, &name).await?;
        }
        Ok(())
    }
}

async fn is_there(looking: impl Future<Output = lapin::Result<()>>) -> Result<bool, BrokerError> {
    let looking = async {
        match looking.await {
            Err(error) if is_not_found(&error) => Ok(false),
            other => other.map(|()| true),
        }
    };
    deadline("look for exchanges and queues", DECLARE_TIMEOUT, looking).await
}

/// AMQP 0-9-1 reply code 404.
fn is_not_found(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(protocol) if protocol.get_id() == 404)
}

/// Arguments of a queue.
struct QueueArguments(FieldTable);

fn quorum_queue() -> QueueArguments {
    QueueArguments(FieldTable::default()).with("x-queue-type", text("quorum"))
}

impl QueueArguments {
    fn with(mut self, name: &str, value: AMQPValue) -> Self {
        self.0.insert(name.into(), value);
        self
    }

    /// At-least-once: by default the broker loses dead letters whose target is unavailable. It needs `reject-publish`;
    /// with the default overflow behaviour it silently falls back to at-most-once.
    fn dead_letter_to(self, exchange: &str, routing_key: Option<&str>) -> Self {
        let arguments = self
            .with("x-dead-letter-exchange", text(exchange))
            .with("x-dead-letter-strategy", text("at-least-once"))
            .with("x-overflow", text("reject-publish"));
        match routing_key {
            Some(key) => arguments.with("x-dead-letter-routing-key", text(key)),
            None => arguments,
        }
    }

    async fn declare(self, channel: &Channel, queue: &str) -> lapin::Result<()> {
        let durable = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        channel
            .queue_declare(short(queue), durable, self.0)
            .await
            .map(drop)
    }
}

async fn bind(channel: &Channel, queue: &str, exchange: &str, key: &str) -> lapin::Result<()> {
    let options = QueueBindOptions::default();
    channel
        .queue_bind(
            short(queue),
            short(exchange),
            short(key),
            options,
            FieldTable::default(),
        )
        .await
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(value))
}

/// Names come from the settings, whose length is checked there.
pub(super) fn short(text: &str) -> ShortString {
    ShortString::from(text)
}
