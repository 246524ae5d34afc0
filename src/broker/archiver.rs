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

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
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

/// Dead letters that are held and committed at once. Ten of them in one statement cost little more than one, and each
/// may be as large as the broker allows.
const PREFETCH: u16 = 16;

/// Payloads of one statement, which is in memory several times: as messages, as rows, and on the way to the database.
const STATEMENT_BYTES: usize = 4 << 20;

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
            // Whatever a dead letter does to the archive, it must not stop the work on requests.
            let session = AssertUnwindSafe(self.session(shutdown, &mut delays)).catch_unwind();
            let ended = session.await.unwrap_or_else(|_| {
                Ended::Lost(BrokerError::Unreachable(
                    "session dropped after a panic".into(),
                ))
            });
            let error = match ended {
                Ended::Shutdown => return Ok(()),
                Ended::NotStarted(error) if error.is_fatal() => return Err(error),
                // Never fatal: an acknowledgement that came too late for the broker looks like one about arguments.
                Ended::NotStarted(error) | Ended::Lost(error) => error,
            };
            let delay = delays.next_delay();
            warn!(event = "archive_connection_lost", %error, delay_ms = milliseconds(delay), "not archiving dead letters; connecting again");
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
        info!(event = "archiving", queue, "archiving dead letters");
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
        for statement in by_size(letters) {
            self.store_together(statement, shutdown).await?;
        }
        info!(event = "archived", count, "dead letters archived");
        Ok(())
    }

    async fn store_together(
        &self,
        letters: Vec<NewDeadLetter>,
        shutdown: &CancellationToken,
    ) -> Result<(), BrokerError> {
        let alone = letters.len() == 1;
        if self.store(&letters, shutdown).await?.is_err() {
            for letter in letters {
                if alone {
                    self.store_plain(letter, shutdown).await?;
                } else {
                    self.store_one(letter, shutdown).await?;
                }
            }
        }
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
                event = "archive_refused",
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
            // What was not acknowledged comes again.
            let archived = tokio::select! {
                archived = self.database.archive(letters) => archived,
                () = shutdown.cancelled() => return Err(BrokerError::Stopping),
            };
            match archived {
                Ok(()) => return Ok(Ok(())),
                Err(error) if error.is_transient() => {
                    let delay = delays.next_delay();
                    warn!(event = "archive_waiting", %error, count = letters.len(), delay_ms = milliseconds(delay), "dead letters not archived; holding them and trying again");
                    pause(delay, shutdown).await?;
                }
                Err(error) => {
                    warn!(event = "archive_simplified", %error, count = letters.len(), "the database refuses dead letters; trying in another form");
                    return Ok(Err(error));
                }
            }
        }
    }
}

/// Cuts a list where its payloads become too much for one statement.
fn by_size(letters: Vec<NewDeadLetter>) -> Vec<Vec<NewDeadLetter>> {
    let mut statements: Vec<Vec<NewDeadLetter>> = Vec::new();
    let mut bytes = 0;
    for letter in letters {
        bytes += letter.payload.len();
        match statements.last_mut() {
            Some(statement) if bytes <= STATEMENT_BYTES => statement.push(letter),
            Some(_) | None => {
                bytes = letter.payload.len();
                statements.push(vec![letter]);
            }
        }
    }
    statements
}

async fn pause(delay: Duration, shutdown: &CancellationToken) -> Result<(), BrokerError> {
    tokio::select! {
        () = tokio::time::sleep(delay) => Ok(()),
        () = shutdown.cancelled() => Err(BrokerError::Stopping),
    }
}
