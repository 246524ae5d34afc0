//! One subscription, from its beginning to its end: which deliveries are taken, how many at once, and what becomes of
//! them when it ends.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::BasicCancelOptions;
use lapin::{Channel, Connection, Consumer};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::connection::{self, SETUP_TIMEOUT, Subscription, deadline};
use super::error::BrokerError;
use super::handling::{Held, Outcome, hand_back, handle};
use super::headers;
use super::worker::{Pace, Worker};
use crate::processor::Failure;

/// Deliveries without a settlement after which a message is suspected of killing workers: it is then processed while
/// nothing else is held. A lost connection counts too, so twice may be bad luck.
const SUSPECT_AFTER: u32 = 3;

/// How long others wait for the first message of a session. Ordinary ones take a tenth of it; what kills workers does
/// so at once, and what hangs is given up by its renderer much later.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a session with the broker ended.
pub(super) enum Ended {
    /// As asked: everything in work is settled or handed back.
    Shutdown,
    /// Every request would fail like this one, until someone mends the installation.
    HeldBack(Failure),
    /// A suspect came while other messages were held.
    Suspect,
    /// The broker takes the subscription back: its queue was deleted, or moved. Channel and connection are alive.
    Cancelled,
    /// The connection or channel is gone, and what was held is on its way to the next worker.
    Lost(BrokerError),
}

/// A subscription with what was delivered through it. Dropping it drops the connection, and all work with it: what was
/// not settled is delivered again, and every step of the work can be repeated.
pub(super) struct Session<'a> {
    worker: &'a Worker,
    connection: Connection,
    channel: Channel,
    consumer: Consumer,
    /// Whether only one message is held at a time: until one that was never delivered before has gone all the way, or
    /// takes so long that others should not wait for it.
    careful: bool,
    /// Whether that one message was delivered before.
    holds_returned: bool,
    /// Whether that one message finds out whether what held everything back is mended. Then it may take its time.
    probing: bool,
    /// When others do not wait for it any longer; never where it is a suspect.
    patient_until: Option<Instant>,
    /// Ends work that did not finish in the grace period.
    give_up: CancellationToken,
    /// Dropping it ends all of them.
    tasks: JoinSet<Result<Outcome, BrokerError>>,
    /// A message that must be processed when nothing else is held.
    suspect: Option<Held>,
}

impl<'a> Session<'a> {
    /// With one message at a time at first. `probing` says that everything was held back before.
    pub(super) fn new(worker: &'a Worker, subscription: Subscription, probing: bool) -> Self {
        let Subscription {
            connection,
            channel,
            consumer,
        } = subscription;
        Self {
            worker,
            connection,
            channel,
            consumer,
            careful: true,
            holds_returned: false,
            probing,
            patient_until: None,
            give_up: CancellationToken::new(),
            tasks: JoinSet::new(),
            suspect: None,
        }
    }

    /// Consumes until it ends, and settles what is in work then, as far as that can still be done.
    pub(super) async fn run(mut self, shutdown: &CancellationToken, pace: &mut Pace) -> Ended {
        let ended = self.consume(shutdown, pace).await;
        if let Ended::Lost(_) = ended {
            return ended;
        }
        let grace = self.worker.consumption.grace;
        // After a cancellation nothing is left to be handed back, and what was delivered may exist nowhere else: it is
        // worked to its end, whether or not the broker still wants its acknowledgement.
        let finished = match ended {
            Ended::Cancelled => self.settle_what_is_held(shutdown, grace).await,
            Ended::Shutdown | Ended::HeldBack(_) | Ended::Suspect | Ended::Lost(_) => {
                self.finish(shutdown, grace).await
            }
        };
        if let Err(error) = finished {
            warn!(event = "deliveries_returned", %error, "what was in work goes back to the queue with the connection");
        }
        connection::close(&self.connection, "consume").await;
        ended
    }

    async fn consume(&mut self, shutdown: &CancellationToken, pace: &mut Pace) -> Ended {
        loop {
            let ended = tokio::select! {
                () = shutdown.cancelled() => Some(Ended::Shutdown),
                Some(finished) = self.tasks.join_next() => match settled(finished) {
                    Ok(Outcome::HeldBack(failure)) => Some(Ended::HeldBack(failure)),
                    Ok(Outcome::Settled) => {
                        self.patient_until = None;
                        // What was settled proves that the way is free.
                        pace.reconnect.reset();
                        pace.hold_back.reset();
                        self.take_more().await
                    }
                    Err(error) => Some(Ended::Lost(error)),
                },
                () = out_of_patience(self.patient_until) => self.widen().await,
                delivery = self.consumer.next() => match delivery {
                    Some(Ok(delivery)) => self.accept(delivery),
                    Some(Err(error)) => Some(Ended::Lost(error.into())),
                    None => Some(self.cancelled()),
                },
            };
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    fn cancelled(&self) -> Ended {
        if self.channel.status().connected() {
            Ended::Cancelled
        } else {
            Ended::Lost(BrokerError::Unreachable("the channel was closed".into()))
        }
    }

    /// Starts work on a delivery; a suspect has to wait until it is alone.
    fn accept(&mut self, mut delivery: Delivery) -> Option<Ended> {
        let message = headers::read(&mut delivery);
        let suspect = message.delivery_count >= SUSPECT_AFTER;
        let held = Held { delivery, message };
        if suspect && !self.careful {
            self.suspect = Some(held);
            return Some(Ended::Suspect);
        }
        self.holds_returned = held.message.delivery_count > 0;
        let is_ordinary = self.careful && !suspect && !self.probing;
        self.patient_until = is_ordinary.then(|| Instant::now() + PATIENCE);
        self.tasks.spawn(handle(
            Arc::clone(&self.worker.context),
            held,
            self.give_up.clone(),
        ));
        None
    }

    /// After the first message that went all the way: subscribes again, with the whole prefetch. One that was delivered
    /// before does not count: what was held together with it comes next, and may hold a suspect. Whoever meets that
    /// with the whole prefetch in hand has to hand the rest back, and up to RabbitMQ 4.2 that counts as a delivery.
    async fn take_more(&mut self) -> Option<Ended> {
        if !self.careful || self.holds_returned {
            return None;
        }
        self.widen().await
    }

    async fn widen(&mut self) -> Option<Ended> {
        match self.try_widen().await {
            Ok(ended) => ended,
            Err(error) => Some(Ended::Lost(error)),
        }
    }

    async fn try_widen(&mut self) -> Result<Option<Ended>, BrokerError> {
        let queue = &self.worker.topology.requests;
        let prefetch = self.worker.consumption.prefetch;
        let wide = connection::consume(&self.channel, queue, prefetch).await?;
        let mut narrow = std::mem::replace(&mut self.consumer, wide);
        self.careful = false;
        self.patient_until = None;
        // What came before the cancellation must not be lost: one message at most.
        let mut ended = None;
        for delivery in cancel(&self.channel, &mut narrow).await? {
            if ended.is_none() {
                ended = self.accept(delivery);
            } else {
                hand_back(&delivery).await?;
            }
        }
        Ok(ended)
    }

    /// Takes no more, hands back what has not begun, and settles the rest.
    async fn finish(
        &mut self,
        shutdown: &CancellationToken,
        grace: Duration,
    ) -> Result<(), BrokerError> {
        info!(
            event = "draining",
            in_work = self.tasks.len(),
            "no new messages"
        );
        for delivery in cancel(&self.channel, &mut self.consumer).await? {
            hand_back(&delivery).await?;
        }
        self.settle_what_is_held(shutdown, grace).await
    }

    /// Lets everything in work finish; a suspect then has the worker for itself. After a signal there is `grace` for
    /// all this.
    async fn settle_what_is_held(
        &mut self,
        shutdown: &CancellationToken,
        grace: Duration,
    ) -> Result<(), BrokerError> {
        let context = &self.worker.context;
        let tasks = &mut self.tasks;
        let finishing = async {
            all_settled(tasks).await?;
            if let Some(suspect) = self.suspect.take() {
                warn!(
                    event = "suspect_processed_alone",
                    delivery_count = suspect.message.delivery_count,
                    "suspected of killing workers; processed alone"
                );
                handle(Arc::clone(context), suspect, self.give_up.clone()).await?;
            }
            Ok(())
        };
        let out_of_time = async {
            shutdown.cancelled().await;
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            finished = finishing => return finished,
            () = out_of_time => {}
        }
        warn!(
            event = "grace_period_over",
            in_work = self.tasks.len(),
            "the grace period is over; what is not finished goes back to the queue"
        );
        self.give_up.cancel();
        all_settled(&mut self.tasks).await
    }
}

/// Waits for all tasks, also where one of them could not settle its message; answers the first error.
async fn all_settled(tasks: &mut JoinSet<Result<Outcome, BrokerError>>) -> Result<(), BrokerError> {
    let mut result = Ok(());
    while let Some(finished) = tasks.join_next().await {
        result = result.and(settled(finished).map(drop));
    }
    result
}

/// Waits until this moment, or for ever.
async fn out_of_patience(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Ends a subscription; answers what was delivered and not yet taken.
async fn cancel(channel: &Channel, consumer: &mut Consumer) -> Result<Vec<Delivery>, BrokerError> {
    let cancelling = channel.basic_cancel(consumer.tag(), BasicCancelOptions::default());
    deadline("cancel the consumer", SETUP_TIMEOUT, cancelling).await?;
    let mut left = Vec::new();
    while let Ok(Some(Ok(delivery))) = timeout(SETUP_TIMEOUT, consumer.next()).await {
        left.push(delivery);
    }
    Ok(left)
}

/// What became of a task. A message whose task panicked is still unsettled: ending the session has it delivered again
/// and counted by the broker.
fn settled(
    finished: Result<Result<Outcome, BrokerError>, JoinError>,
) -> Result<Outcome, BrokerError> {
    match finished {
        Ok(result) => result,
        Err(join_error) => {
            error!(event = "task_panicked", %join_error, "a message's task panicked");
            Err(BrokerError::Unreachable(
                "session dropped after a panic".into(),
            ))
        }
    }
}
