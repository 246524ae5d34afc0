//! Exchanges and queues. Every connection declares them, always with the same arguments.

mod presence;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{Channel, ExchangeKind};

use super::error::BrokerError;
use super::lane::Lane;
use crate::config::{BrokerSettings, RetrySettings};
use crate::duration::compact;

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
    /// What was refused to a user who may not declare or bind what operators have declared.
    not_compared: Arc<OnceLock<String>>,
    /// Whether this process has seen all of it on the broker.
    was_there: Arc<AtomicBool>,
}

/// In effect none: a return every second would reach it after sixty years.
const NO_DELIVERY_LIMIT: i64 = i32::MAX as i64;

/// Between the name of a queue of requests and a delay, in the name of a retry queue.
pub const RETRY: &str = ".retry.";

/// Routing key of an ordinary request.
pub const REQUESTED: &str = Lane::Ordinary.routing_key();

/// Routing key of the event of a document that is stored and recorded.
pub const GENERATED: &str = "invoice.generated";

/// Routing key of the event of a request that is dead-lettered.
pub const FAILED: &str = "invoice.failed";

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
            not_compared: Arc::default(),
            was_there: Arc::default(),
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

    /// The delays of the retry queues, each once.
    pub fn delays(&self) -> Vec<Duration> {
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        delays.dedup();
        delays
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

    async fn declare_all(&self, channel: &Channel) -> Result<(), BrokerError> {
        let durable = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        for (name, kind) in [
            (&self.exchange, ExchangeKind::Topic),
            (&self.dead_exchange, ExchangeKind::Fanout),
        ] {
            let declared =
                channel.exchange_declare(short(name), kind, durable, FieldTable::default());
            to(format!("declare exchange {name}"), declared).await?;
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

    async fn declare_lane(&self, channel: &Channel, lane: Lane) -> Result<(), BrokerError> {
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

    async fn declare(self, channel: &Channel, queue: &str) -> Result<(), BrokerError> {
        let durable = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        let declared = channel.queue_declare(short(queue), durable, self.0);
        to(format!("declare queue {queue}"), declared)
            .await
            .map(drop)
    }
}

async fn bind(
    channel: &Channel,
    queue: &str,
    exchange: &str,
    key: &str,
) -> Result<(), BrokerError> {
    let options = QueueBindOptions::default();
    let bound = channel.queue_bind(
        short(queue),
        short(exchange),
        short(key),
        options,
        FieldTable::default(),
    );
    let step = format!("bind queue {queue} to exchange {exchange} with the key {key:?}");
    to(step, bound).await
}

/// Waits for the answer to a step, which an error about a missing right names.
async fn to<T>(
    step: String,
    call: impl Future<Output = lapin::Result<T>>,
) -> Result<T, BrokerError> {
    let answer = call.await;
    answer.map_err(|error| BrokerError::from(error).during(step))
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(value))
}

/// Names come from the settings, whose length is checked there.
pub(super) fn short(text: &str) -> ShortString {
    ShortString::from(text)
}
