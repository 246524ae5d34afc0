//! The worker: consumes requests, asks the processor what becomes of each, and carries that out. One session with the
//! broker follows the other for as long as it takes.

mod activity;
mod bulk;
mod handling;
mod hold;
mod in_work;
mod intake;
mod presence;
mod processed;
mod publishing;
mod rights;
mod session;
mod spans;
mod survivals;

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

pub use presence::Presence;

use self::activity::Activity;
use self::handling::Context;
use self::hold::Hold;
use self::publishing::Publishing;
use self::rights::Rights;
use self::session::{Ended, Report, Session, SessionSettings};
use self::survivals::Survivals;
use crate::activity::Minutes;
use crate::broker::{BrokerError, Endpoint, Publisher, Subscription, Topology};
use crate::database::Database;
use crate::duration::milliseconds;
use crate::outages::{self, Reminder, Server};
use crate::processor::Processor;
use crate::readiness::{Component, Readiness};
use crate::retry::Delays;
use crate::telemetry::metrics::{self, Connection};

/// How long a session that follows on one that held back counts as held back, unless a message is settled. Then the worker
/// counts as working, since it consumes; whether the cause is fixed is not known.
const PROBING: Duration = Duration::from_secs(15);

/// How a worker consumes.
#[derive(Clone, Debug)]
pub struct Consumption {
    /// Unacknowledged ordinary messages at once.
    pub prefetch: u16,
    /// Unacknowledged bulk messages at once.
    pub bulk_prefetch: u16,
    /// Deliveries without an acknowledgement after which a message is not processed any more. Below the queue's own
    /// limit, so that the dead letter can say why.
    pub quarantine_after: u32,
    /// Time for messages in work after a signal.
    pub grace: Duration,
    /// Whether events go to the exchange too where a request names a queue for them.
    pub replies_to_exchange: bool,
    /// The name of this worker, for the headers of dead letters.
    pub worker: String,
}

/// Consumes requests until it is stopped.
pub struct Worker {
    endpoint: Endpoint,
    consumption: Consumption,
    context: Arc<Context>,
}

impl Worker {
    /// Wires a worker; nothing is connected yet.
    pub fn new(
        endpoint: Endpoint,
        topology: Topology,
        consumption: Consumption,
        processor: Processor,
        readiness: Readiness,
    ) -> Self {
        let hold = Arc::new(Hold::default());
        let context = Context {
            processor,
            publishing: Publishing {
                publisher: Publisher::new(endpoint.clone(), topology.clone()),
                exchange: topology.exchange.clone(),
                replies_to_exchange: consumption.replies_to_exchange,
                rights: Rights::new(Arc::clone(&hold), readiness.clone()),
            },
            topology,
            worker: consumption.worker.clone(),
            quarantine_after: consumption.quarantine_after,
            survivals: Survivals::default(),
            activity: Activity::default(),
            minutes: Minutes::default(),
            hold,
            readiness,
        };
        Self {
            endpoint,
            consumption,
            context: Arc::new(context),
        }
    }

    /// What reports this worker.
    pub fn presence(&self, database: Database) -> Presence {
        let prefetch = [self.consumption.prefetch, self.consumption.bulk_prefetch];
        Presence::new(database, Arc::clone(&self.context), prefetch)
    }

    /// Consumes until `shutdown` is cancelled.
    ///
    /// # Errors
    ///
    /// Only those that retrying cannot change: a queue with other arguments.
    pub async fn run(&self, shutdown: &CancellationToken) -> Result<(), BrokerError> {
        let mut reconnect = Delays::reconnect();
        let mut hold_back = Delays::hold_back();
        let mut refusals = Reminder::default();
        loop {
            let readiness = &self.context.readiness;
            let report = self.session(shutdown, hold_back.are_growing()).await;
            if report.progressed {
                reconnect.reset();
                hold_back.reset();
            }
            let delay = match report.ended {
                Ended::Shutdown => break,
                Ended::Suspect => continue,
                Ended::HeldBack(failure) => {
                    let delay = hold_back.next_delay();
                    let (code, detail) = (failure.code, failure.loggable_detail());
                    readiness.held_back(code, detail);
                    let is_due = self.context.hold.met(code, Instant::now());
                    is_due.log(code, detail, delay);
                    delay
                }
                Ended::Cancelled => {
                    let delay = reconnect.next_delay();
                    readiness.connecting();
                    warn!(
                        event = "consumer_cancelled",
                        delay_ms = milliseconds(delay),
                        "the broker cancelled the consumer; subscribing again"
                    );
                    delay
                }
                Ended::Lost(error) if error.is_fatal() => return Err(error),
                Ended::Lost(error) => {
                    let delay = reconnect.next_delay();
                    readiness.connecting();
                    readiness.seen(Component::Broker, Err(&error));
                    metrics::reconnecting(Connection::Consume);
                    log_loss(&error, delay, &mut refusals);
                    delay
                }
            };
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = shutdown.cancelled() => break,
            }
        }
        self.context.publishing.publisher.close().await;
        Ok(())
    }

    async fn session(&self, shutdown: &CancellationToken, probing: bool) -> Report {
        let without_work = |ended| Report {
            ended,
            progressed: false,
        };
        let topology = &self.context.topology;
        let queue = &topology.requests;
        // One message at first: if it is what killed earlier workers, it alone counts as delivered when this one dies.
        let subscribing = Subscription::open(&self.endpoint, "consume", topology, queue, 1);
        let subscription = tokio::select! {
            subscribed = subscribing => match subscribed {
                Ok(subscription) => subscription,
                Err(error) => return without_work(Ended::Lost(error)),
            },
            () = shutdown.cancelled() => return without_work(Ended::Shutdown),
        };
        let settings = SessionSettings {
            prefetch: self.consumption.prefetch,
            bulk_prefetch: self.consumption.bulk_prefetch,
            grace: self.consumption.grace,
            probing,
        };
        let readiness = &self.context.readiness;
        readiness.seen::<BrokerError>(Component::Broker, Ok(()));
        outages::works(Server::Broker);
        if !probing {
            self.context.consumes();
        }
        info!(
            event = "consuming",
            queue,
            prefetch = settings.prefetch,
            "consuming"
        );
        let context = Arc::clone(&self.context);
        let mut session = pin!(Session::new(context, settings, subscription).run(shutdown));
        // Where no message comes, nothing shows whether the cause is fixed.
        if let Ok(report) = timeout(PROBING, &mut session).await {
            return report;
        }
        self.context.consumes();
        session.await
    }
}

/// An outage of the broker is logged as such. What it refuses is logged here, since a person has to do something.
fn log_loss(error: &BrokerError, delay: Duration, refusals: &mut Reminder) {
    if error.is_outage() {
        outages::failed(Server::Broker, error);
    } else {
        outages::works(Server::Broker);
        if refusals.is_due() {
            warn!(
                event = "consuming_refused",
                %error,
                "the broker answers, and the worker cannot consume; it tries again until it can"
            );
        }
    }
    debug!(
        event = "connection_lost",
        %error,
        delay_ms = milliseconds(delay),
        "connection to the broker lost; connecting again"
    );
}
