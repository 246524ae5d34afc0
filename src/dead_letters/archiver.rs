//! Moves dead letters from their queue to the archive.
//!
//! A dead letter is acknowledged after its row is committed. A session takes one at first, and more at once only while they
//! are small; what has come is stored before more is taken. While the database is away, dead letters are kept: one
//! prefetch of them here, the rest in the queue, which has no limit. None is handed back meanwhile, since the broker would
//! only deliver it again at once.
//!
//! A row that the database refuses is stored alone, so that it does not keep others back, and then in ASCII (see
//! [`NewDeadLetter::into_plain`]): bytes, numbers and ASCII are what every database accepts. If that is refused too, the
//! cause is not the message but a table or a disk that would refuse every other one as well. It is then treated like an
//! outage: an error is logged, the dead letter kept, and storing it retried.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use invoice::content::envelope_max;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::letter;
use crate::broker::{BrokerError, Delivery, Endpoint, Subscription, Topology};
use crate::database::{Database, DatabaseError, NewDeadLetter};
use crate::duration::milliseconds;
use crate::outages::{self, Reminder, Server};
use crate::retry::{self, Delays, Retryable as _};
use crate::telemetry::metrics::{self, Connection};

/// Dead letters that are committed at once. Ten of them in one statement cost little more than one.
const PREFETCH: u16 = 16;

/// Prefetch of a new session and while dead letters are large: each may be as large as the broker allows, and those that are
/// held when the worker dies of them would all be delivered together again.
const CAREFUL_PREFETCH: u16 = 1;

/// From this size on, in bytes, a dead letter is large: as it came, since no more than the beginning of one is unpacked at a
/// time. Requests have 1 MiB at most unless `REQUEST_MAX_BYTES` says otherwise.
const LARGE_BYTES: usize = 1 << 20;

/// Largest payloads of one statement, in bytes. They are in memory several times: as messages, as rows, and on the way to
/// the database.
const STATEMENT_BYTES: usize = 4 << 20;

/// How long a statement may still take when the archiver is stopped: what is committed then is acknowledged, and not delivered
/// again.
const LAST_STATEMENT: Duration = Duration::from_secs(3);

/// Archives dead letters until it is stopped.
pub struct Archiver {
    endpoint: Endpoint,
    topology: Topology,
    database: Database,
    /// Where identities are looked for: in so many bytes of each content.
    identity_max_bytes: usize,
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
    /// Wires an archiver of requests that may have so many bytes.
    pub fn new(
        endpoint: Endpoint,
        topology: Topology,
        database: Database,
        request_max_bytes: usize,
    ) -> Self {
        Self {
            endpoint,
            topology,
            database,
            identity_max_bytes: envelope_max(request_max_bytes),
        }
    }

    /// Archives until `shutdown` is cancelled.
    ///
    /// # Errors
    ///
    /// Only those that retrying cannot change: a queue with other arguments.
    pub async fn run(&self, shutdown: &CancellationToken) -> Result<(), BrokerError> {
        let mut delays = Delays::reconnect();
        let mut refusals = Reminder::default();
        loop {
            // A dead letter that makes the archiver panic must not stop the work on requests.
            let session = AssertUnwindSafe(self.session(shutdown, &mut delays)).catch_unwind();
            let ended = session.await.unwrap_or_else(|_| {
                Ended::Lost(BrokerError::Unreachable(
                    "session dropped after a panic".into(),
                ))
            });
            let error = match ended {
                Ended::Shutdown => return Ok(()),
                Ended::NotStarted(error) if error.is_fatal() => return Err(error),
                // Never fatal once it has worked: an acknowledgement that comes too late is refused with the same code as
                // other arguments of a queue.
                Ended::NotStarted(error) | Ended::Lost(error) => error,
            };
            let delay = delays.next_delay();
            metrics::reconnecting(Connection::Archive);
            if error.is_outage() {
                outages::failed(Server::Broker, &error);
            } else if refusals.is_due() {
                warn!(event = "archiving_refused", %error, "the broker answers, and dead letters cannot be consumed; they wait in their queue");
            }
            debug!(event = "archive_connection_lost", %error, delay_ms = milliseconds(delay), "connection to the broker lost; dead letters are not archived until it is back");
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = shutdown.cancelled() => return Ok(()),
            }
        }
    }

    /// One connection, from subscribing to its end. Dropping it returns what was not acknowledged to the queue, whose
    /// delivery limit is out of reach.
    async fn session(&self, shutdown: &CancellationToken, delays: &mut Delays) -> Ended {
        let queue = &self.topology.dead;
        let mut prefetch = CAREFUL_PREFETCH;
        let subscribing =
            Subscription::open(&self.endpoint, "archive", &self.topology, queue, prefetch);
        let mut subscription = tokio::select! {
            subscribed = subscribing => match subscribed {
                Ok(subscription) => subscription,
                Err(error) => return Ended::NotStarted(error),
            },
            () = shutdown.cancelled() => return Ended::Shutdown,
        };
        outages::works(Server::Broker);
        debug!(event = "archiving", queue, "archiving dead letters");
        let ended = loop {
            let batch = tokio::select! {
                biased;
                () = shutdown.cancelled() => break Ended::Shutdown,
                batch = subscription.next_batch(PREFETCH) => batch,
            };
            let Some(batch) = batch else {
                let cancelled = "the broker cancelled the archive's consumer";
                break Ended::Lost(BrokerError::Unreachable(cancelled.into()));
            };
            let taken = async {
                let largest = self.take(batch, shutdown).await?;
                let wanted = if largest < LARGE_BYTES {
                    PREFETCH
                } else {
                    CAREFUL_PREFETCH
                };
                if wanted != prefetch {
                    let before = subscription.change_prefetch(wanted).await?;
                    prefetch = wanted;
                    self.take_each(before, shutdown).await?;
                }
                Ok(())
            };
            match taken.await {
                Ok(()) => delays.reset(),
                Err(BrokerError::Stopping) => break Ended::Shutdown,
                Err(error) => break Ended::Lost(error),
            }
        };
        if let Ended::Shutdown = ended {
            subscription.close().await;
        }
        ended
    }

    /// Stores what was delivered, then acknowledges it. After an error among the deliveries none can be acknowledged any
    /// more; those before it are stored when they are delivered again. Returns the size of the largest one.
    async fn take(
        &self,
        batch: Vec<Result<Delivery, BrokerError>>,
        shutdown: &CancellationToken,
    ) -> Result<usize, BrokerError> {
        let mut deliveries = batch.into_iter().collect::<Result<Vec<_>, _>>()?;
        let sizes = deliveries.iter().map(|delivery| delivery.body().len());
        let largest = sizes.max().unwrap_or_default();
        let letters = deliveries.iter_mut();
        let letters = letters.map(|delivery| letter::read(delivery, self.identity_max_bytes));
        let letters = letters.collect();
        self.store_all(letters, shutdown).await?;
        // Deliveries of a consumer come in order, and everything before these is acknowledged.
        if let Some(last) = deliveries.last() {
            last.ack_with_earlier().await?;
        }
        Ok(largest)
    }

    /// The same for what was delivered before the prefetch was changed: each is acknowledged by itself, since others that
    /// were delivered between them to the new consumer are not stored yet.
    async fn take_each(
        &self,
        deliveries: Vec<Delivery>,
        shutdown: &CancellationToken,
    ) -> Result<(), BrokerError> {
        for mut delivery in deliveries {
            let letter = letter::read(&mut delivery, self.identity_max_bytes);
            self.store_all(vec![letter], shutdown).await?;
            delivery.ack().await?;
        }
        Ok(())
    }

    /// Returns when all of them are committed.
    async fn store_all(
        &self,
        letters: Vec<NewDeadLetter>,
        shutdown: &CancellationToken,
    ) -> Result<(), BrokerError> {
        let count = letters.len();
        for statement in by_size(letters) {
            self.store_together(statement, shutdown).await?;
        }
        metrics::dead_letters_archived(count);
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

    /// The last resort: it ends with a row or with the program.
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
                "the database refuses a dead letter in every form; keeping it and retrying"
            );
            pause(delays.next_delay(), shutdown).await?;
        }
    }

    /// Stores for as long as it takes. The inner error is a refusal that retrying cannot change.
    async fn store(
        &self,
        letters: &[NewDeadLetter],
        shutdown: &CancellationToken,
    ) -> Result<Result<(), DatabaseError>, BrokerError> {
        let mut delays = Delays::reconnect();
        let mut refusals = Reminder::default();
        loop {
            // Only the statement in work when the archiver is stopped is finished, not the others of its batch.
            if shutdown.is_cancelled() {
                return Err(BrokerError::Stopping);
            }
            let too_long = async {
                shutdown.cancelled().await;
                tokio::time::sleep(LAST_STATEMENT).await;
            };
            // What was not acknowledged is delivered again.
            let archived = tokio::select! {
                archived = self.database.store_dead_letters(letters) => archived,
                () = too_long => return Err(BrokerError::Stopping),
            };
            retry::note(&archived);
            match archived {
                Ok(()) => return Ok(Ok(())),
                Err(error) if error.is_transient() => {
                    let delay = delays.next_delay();
                    if !error.is_outage() && refusals.is_due() {
                        warn!(event = "storing_refused", %error, "the database answers, and dead letters cannot be stored; they are kept until they can");
                    }
                    debug!(event = "archive_waiting", %error, count = letters.len(), delay_ms = milliseconds(delay), "dead letters not archived; keeping them and retrying");
                    pause(delay, shutdown).await?;
                }
                Err(error) => {
                    warn!(event = "archive_simplified", %error, count = letters.len(), "the database refuses dead letters; storing them in another form");
                    return Ok(Err(error));
                }
            }
        }
    }
}

/// Splits a list where its payloads become too large for one statement.
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
