//! The worker: consumes requests, asks the processor what becomes of each, and carries that out. One session with the
//! broker follows the other for as long as it takes.

mod bulk;
mod handling;
mod intake;
mod session;
mod survivals;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use self::handling::Context;
use self::session::{Ended, Report, Session, SessionSettings};
use self::survivals::Survivals;
use crate::broker::{BrokerError, Endpoint, Publisher, Subscription, Topology};
use crate::duration::milliseconds;
use crate::processor::Processor;
use crate::readiness;
use crate::retry::Delays;

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
    ) -> Self {
        let context = Context {
            processor,
            publisher: Publisher::new(endpoint.clone(), topology.clone()),
            topology,
            worker: consumption.worker.clone(),
            quarantine_after: consumption.quarantine_after,
            survivals: Survivals::default(),
        };
        Self {
            endpoint,
            consumption,
            context: Arc::new(context),
        }
    }

    /// Consumes until `shutdown` is cancelled.
    ///
    /// # Errors
    ///
    /// Only those that retrying cannot change: a queue with other arguments.
    pub async fn run(&self, shutdown: &CancellationToken) -> Result<(), BrokerError> {
        let mut reconnect = Delays::reconnect();
        let mut hold_back = Delays::hold_back();
        loop {
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
                    readiness::held_back(failure.code.as_str());
                    error!(
                        event = "held_back",
                        code = failure.code.as_str(),
                        detail = failure.loggable_detail(),
                        delay_seconds = delay.as_secs(),
                        "no request can be processed until this is fixed; holding back"
                    );
                    delay
                }
                Ended::Cancelled => {
                    let delay = reconnect.next_delay();
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
                    warn!(
                        event = "connection_lost",
                        %error,
                        delay_ms = milliseconds(delay),
                        "connection to the broker lost; connecting again"
                    );
                    delay
                }
            };
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = shutdown.cancelled() => break,
            }
        }
        self.context.publisher.close().await;
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
        readiness::ready();
        info!(
            event = "consuming",
            queue,
            prefetch = settings.prefetch,
            "consuming"
        );
        let context = Arc::clone(&self.context);
        Session::new(context, settings, subscription)
            .run(shutdown)
            .await
    }
}
