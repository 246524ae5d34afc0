//! Events and queues as other programs see them: for demo and benchmarks.

use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::options::{
    BasicConsumeOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, Consumer};
use serde_json::Value;
use tokio::time::timeout;

use super::connection::Endpoint;
use super::error::BrokerError;
use super::lane::Lane;
use super::topology::{FAILED, GENERATED, Topology, short};

/// Receives every event of a topology.
pub struct Listener {
    topology: Topology,
    channel: Channel,
    consumer: Consumer,
    /// Dropping it closes channel and consumer.
    _connection: Connection,
}

impl Listener {
    /// Declares the topology and subscribes to its events, with a queue that is deleted with this connection.
    pub async fn start(endpoint: &Endpoint, topology: Topology) -> Result<Self, BrokerError> {
        let connection = endpoint.connect("listen").await?;
        let channel = connection.create_channel().await?;
        topology.declare(&connection).await?;
        let exclusive = QueueDeclareOptions {
            exclusive: true,
            ..QueueDeclareOptions::default()
        };
        let queue = channel
            .queue_declare("".into(), exclusive, FieldTable::default())
            .await?;
        for key in [GENERATED, FAILED] {
            let exchange = short(&topology.exchange);
            let options = QueueBindOptions::default();
            channel
                .queue_bind(
                    queue.name().clone(),
                    exchange,
                    short(key),
                    options,
                    FieldTable::default(),
                )
                .await?;
        }
        let options = BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        };
        let consumer = channel
            .basic_consume(
                queue.name().clone(),
                "".into(),
                options,
                FieldTable::default(),
            )
            .await?;
        Ok(Self {
            topology,
            channel,
            consumer,
            _connection: connection,
        })
    }

    /// The next event; `None` where none comes for that long.
    pub async fn next(&mut self, longest: Duration) -> Result<Option<Value>, BrokerError> {
        match timeout(longest, self.consumer.next()).await {
            Ok(Some(delivery)) => Ok(serde_json::from_slice(&delivery?.data).ok()),
            Ok(None) => Err(BrokerError::Unreachable("the subscription ended".into())),
            Err(_elapsed) => Ok(None),
        }
    }

    /// Number of messages that wait for a worker or for the archive.
    pub async fn waiting(&self) -> Result<u32, BrokerError> {
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let mut waiting = 0;
        let requests = Lane::ALL.map(|lane| self.topology.queue(lane));
        for queue in requests.iter().chain([&self.topology.dead]) {
            waiting += self
                .channel
                .queue_declare(short(queue), passive, FieldTable::default())
                .await?
                .message_count();
        }
        Ok(waiting)
    }

    /// Deletes the whole topology.
    pub async fn delete_topology(&self) -> Result<(), BrokerError> {
        for queue in self.topology.queues() {
            self.channel
                .queue_delete(short(&queue), QueueDeleteOptions::default())
                .await?;
        }
        for exchange in [&self.topology.exchange, &self.topology.dead_exchange] {
            self.channel
                .exchange_delete(short(exchange), ExchangeDeleteOptions::default())
                .await?;
        }
        Ok(())
    }
}
