//! Publishing the requests of many callers at once: what comes while a batch waits for its confirms is the next batch.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::BATCH;
use crate::broker::{BrokerError, Outgoing, Publisher};
use crate::readiness::{Component, Readiness};

/// Requests that wait for a batch.
const WAITING: usize = 1_024;

/// Longest time until a request is confirmed.
const LONGEST: Duration = Duration::from_secs(10);

/// Why a request may not be in a queue.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unconfirmed {
    /// The broker did not take it.
    #[error("{0}")]
    Broker(Arc<BrokerError>),
    /// No confirm in time: it may be in the queue or not.
    #[error("the broker has not confirmed it within {} s", LONGEST.as_secs())]
    Late,
    /// Too many requests wait, or the program is stopping.
    #[error("too many requests wait for the broker")]
    Full,
}

struct Entry {
    message: Outgoing,
    confirmed: oneshot::Sender<Confirm>,
}

/// Publishes requests of many callers.
#[derive(Clone)]
pub struct Intake {
    entries: mpsc::Sender<Entry>,
    publisher: Arc<Publisher>,
}

/// The other end of an [`Intake`], which publishes.
pub struct Batches {
    entries: mpsc::Receiver<Entry>,
    publisher: Arc<Publisher>,
    readiness: Readiness,
}

impl Intake {
    /// An intake, and what has to [run](Batches::run) for it. `readiness` shows whether the broker confirms.
    pub fn new(publisher: Arc<Publisher>, readiness: Readiness) -> (Self, Batches) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let batches = Batches {
            entries: receiver,
            publisher: Arc::clone(&publisher),
            readiness,
        };
        let intake = Self {
            entries: sender,
            publisher,
        };
        (intake, batches)
    }

    /// The publisher, which makes messages.
    pub fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// Publishes a request and waits for its confirm.
    ///
    /// # Errors
    ///
    /// There is no confirm.
    pub async fn publish(&self, message: Outgoing) -> Result<(), Unconfirmed> {
        let (confirmed, confirm) = oneshot::channel();
        let entry = Entry { message, confirmed };
        self.entries
            .try_send(entry)
            .map_err(|_| Unconfirmed::Full)?;
        match timeout(LONGEST, confirm).await {
            Ok(Ok(result)) => result.map_err(Unconfirmed::Broker),
            Ok(Err(_)) => Err(Unconfirmed::Full),
            Err(_elapsed) => Err(Unconfirmed::Late),
        }
    }
}

impl Batches {
    /// Publishes until `stop`, and what waits then.
    pub async fn run(mut self, stop: &CancellationToken) {
        loop {
            let first = tokio::select! {
                first = self.entries.recv() => first,
                () = stop.cancelled() => {
                    self.entries.close();
                    self.entries.recv().await
                }
            };
            let Some(first) = first else {
                break;
            };
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = self.entries.try_recv()
            {
                batch.push(next);
            }
            // A caller that has stopped waiting was answered that nothing is certain: its request is not published now.
            batch.retain(|entry| !entry.confirmed.is_closed());
            self.publish(batch).await;
        }
        self.publisher.close().await;
    }

    async fn publish(&self, batch: Vec<Entry>) {
        let (messages, waiting): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|entry| (entry.message, entry.confirmed))
            .unzip();
        let mut results = vec![Ok(()); messages.len()];
        match self.publisher.publish_batch(&messages).await {
            Ok(failed) => {
                self.seen(failed.iter().map(|(_, error)| error));
                for (index, error) in failed {
                    results[index] = Err(Arc::new(error));
                }
            }
            Err(error) => {
                self.seen([&error]);
                results.fill(Err(Arc::new(error)));
            }
        }
        if messages.len() > 1 && results.iter().any(is_refused) {
            self.publish_alone(&messages, &mut results).await;
        }
        for (confirmed, result) in waiting.into_iter().zip(results) {
            // A caller that is gone is not waited for.
            confirmed.send(result).ok();
        }
    }

    /// The broker refuses a message by closing the channel, without saying which one it means: those that are not confirmed
    /// are published one by one. What is in the queue already is there twice then, and gives one document.
    async fn publish_alone(&self, messages: &[Outgoing], results: &mut [Confirm]) {
        for (message, result) in messages.iter().zip(results) {
            if result.is_err() {
                *result = self.publisher.publish(message).await.map_err(Arc::new);
            }
        }
    }

    /// A broker that refuses a message is there, and takes others.
    fn seen<'a>(&self, errors: impl IntoIterator<Item = &'a BrokerError>) {
        let away = errors.into_iter().find(|error| !error.is_refusal());
        self.readiness
            .seen(Component::Broker, away.map_or(Ok(()), Err));
    }
}

/// What the broker says of a message.
type Confirm = Result<(), Arc<BrokerError>>;

fn is_refused(result: &Confirm) -> bool {
    result
        .as_ref()
        .is_err_and(|error| matches!(**error, BrokerError::Refused(_)))
}
