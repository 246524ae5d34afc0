//! A consumer of one queue, with the connection and channel that it lives on.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, Consumer};
use tokio::time::timeout;

use super::connection::{self, Endpoint};
use super::deadline::deadline;
use super::delivery::Delivery;
use super::error::BrokerError;
use super::topology::{Topology, short};

/// Longest time for opening a channel, subscribing and the like.
const SETUP_TIMEOUT: Duration = Duration::from_secs(15);

/// A consumer of one queue.
///
/// Dropping it drops the connection: what was delivered and not acknowledged is delivered again.
pub struct Subscription {
    // Dropped in this order: the last handle of the channel before the connection would have the connection log that a
    // channel is closing already.
    connection: Arc<Connection>,
    channel: Channel,
    consumer: Consumer,
    purpose: &'static str,
    queue: String,
}

impl Subscription {
    /// Connects, declares the topology and consumes one of its queues.
    pub async fn open(
        endpoint: &Endpoint,
        purpose: &'static str,
        topology: &Topology,
        queue: &str,
        prefetch: u16,
    ) -> Result<Self, BrokerError> {
        let connection = Arc::new(endpoint.connect(purpose).await?);
        topology.declare(&connection).await?;
        Self::open_on(connection, purpose, queue, prefetch).await
    }

    /// Opens subscriptions beside this one.
    pub fn beside(&self) -> Beside {
        Beside {
            connection: Arc::clone(&self.connection),
            purpose: self.purpose,
        }
    }

    async fn open_on(
        connection: Arc<Connection>,
        purpose: &'static str,
        queue: &str,
        prefetch: u16,
    ) -> Result<Self, BrokerError> {
        let opening = connection.create_channel();
        let channel = deadline("open a channel", SETUP_TIMEOUT, opening).await?;
        let consumer = consume(&channel, queue, prefetch).await?;
        Ok(Self {
            connection,
            channel,
            consumer,
            purpose,
            queue: queue.to_owned(),
        })
    }

    /// The next delivery; `None` when the broker has cancelled the consumer or the channel is closed.
    ///
    /// Cancel safe: no delivery is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Delivery, BrokerError>> {
        let delivery = self.consumer.next().await?;
        Some(delivery.map(Delivery::new).map_err(BrokerError::from))
    }

    /// Waits for a delivery, and returns it with those that are there already, `most` of them; `None` like
    /// [`next`](Self::next). Cancel safe.
    pub async fn next_batch(&mut self, most: u16) -> Option<Vec<Result<Delivery, BrokerError>>> {
        let batch = (&mut self.consumer)
            .ready_chunks(most.into())
            .next()
            .await?;
        let deliveries = batch.into_iter();
        let deliveries =
            deliveries.map(|delivery| delivery.map(Delivery::new).map_err(BrokerError::from));
        Some(deliveries.collect())
    }

    /// Whether channel and connection are open: then it was the broker that ended the consumer.
    pub fn is_connected(&self) -> bool {
        self.channel.status().connected()
    }

    /// Subscribes again with another prefetch, without a gap; returns what was delivered to the old consumer and not
    /// taken yet. In RabbitMQ a prefetch applies to consumers that are made after it.
    pub async fn change_prefetch(&mut self, prefetch: u16) -> Result<Vec<Delivery>, BrokerError> {
        let changed = consume(&self.channel, &self.queue, prefetch).await?;
        let mut before = std::mem::replace(&mut self.consumer, changed);
        cancel(&self.channel, &mut before).await
    }

    /// Ends the consumer; returns what was delivered and not taken yet.
    pub async fn cancel(&mut self) -> Result<Vec<Delivery>, BrokerError> {
        cancel(&self.channel, &mut self.consumer).await
    }

    /// Closes the connection in order, also for subscriptions beside this one.
    pub async fn close(&self) {
        connection::close(&self.connection, self.purpose).await;
    }
}

/// Opens subscriptions over the connection of another one.
#[derive(Clone)]
pub struct Beside {
    connection: Arc<Connection>,
    purpose: &'static str,
}

impl Beside {
    /// Whether the connection is open.
    pub fn is_connected(&self) -> bool {
        self.connection.status().connected()
    }

    /// Declares what is missing of the topology and consumes one of its queues, on a channel of its own: what happens to that
    /// queue does not affect the other subscription.
    pub async fn open(
        self,
        topology: Topology,
        queue: String,
        prefetch: u16,
    ) -> Result<Subscription, BrokerError> {
        let Self {
            connection,
            purpose,
        } = self;
        topology.restore(&connection).await?;
        Subscription::open_on(connection, purpose, &queue, prefetch).await
    }
}

async fn consume(channel: &Channel, queue: &str, prefetch: u16) -> Result<Consumer, BrokerError> {
    let qos = channel.basic_qos(prefetch, BasicQosOptions::default());
    deadline("set the prefetch", SETUP_TIMEOUT, qos).await?;
    let consuming = channel.basic_consume(
        short(queue),
        // The broker chooses a tag that is unique.
        "".into(),
        BasicConsumeOptions::default(),
        FieldTable::default(),
    );
    deadline("consume", SETUP_TIMEOUT, consuming).await
}

async fn cancel(channel: &Channel, consumer: &mut Consumer) -> Result<Vec<Delivery>, BrokerError> {
    let cancelling = channel.basic_cancel(consumer.tag(), BasicCancelOptions::default());
    deadline("cancel the consumer", SETUP_TIMEOUT, cancelling).await?;
    let mut left = Vec::new();
    while let Ok(Some(Ok(delivery))) = timeout(SETUP_TIMEOUT, consumer.next()).await {
        left.push(Delivery::new(delivery));
    }
    Ok(left)
}
