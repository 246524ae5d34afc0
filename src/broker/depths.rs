//! How many messages wait in the queues and how many consumers they have, asked passively on a connection of its own.

use std::time::{Duration, Instant};

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ErrorKind};

use super::connection::{Endpoint, close};
use super::deadline::deadline;
use super::error::BrokerError;
use super::topology::{Topology, short};

/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long RabbitMQ waits for the leader of a quorum queue. Then it answers that the queue has no message and no consumer
/// (`rabbit_quorum_queue:stat/1`).
const LEADER_LIMIT: Duration = Duration::from_millis(250);

/// By how much the fastest answer may take longer than the way to the broker and back.
const TOLERANCE: Duration = Duration::from_millis(50);

/// How long a look may have taken for a queue to be asked about again.
const AGAIN_WITHIN: Duration = Duration::from_secs(2);

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
        let began = Instant::now();
        let mut inquiry = Inquiry {
            connection,
            channel: None,
            fastest: Duration::MAX,
        };
        let mut answers = Vec::with_capacity(self.queues.len());
        for queue in &self.queues {
            answers.push((queue, inquiry.ask(queue).await?));
        }
        let mut looked = Looked::default();
        for (queue, mut answer) in answers {
            // A broker that is busy is late, too.
            if inquiry.is_of_no_leader(&answer) && began.elapsed() < AGAIN_WITHIN {
                answer = inquiry.ask(queue).await?;
            }
            if inquiry.is_of_no_leader(&answer) {
                let silence = format!("its leader has not answered within {LEADER_LIMIT:?}");
                answer.depth = Err(BrokerError::Unreachable(silence));
            }
            match answer.depth {
                Ok(depth) => looked.found.extend(depth),
                Err(error) => looked.unreadable.push(UnreadableQueue {
                    queue: queue.clone(),
                    error: in_its_words(error),
                }),
            }
        }
        inquiry.close().await?;
        Ok(looked)
    }
}

/// Asks about one queue after the other, over a channel that is opened anew where the broker has closed it.
struct Inquiry<'a> {
    connection: &'a Connection,
    channel: Option<Channel>,
    /// How long the fastest answer took.
    fastest: Duration,
}

/// What the broker has answered about one queue.
struct Answer {
    /// None where there is no such queue.
    depth: Result<Option<QueueDepth>, BrokerError>,
    took: Duration,
}

impl Inquiry<'_> {
    /// # Errors
    ///
    /// The connection is lost, or a channel cannot be opened.
    async fn ask(&mut self, queue: &str) -> Result<Answer, BrokerError> {
        let channel = match self.channel.take() {
            Some(open) => open,
            None => {
                let began = Instant::now();
                let opening = self.connection.create_channel();
                let open = deadline("open a channel", TIMEOUT, opening).await?;
                self.fastest = self.fastest.min(began.elapsed());
                open
            }
        };
        let began = Instant::now();
        let options = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let asking = channel.queue_declare(short(queue), options, FieldTable::default());
        let asking = async {
            match asking.await {
                Ok(found) => Ok(Some(found)),
                Err(error) if is_missing(&error) => Ok(None),
                Err(error) => Err(error),
            }
        };
        let found = deadline("look at a queue", TIMEOUT, asking).await;
        let took = began.elapsed();
        self.fastest = self.fastest.min(took);
        let depth = match found {
            Ok(Some(found)) => {
                self.channel = Some(channel);
                Ok(Some(QueueDepth {
                    queue: queue.to_owned(),
                    ready: found.message_count(),
                    consumers: found.consumer_count(),
                }))
            }
            // The broker has closed the channel: there is no such queue.
            Ok(None) => Ok(None),
            Err(error) if self.connection.status().connected() => Err(error),
            Err(error) => return Err(error),
        };
        Ok(Answer { depth, took })
    }

    /// Whether this is what RabbitMQ answers where the leader is silent, and not what the queue has. The way to the broker and
    /// back, which every answer takes, does not count.
    fn is_of_no_leader(&self, answer: &Answer) -> bool {
        let is_empty = matches!(
            answer.depth,
            Ok(Some(QueueDepth {
                ready: 0,
                consumers: 0,
                ..
            }))
        );
        is_empty && answer.took.saturating_sub(self.fastest) >= LEADER_LIMIT - TOLERANCE
    }

    async fn close(self) -> Result<(), BrokerError> {
        let Some(channel) = self.channel else {
            return Ok(());
        };
        let closing = channel.close(200, "done".into());
        deadline("close a channel", TIMEOUT, closing).await
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
