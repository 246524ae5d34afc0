//! One subscription, from its beginning to its end: which deliveries are accepted, how many at once, and what becomes of
//! them when it ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::handling::{Context, Handled, InWork, handle};
use crate::broker::connection::CLOSE_TIMEOUT;
use crate::broker::{BrokerError, Delivery, Subscription};
use crate::processor::Failure;

/// Deliveries without an acknowledgement after which a message is suspected of killing workers: it is then processed
/// while no other message is in work. A lost connection counts too, so twice may be bad luck.
const SUSPECT_AFTER: u32 = 3;

/// How long other messages wait for the first one of a session. Ordinary ones take a tenth of it; what kills workers does
/// so at once, and what hangs is given up by its renderer much later.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a session works.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionSettings {
    /// Unacknowledged messages at once, after a careful start.
    pub(super) prefetch: u16,
    /// Time for messages in work after a signal.
    pub(super) grace: Duration,
    /// Whether the session before held back: the first message then finds out whether its cause is fixed.
    pub(super) probing: bool,
}

/// How a session ended.
pub(super) struct Report {
    pub(super) ended: Ended,
    /// Whether a message was settled: then the next session need not wait longer than this one did.
    pub(super) progressed: bool,
}

/// Why a session ended.
pub(super) enum Ended {
    /// By `shutdown`: everything in work is settled or handed back.
    Shutdown,
    /// Every request would fail like this one, until the installation is repaired.
    HeldBack(Failure),
    /// A suspect came while other messages were in work.
    Suspect,
    /// The broker cancelled the consumer: its queue was deleted, or moved. Channel and connection are open.
    Cancelled,
    /// Connection or channel are gone; the broker delivers again what was in work.
    Lost(BrokerError),
}

/// A subscription with what was delivered through it. Dropping it drops the connection and all work: what was not
/// settled is delivered again, and every step of the work can be repeated.
pub(super) struct Session {
    context: Arc<Context>,
    settings: SessionSettings,
    subscription: Subscription,
    /// Whether only one message is in work at a time: until one that was never delivered before is settled, or takes so
    /// long that others should not wait for it.
    careful: bool,
    /// Whether that one message was delivered before.
    holds_redelivered: bool,
    /// When others stop waiting for that message; none where it is a suspect or a probe, which may take their time.
    patient_until: Option<Instant>,
    /// Cancelled when the grace period is over.
    give_up: CancellationToken,
    /// Dropping it cancels all of them.
    tasks: JoinSet<Result<Handled, BrokerError>>,
    /// A message that must be processed while no other is in work.
    suspect: Option<InWork>,
    progressed: bool,
}

impl Session {
    /// A session on a subscription with a prefetch of one.
    pub(super) fn new(
        context: Arc<Context>,
        settings: SessionSettings,
        subscription: Subscription,
    ) -> Self {
        Self {
            context,
            settings,
            subscription,
            careful: true,
            holds_redelivered: false,
            patient_until: None,
            give_up: CancellationToken::new(),
            tasks: JoinSet::new(),
            suspect: None,
            progressed: false,
        }
    }

    /// Consumes until the session ends, and then settles what is in work, as far as that can still be done.
    pub(super) async fn run(mut self, shutdown: &CancellationToken) -> Report {
        let ended = self.consume(shutdown).await;
        if !matches!(ended, Ended::Lost(_)) {
            self.finish(&ended, shutdown).await;
        }
        Report {
            ended,
            progressed: self.progressed,
        }
    }

    async fn consume(&mut self, shutdown: &CancellationToken) -> Ended {
        loop {
            let ended = tokio::select! {
                () = shutdown.cancelled() => Some(Ended::Shutdown),
                Some(finished) = self.tasks.join_next() => match handled(finished) {
                    Ok(Handled::HeldBack(failure)) => Some(Ended::HeldBack(failure)),
                    Ok(Handled::Settled) => {
                        self.progressed = true;
                        self.patient_until = None;
                        self.take_more().await
                    }
                    Err(error) => Some(Ended::Lost(error)),
                },
                () = out_of_patience(self.patient_until) => self.widen().await,
                delivery = self.subscription.next() => match delivery {
                    Some(Ok(delivery)) => self.accept(delivery),
                    Some(Err(error)) => Some(Ended::Lost(error)),
                    None => Some(self.consumer_ended()),
                },
            };
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    fn consumer_ended(&self) -> Ended {
        if self.subscription.is_connected() {
            Ended::Cancelled
        } else {
            Ended::Lost(BrokerError::Unreachable("the channel was closed".into()))
        }
    }

    /// Starts work on a delivery; a suspect waits until it is alone.
    fn accept(&mut self, delivery: Delivery) -> Option<Ended> {
        let work = InWork::new(delivery);
        let suspect = work.message.delivery_count >= SUSPECT_AFTER;
        if suspect && !self.careful {
            self.suspect = Some(work);
            return Some(Ended::Suspect);
        }
        self.holds_redelivered = work.message.delivery_count > 0;
        let is_ordinary = self.careful && !suspect && !self.settings.probing;
        self.patient_until = is_ordinary.then(|| Instant::now() + PATIENCE);
        let context = Arc::clone(&self.context);
        self.tasks
            .spawn(handle(context, work, self.give_up.clone()));
        None
    }

    /// After the first settled message: subscribes again, with the whole prefetch. A message that was delivered before
    /// does not count. What was in work together with it comes next, and may contain a suspect. A worker that receives a
    /// suspect among a whole prefetch has to hand the rest back, and up to RabbitMQ 4.2 that counts as a delivery.
    async fn take_more(&mut self) -> Option<Ended> {
        if !self.careful || self.holds_redelivered {
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
        let prefetch = self.settings.prefetch;
        let before = self.subscription.change_prefetch(prefetch).await?;
        self.careful = false;
        self.patient_until = None;
        // What came before the change: one message at most.
        let mut ended = None;
        for delivery in before {
            if ended.is_none() {
                ended = self.accept(delivery);
            } else {
                delivery.hand_back().await?;
            }
        }
        Ok(ended)
    }

    /// Settles what is in work, and closes the connection.
    async fn finish(&mut self, ended: &Ended, shutdown: &CancellationToken) {
        let finished = match ended {
            // Nothing is left to hand back, and the queue of what was delivered may be gone: it is processed to its end,
            // whether or not the broker still accepts the acknowledgement.
            Ended::Cancelled => self.settle_all(shutdown).await,
            Ended::Shutdown | Ended::HeldBack(_) | Ended::Suspect | Ended::Lost(_) => {
                self.drain(shutdown).await
            }
        };
        if let Err(error) = finished {
            warn!(event = "deliveries_returned", %error, "messages in work return to the queue with the connection");
        }
        self.subscription.close().await;
    }

    /// Accepts no more deliveries, hands back what has not begun, and settles the rest.
    async fn drain(&mut self, shutdown: &CancellationToken) -> Result<(), BrokerError> {
        info!(
            event = "draining",
            in_work = self.tasks.len(),
            "no new messages are accepted"
        );
        for delivery in self.subscription.cancel().await? {
            delivery.hand_back().await?;
        }
        self.settle_all(shutdown).await
    }

    /// Waits for everything in work; a suspect is processed after that, alone. After a signal there is the grace period
    /// for all this.
    async fn settle_all(&mut self, shutdown: &CancellationToken) -> Result<(), BrokerError> {
        let tasks = &mut self.tasks;
        let finishing = async {
            all_handled(tasks).await?;
            if let Some(suspect) = self.suspect.take() {
                warn!(
                    event = "suspect_processed_alone",
                    delivery_count = suspect.message.delivery_count,
                    "message suspected of killing workers is processed alone"
                );
                handle(Arc::clone(&self.context), suspect, self.give_up.clone()).await?;
            }
            Ok(())
        };
        let out_of_time = async {
            shutdown.cancelled().await;
            tokio::time::sleep(for_work(self.settings.grace)).await;
        };
        tokio::select! {
            finished = finishing => return finished,
            () = out_of_time => {}
        }
        warn!(
            event = "grace_period_over",
            in_work = self.tasks.len(),
            "grace period is over; unfinished messages return to the queue"
        );
        self.give_up.cancel();
        all_handled(&mut self.tasks).await
    }
}

/// The part of the grace period that messages in work have; the rest is for closing two connections.
fn for_work(grace: Duration) -> Duration {
    grace.saturating_sub((2 * CLOSE_TIMEOUT).min(grace / 3))
}

/// Waits for all tasks, also where one of them could not settle its message; returns the first error.
async fn all_handled(tasks: &mut JoinSet<Result<Handled, BrokerError>>) -> Result<(), BrokerError> {
    let mut result = Ok(());
    while let Some(finished) = tasks.join_next().await {
        result = result.and(handled(finished).map(drop));
    }
    result
}

/// Waits until this moment; without one, without end.
async fn out_of_patience(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// How a task ended. A message whose task panicked is not settled: the end of the session has it delivered again and
/// counted by the broker.
fn handled(
    finished: Result<Result<Handled, BrokerError>, JoinError>,
) -> Result<Handled, BrokerError> {
    match finished {
        Ok(result) => result,
        Err(join_error) => {
            error!(event = "task_panicked", %join_error, "the task of a message panicked");
            Err(BrokerError::Unreachable(
                "session dropped after a panic".into(),
            ))
        }
    }
}
