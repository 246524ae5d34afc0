//! Consuming for as long as it takes: one [`Session`] with the broker after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::connection::Endpoint;
use super::error::BrokerError;
use super::handling::Context;
use super::publisher::Publisher;
use super::session::{Ended, Session};
use super::topology::Topology;
use crate::processor::Processor;
use crate::readiness;
use crate::retry::Delays;
use crate::telemetry::milliseconds;

/// How a worker consumes.
#[derive(Clone, Debug)]
pub struct Consumption {
    /// Unacknowledged messages at once.
    pub prefetch: u16,
    /// Deliveries without a settlement after which a message is not processed any more. Below the queue's own limit,
    /// so that the dead letter can say why.
    pub quarantine_after: u32,
    /// Time for messages in work after a signal.
    pub grace: Duration,
    /// Who we are, for the headers of dead letters.
    pub worker: String,
}

/// Consumes requests until `shutdown`, over as many connections as it takes.
pub struct Worker {
    endpoint: Endpoint,
    pub(super) topology: Topology,
    pub(super) consumption: Consumption,
    pub(super) context: Arc<Context>,
}

/// How long to wait before the next session.
pub(super) struct Pace {
    /// After a lost one.
    pub(super) reconnect: Delays,
    /// After one that could serve no request.
    pub(super) hold_back: Delays,
}

impl Worker {
    /// Wires a worker.
    pub fn new(
        endpoint: Endpoint,
        topology: Topology,
        consumption: Consumption,
        processor: Processor,
    ) -> Self {
        let publisher = Publisher::new(endpoint.clone(), topology.clone());
        let context = Context {
            processor,
            publisher,
            topology: topology.clone(),
            worker: consumption.worker.clone(),
            quarantine_after: consumption.quarantine_after,
        };
        Self {
            endpoint,
            topology,
            consumption,
            context: Arc::new(context),
        }
    }

    /// Consumes until `shutdown` is cancelled. Comes back with an error only where trying again is useless.
    pub async fn run(&self, shutdown: &CancellationToken) -> Result<(), BrokerError> {
        let mut pace = Pace {
            reconnect: Delays::reconnect(),
            hold_back: Delays::hold_back(),
        };
        loop {
            let delay = match self.session(shutdown, &mut pace).await {
                Ended::Shutdown => break,
                Ended::Suspect => continue,
                Ended::HeldBack(failure) => {
                    let delay = pace.hold_back.next_delay();
                    readiness::held_back(failure.code.as_str());
                    error!(
                        event = "held_back",
                        code = failure.code.as_str(),
                        detail = failure.loggable_detail(),
                        delay_seconds = delay.as_secs(),
                        "no request can be served until this is mended; holding back"
                    );
                    delay
                }
                Ended::Cancelled => {
                    let delay = pace.reconnect.next_delay();
                    warn!(
                        event = "consumer_cancelled",
                        delay_ms = milliseconds(delay),
                        "not consuming, the broker has cancelled the consumer; subscribing again"
                    );
                    delay
                }
                Ended::Lost(error) if error.is_fatal() => return Err(error),
                Ended::Lost(error) => {
                    let delay = pace.reconnect.next_delay();
                    warn!(event = "connection_lost", %error, delay_ms = milliseconds(delay), "not consuming; connecting again");
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

    async fn session(&self, shutdown: &CancellationToken, pace: &mut Pace) -> Ended {
        let queue = &self.topology.requests;
        // One message at first: if the workers before died of it, only this message is counted as held by the next
        // one to die.
        let subscribing = self.endpoint.subscribe("consume", &self.topology, queue, 1);
        let subscription = tokio::select! {
            subscribed = subscribing => match subscribed {
                Ok(subscription) => subscription,
                Err(error) => return Ended::Lost(error),
            },
            () = shutdown.cancelled() => return Ended::Shutdown,
        };
        let prefetch = self.consumption.prefetch;
        readiness::ready();
        info!(event = "consuming", queue, prefetch, "consuming");
        let probing = pace.hold_back.are_growing();
        Session::new(self, subscription, probing)
            .run(shutdown, pace)
            .await
    }
}
