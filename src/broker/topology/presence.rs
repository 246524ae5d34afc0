//! Looks at what there is, and declares what is missing. Operators may have declared everything, for a user who may not.

use std::sync::atomic::Ordering;
use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ErrorKind, ExchangeKind};
use tokio::time::{sleep, timeout};
use tracing::info;

use super::{Topology, short};
use crate::broker::error::BrokerError;

/// Longest time for looking at everything and declaring it.
const DECLARE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a queue that was deleted stays so. Where a quorum queue is declared again within 50 ms of its deletion, RabbitMQ
/// 3.10.8 cancels no consumer, confirms what is published to it, and delivers none of that, ever.
const AFTER_DELETION: Duration = Duration::from_secs(1);

const LOOK: &str = "look for exchanges and queues";

impl Topology {
    /// Declares what is missing, on a channel of its own. What is there is compared, unless the broker's user may not declare
    /// or bind it; the broker compares nothing when it is only asked for.
    ///
    /// # Errors
    ///
    /// [`BrokerError::TopologyDiffers`] where a queue or exchange exists with other arguments: to change it means to delete
    /// it, which only a person may decide. [`BrokerError::TopologyForbidden`] where something is missing that the user may not
    /// declare.
    pub async fn declare(&self, connection: &Connection) -> Result<(), BrokerError> {
        in_time(self.declare_missing(connection)).await
    }

    /// The same, without comparing what this process has seen before: so a queue that is deleted at this moment is not
    /// declared by a comparison.
    ///
    /// # Errors
    ///
    /// Those of [`declare`](Self::declare).
    pub async fn restore(&self, connection: &Connection) -> Result<(), BrokerError> {
        in_time(async {
            let was_there = self.was_there.load(Ordering::Relaxed);
            if was_there && self.is_there(connection).await? {
                return Ok(());
            }
            self.declare_missing(connection).await
        })
        .await
    }

    /// Checks that everything exists, with the right arguments where they can be compared. Creates neither exchanges nor
    /// queues.
    pub async fn check(&self, connection: &Connection) -> Result<(), BrokerError> {
        in_time(async {
            let missing = self.look_for_missing(connection).await?;
            if missing.is_empty() {
                self.declare_missing(connection).await
            } else {
                Err(BrokerError::TopologyMissing(missing.join(", ")))
            }
        })
        .await
    }

    /// The names of the exchanges and queues that are missing.
    pub async fn missing(&self, connection: &Connection) -> Result<Vec<String>, BrokerError> {
        in_time(self.look_for_missing(connection)).await
    }

    /// What was refused when arguments and bindings were to be compared; none where they are compared. To ask whether a
    /// binding is there is not possible in AMQP, and no message can be published to find it out: it would be a request.
    pub fn not_compared(&self) -> Option<&str> {
        self.not_compared.get().map(String::as_str)
    }

    async fn declare_missing(&self, connection: &Connection) -> Result<(), BrokerError> {
        self.declare_and_compare(connection).await?;
        self.was_there.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn declare_and_compare(&self, connection: &Connection) -> Result<(), BrokerError> {
        if !self.is_there(connection).await? {
            if self.was_there.load(Ordering::Relaxed) {
                sleep(AFTER_DELETION).await;
            }
            return match self.declare_on(connection).await {
                Err(BrokerError::RightMissing(refusal)) => Err(BrokerError::TopologyForbidden {
                    missing: self.look_for_missing(connection).await?.join(", "),
                    refusal,
                }),
                other => other,
            };
        }
        if self.not_compared().is_some() {
            return Ok(());
        }
        match self.declare_on(connection).await {
            Err(BrokerError::RightMissing(refusal)) => {
                if self.not_compared.set(refusal.clone()).is_ok() {
                    info!(
                        event = "topology_not_compared",
                        refusal,
                        "exchanges and queues are there; the broker's user may not declare or bind them, so their arguments and bindings are not compared"
                    );
                }
                Ok(())
            }
            other => other,
        }
    }

    async fn declare_on(&self, connection: &Connection) -> Result<(), BrokerError> {
        let channel = connection.create_channel().await?;
        self.declare_all(&channel).await?;
        Ok(channel.close(200, "done".into()).await?)
    }

    /// Whether all exchanges and queues are there. Looks no further than the first that is not.
    async fn is_there(&self, connection: &Connection) -> Result<bool, BrokerError> {
        let channel = connection.create_channel().await?;
        for thing in self.all() {
            if !thing.is_on(&channel).await? {
                return Ok(false);
            }
        }
        channel.close(200, "done".into()).await?;
        Ok(true)
    }

    async fn look_for_missing(&self, connection: &Connection) -> Result<Vec<String>, BrokerError> {
        let mut missing = Vec::new();
        for thing in self.all() {
            // The broker closes the channel where something is missing.
            let channel = connection.create_channel().await?;
            if thing.is_on(&channel).await? {
                channel.close(200, "done".into()).await?;
            } else {
                missing.push(thing.to_string());
            }
        }
        Ok(missing)
    }

    fn all(&self) -> Vec<Thing> {
        let exchanges =
            [&self.exchange, &self.dead_exchange].map(|name| Thing::Exchange(name.clone()));
        let queues = self.queues().into_iter().map(Thing::Queue);
        exchanges.into_iter().chain(queues).collect()
    }
}

/// What a topology is made of, by its name.
enum Thing {
    Exchange(String),
    Queue(String),
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exchange(name) => write!(f, "exchange {name}"),
            Self::Queue(name) => write!(f, "queue {name}"),
        }
    }
}

impl Thing {
    /// Whether it is there. A passive declaration needs no rights in RabbitMQ.
    async fn is_on(&self, channel: &lapin::Channel) -> Result<bool, BrokerError> {
        let none = FieldTable::default();
        let found = match self {
            Self::Exchange(name) => {
                let options = ExchangeDeclareOptions {
                    passive: true,
                    ..ExchangeDeclareOptions::default()
                };
                let found =
                    channel.exchange_declare(short(name), ExchangeKind::Topic, options, none);
                found.await
            }
            Self::Queue(name) => {
                let options = QueueDeclareOptions {
                    passive: true,
                    ..QueueDeclareOptions::default()
                };
                channel
                    .queue_declare(short(name), options, none)
                    .await
                    .map(drop)
            }
        };
        match found {
            Err(error) if is_not_found(&error) => Ok(false),
            other => other
                .map(|()| true)
                .map_err(|error| BrokerError::from(error).during(LOOK)),
        }
    }
}

/// All looks and declarations share one deadline.
async fn in_time<T>(calls: impl Future<Output = Result<T, BrokerError>>) -> Result<T, BrokerError> {
    let answered = timeout(DECLARE_TIMEOUT, calls).await;
    answered.unwrap_or(Err(BrokerError::Timeout {
        action: "look for exchanges and queues, and declare them",
        seconds: DECLARE_TIMEOUT.as_secs(),
    }))
}

/// AMQP 0-9-1 reply code 404.
fn is_not_found(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(protocol) if protocol.get_id() == 404)
}
