//! Draining the dead-letter queue into the archive.
//!
//! A dead letter is acknowledged after its row is committed. While the database is away, dead letters are held: those
//! of one prefetch here, the rest in the queue, which has no limits. Nothing is handed back meanwhile, since that
//! would only bring it again at once.
//!
//! A row that the database refuses is tried alone, so that it does not keep others back, and then in ASCII (see
//! [`NewDeadLetter::into_plain`]): bytes, numbers and ASCII are what every database takes. What is refused even so is
//! not the fault of the message, but of a table or a disk that would refuse every other one as well. It is therefore
//! treated like an outage: said loudly, held, and tried again.

use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::BasicAckOptions;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::connection::{Endpoint, close};
use super::dead_letter;
use super::error::BrokerError;
use super::topology::Topology;
use crate::database::{Database, DatabaseError, NewDeadLetter};
use crate::retry::{Delays, Retryable as _};
use crate::telemetry::milliseconds;

/// Dead letters that are held and committed at once. Ten of them in one statement cost little more than one.
const PREFETCH: u16 = 64;

/// Stores dead letters until `shutdown`, over as many connections as it takes.
pub struct Archiver {
    endpoint: Endpoint,
    topology: Topology,
    database: Database,
}

/// How a session with the broker ended.
enum Ended {
    Shutdown,
    /// Nothing could be subscribed to.
    NotStarted(BrokerError),
    /// It worked until then.
    Lost(BrokerError),
}

impl Archiver {
    /// Wires an archiver.
    pub fn new(endpoint: Endpoint, topology: Topology, database: Database) -> Self {
        Self {
            endpoint,
            topology,
            database,
        }
    }

    /// Archives until `shutdown` is cancelled. Comes back with an error only where trying again is useless.
    pub async fn run(&self, shutdown: &CancellationToken) -> Result<(), BrokerError> {
        let mut delays = Delays::reconnect();
        loop {
            let error = match self.session(shutdown, &mut delays).await {
                Ended::Shutdown => return Ok(()),
                Ended::NotStarted(error) if error.is_fatal() => return Err(error),
                // Never fatal: an acknowledgement that came too late for the broker looks like one about arguments.
                Ended::NotStarted(error) | Ended::Lost(error) => error,
            };
            let delay = delays.next_delay();
            warn!(%error, delay_ms = milliseconds(delay), "not archiving dead letters; connecting again");
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = shutdown.cancelled() => return Ok(()),
            }
        }
    }

    /// One connection, from subscribing to its end. Dropping it gives back what was not acknowledged; the queue does
    /// not count deliveries.
    async fn session(&self, shutdown: &CancellationToken, delays: &mut Delays) -> Ended {
        let queue = &self.topology.dead;
        let subscribing = self
            .endpoint
            .subscribe("archive", &self.topology, queue, PREFETCH);
        let subscription = tokio::select! {
            subscribed = subscribing => match subscribed {
                Ok(subscription) => subscription,
                Err(error) => return Ended::NotStarted(error),
            },
            () = shutdown.cancelled() => return Ended::Shutdown,
        };
        info!(queue, "archiving dead letters");
        let mut batches = subscription.consumer.ready_chunks(PREFETCH.into());
        let ended = loop {
            let batch = tokio::select! {
                () = shutdown.cancelled() => break Ended::Shutdown,
                batch = batches.next() => batch,
            };
            let Some(batch) = batch else {
                let cancelled = "the broker cancelled the archive's consumer";
                break Ended::Lost(BrokerError::Unreachable(cancelled.into()));
            };
            match self.take(batch, shutdown).await {
                Ok(()) => delays.reset(),
                Err(BrokerError::Stopping) => break Ended::Shutdown,
                Err(error) => break Ended::Lost(error),
            }
        };
        if let Ended::Shutdown = ended {
            close(&subscription.connection, "archive").await;
        }
        ended
    }

    /// Stores what was delivered, then acknowledges it. After an error in the stream nothing can be acknowledged any
    /// more, but what came before it is stored all the same when it comes again.
    async fn take(
        &self,
        batch: Vec<lapin::Result<Delivery>>,
        shutdown: &CancellationToken,
    ) -> Result<(), BrokerError> {
        let mut letters = Vec::with_capacity(batch.len());
        let mut last = None;
        for delivery in batch {
            let delivery = delivery?;
            last = Some(delivery.acker.clone());
            letters.push(dead_letter::read(delivery));
        }
        let Some(last) = last else {
            return Ok(());
        };
        self.store_all(letters, shutdown).await?;
        // Deliveries come in order on a channel, and everything before these is acknowledged.
        let everything = BasicAckOptions { multiple: true };
        match last.ack(everything).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(BrokerError::Unreachable(
                "the channel was gone before dead letters could be acknowledged".into(),
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// Comes back when all of them are committed.
    async fn store_all(
        &self,
        letters: Vec<NewDeadLetter>,
        shutdown: &CancellationToken,
    ) -> Result<(), BrokerError> {
        let count = letters.len();
        match self.store(&letters, shutdown).await? {
            Ok(()) => {}
            Err(_refused) if count > 1 => {
                for letter in letters {
                    self.store_one(letter, shutdown).await?;
                }
            }
            Err(_refused) => {
                for letter in letters {
                    self.store_plain(letter, shutdown).await?;
                }
            }
        }
        info!(count, "dead letters archived");
        Ok(())
    }

    async fn store_one(
        &self,
        letter: NewDeadLetter,
        shutdown: &CancellationToken,
    ) -> Result<(), BrokerError> {
        match self.store(std::slice::from_ref(&letter), shutdown).await? {
            Ok(()) => Ok(()),
            Err(_refused) => self.store_plain(letter, shutdown).await,
        }
    }

    /// The last way: it ends with a row or with the program.
    async fn store_plain(
        &self,
        letter: NewDeadLetter,
        shutdown: &CancellationToken,
    ) -> Result<(), BrokerError> {
        let mut delays = Delays::reconnect();
        let plain = [letter.into_plain()];
        loop {
            let Err(refused) = self.store(&plain, shutdown).await? else {
                return Ok(());
            };
            error!(
                error = %refused,
                message_id = plain[0].message_id.as_deref().unwrap_or("-"),
                "the database refuses a dead letter in every form; holding it and trying again"
            );
            pause(delays.next_delay(), shutdown).await?;
        }
    }

    /// Stores for as long as it takes. The inner error is a refusal that trying again will not change.
    async fn store(
        &self,
        letters: &[NewDeadLetter],
        shutdown: &CancellationToken,
    ) -> Result<Result<(), DatabaseError>, BrokerError> {
        let mut delays = Delays::reconnect();
        loop {
            match self.database.archive(letters).await {
                Ok(()) => return Ok(Ok(())),
                Err(error) if error.is_transient() => {
                    let delay = delays.next_delay();
                    warn!(%error, count = letters.len(), delay_ms = milliseconds(delay), "dead letters not archived; holding them and trying again");
                    pause(delay, shutdown).await?;
                }
                Err(error) => {
                    warn!(%error, count = letters.len(), "the database refuses dead letters; trying in another form");
                    return Ok(Err(error));
                }
            }
        }
    }
}

async fn pause(delay: Duration, shutdown: &CancellationToken) -> Result<(), BrokerError> {
    tokio::select! {
        () = tokio::time::sleep(delay) => Ok(()),
        () = shutdown.cancelled() => Err(BrokerError::Stopping),
    }
}
