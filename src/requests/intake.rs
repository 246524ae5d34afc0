//! Publishing the requests of many callers at once: what comes while a batch waits for its confirms is the next batch.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::BATCH;
use crate::broker::{BrokerError, Lane, Outgoing, Publisher};
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
///
/// Each lane has batches and a connection of its own, so that requests of one lane do not wait for the confirms of the other.
#[derive(Clone)]
pub struct Intake {
    exchange: String,
    ordinary: mpsc::Sender<Entry>,
    bulk: mpsc::Sender<Entry>,
}

/// The other end of an [`Intake`], which publishes.
pub struct Batches([LaneBatches; 2]);

struct LaneBatches {
    lane: Lane,
    entries: mpsc::Receiver<Entry>,
    publisher: Publisher,
    readiness: Readiness,
}

impl Intake {
    /// An intake, and what has to [run](Batches::run) for it, with a publisher for ordinary requests and one for bulk requests.
    /// `readiness` shows whether the broker confirms.
    pub fn new(
        exchange: String,
        [ordinary, bulk]: [Publisher; 2],
        readiness: Readiness,
    ) -> (Self, Batches) {
        let of = |lane, publisher, readiness| {
            let (sender, entries) = mpsc::channel(WAITING);
            let batches = LaneBatches {
                lane,
                entries,
                publisher,
                readiness,
            };
            (sender, batches)
        };
        let (ordinary, ordinary_batches) = of(Lane::Ordinary, ordinary, readiness.clone());
        let (bulk, bulk_batches) = of(Lane::Bulk, bulk, readiness);
        let intake = Self {
            exchange,
            ordinary,
            bulk,
        };
        (intake, Batches([ordinary_batches, bulk_batches]))
    }

    /// A request as the order service publishes it.
    pub fn request(&self, lane: Lane, message_id: &str, body: Vec<u8>) -> Outgoing {
        Outgoing::request(&self.exchange, lane, message_id, body)
    }

    /// Publishes a request and waits for its confirm.
    ///
    /// # Errors
    ///
    /// There is no confirm.
    pub async fn publish(&self, lane: Lane, message: Outgoing) -> Result<(), Unconfirmed> {
        let (confirmed, confirm) = oneshot::channel();
        let entry = Entry { message, confirmed };
        let entries = match lane {
            Lane::Ordinary => &self.ordinary,
            Lane::Bulk => &self.bulk,
        };
        entries.try_send(entry).map_err(|_| Unconfirmed::Full)?;
        match timeout(LONGEST, confirm).await {
            Ok(Ok(result)) => result.map_err(Unconfirmed::Broker),
            Ok(Err(_)) => Err(Unconfirmed::Full),
            Err(_elapsed) => Err(Unconfirmed::Late),
        }
    }
}

impl Batches {
    /// Publishes until `stop`, and what waits then.
    pub async fn run(self, stop: &CancellationToken) {
        join_all(self.0.map(|lane| lane.run(stop))).await;
    }
}

impl LaneBatches {
    async fn run(mut self, stop: &CancellationToken) {
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

    /// A broker that refuses a message is there, and takes others. So is one that does not confirm bulk requests, as long as it
    /// confirms ordinary ones.
    fn seen<'a>(&self, errors: impl IntoIterator<Item = &'a BrokerError>) {
        let is_of_lane = |error: &BrokerError| {
            self.lane == Lane::Bulk && matches!(error, BrokerError::Timeout { .. })
        };
        let mut errors = errors.into_iter();
        let away = errors.find(|error| !error.is_refusal() && !is_of_lane(error));
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
