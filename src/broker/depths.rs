//! How many messages wait in the queues and how many consumers they have, asked passively on a connection of its own.

use std::time::Duration;

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ErrorKind};

use super::connection::{Endpoint, close};
use super::deadline::deadline;
use super::error::BrokerError;
use super::topology::{Topology, short};

/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A queue that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Its name.
    pub queue: String,
    /// Messages that wait in it. Those that were delivered and not acknowledged do not count.
    pub ready: u32,
    /// Its consumers.
    pub consumers: u32,
}

/// What was found of all queues. Those that are in neither list are missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Those that are there.
    pub found: Vec<QueueDepth>,
    /// Those of which the broker does not say how they are: they may be there, on nodes that are down.
    pub unreadable: Vec<UnreadableQueue>,
}

/// A queue that cannot be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableQueue {
    /// Its name.
    pub queue: String,
    /// Why, in the broker's words.
    pub error: String,
}

/// Reads the depths of all queues.
pub struct QueueDepths {
    endpoint: Endpoint,
    queues: Vec<String>,
    connection: Option<Connection>,
}

impl QueueDepths {
    /// Of these queues; no connection is made yet.
    pub fn new(endpoint: Endpoint, topology: &Topology) -> Self {
        Self {
            endpoint,
            queues: topology.queues(),
            connection: None,
        }
    }

    /// What is found of the queues. The connection stays open for the next time.
    pub async fn read(&mut self) -> Result<Looked, BrokerError> {
        let connection = match self
            .connection
            .take()
            .filter(|open| open.status().connected())
        {
            Some(connection) => connection,
            None => self.endpoint.connect("observe").await?,
        };
        let depths = self.read_on(&connection).await;
        if depths.is_ok() {
            self.connection = Some(connection);
        }
        depths
    }

    /// Closes the connection, until it is needed again.
    pub async fn pause(&mut self) {
        if let Some(connection) = self.connection.take() {
            close(&connection, "observe").await;
        }
    }

    async fn read_on(&self, connection: &Connection) -> Result<Looked, BrokerError> {
        let mut looked = Looked::default();
        let mut channel: Option<Channel> = None;
        for queue in &self.queues {
            let open = match channel.take() {
                Some(open) => open,
                None => deadline("open a channel", TIMEOUT, connection.create_channel()).await?,
            };
            let options = QueueDeclareOptions {
                passive: true,
                ..QueueDeclareOptions::default()
            };
            let asking = open.queue_declare(short(queue), options, FieldTable::default());
            let asking = async {
                match asking.await {
                    Ok(found) => Ok(Some(found)),
                    Err(error) if is_missing(&error) => Ok(None),
                    Err(error) => Err(error),
                }
            };
            match deadline("look at a queue", TIMEOUT, asking).await {
                Ok(Some(found)) => {
                    looked.found.push(QueueDepth {
                        queue: queue.clone(),
                        ready: found.message_count(),
                        consumers: found.consumer_count(),
                    });
                    channel = Some(open);
                }
                // The broker has closed the channel: there is no such queue.
                Ok(None) => {}
                Err(error) if connection.status().connected() => {
                    looked.unreadable.push(UnreadableQueue {
                        queue: queue.clone(),
                        error: in_its_words(error),
                    });
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(channel) = channel {
            deadline(
                "close a channel",
                TIMEOUT,
                channel.close(200, "done".into()),
            )
            .await?;
        }
        Ok(looked)
    }
}

/// Whether there is no such queue. The code 404 also stands for a queue whose node is down, with other words.
fn is_missing(error: &lapin::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ProtocolError(protocol)
            if is_reply_of_missing(protocol.get_id(), &protocol.get_message().to_string())
    )
}

fn is_reply_of_missing(code: u16, text: &str) -> bool {
    code == 404 && text.contains("no queue '")
}

/// The broker itself has answered.
fn in_its_words(error: BrokerError) -> String {
    if let BrokerError::Unreachable(text) = error {
        text
    } else {
        error.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_whose_node_is_down_is_not_missing() {
        for (code, text, expected) in [
            (404, "NOT_FOUND - no queue 'a' in vhost '/'", true),
            (
                404,
                "NOT_FOUND - home node 'rabbit@b' of durable queue 'a' in vhost '/' is down or inaccessible",
                false,
            ),
            (
                405,
                "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'a'",
                false,
            ),
        ] {
            assert_eq!(is_reply_of_missing(code, text), expected, "{text}");
        }
    }
}
