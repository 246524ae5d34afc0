//! One subscription, from its beginning to its end: which deliveries are accepted, how many at once, and what becomes of
//! them when it ends.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::bulk::{BulkEvent, BulkLane};
use super::handling::{Context, Handled, handle};
use super::in_work::InWork;
use super::intake::{Intake, is_suspect};
use crate::broker::connection::CLOSE_TIMEOUT;
use crate::broker::{BrokerError, Delivery, Lane, Subscription};
use crate::processor::Failure;

/// How long the bulk lane waits for a first ordinary message.
const ORDINARY_FIRST: Duration = Duration::from_secs(1);

/// How a session works.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionSettings {
    /// Unacknowledged ordinary messages at once, after a careful start.
    pub(super) prefetch: u16,
    /// The same for bulk messages.
    pub(super) bulk_prefetch: u16,
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

/// Subscriptions with what was delivered through them. Dropping it drops the connection and all work: what was not
/// settled is delivered again, and every step of the work can be repeated.
///
/// The bulk lane begins when the ordinary one has its whole prefetch, or receives nothing. So a message that killed workers
/// is not delivered together with one that was held when they died.
pub(super) struct Session {
    context: Arc<Context>,
    settings: SessionSettings,
    /// While it is careful, only one message of both lanes is in work at a time.
    ordinary: Intake,
    bulk: BulkLane,
    /// Cancelled when the grace period is over.
    give_up: CancellationToken,
    /// Dropping it cancels all of them.
    tasks: Tasks,
    /// Deliveries that have not begun.
    waiting: VecDeque<(Lane, Delivery)>,
    /// A message that must be processed while no other is in work.
    suspect: Option<InWork>,
    progressed: bool,
}

type Tasks = JoinSet<(Lane, Result<Handled, BrokerError>)>;

impl Session {
    /// A session on a subscription with a prefetch of one.
    pub(super) fn new(
        context: Arc<Context>,
        settings: SessionSettings,
        subscription: Subscription,
    ) -> Self {
        let give_up = CancellationToken::new();
        let mut bulk = BulkLane::new(
            Arc::clone(&context),
            subscription.beside(),
            settings.bulk_prefetch,
            &give_up,
        );
        bulk.start_after(ORDINARY_FIRST);
        Self {
            context,
            settings,
            ordinary: Intake::new(subscription),
            bulk,
            give_up,
            tasks: JoinSet::new(),
            waiting: VecDeque::new(),
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
            if let Some((lane, delivery)) = self.next_waiting() {
                match self.accept(lane, delivery) {
                    Some(ended) => return ended,
                    None => continue,
                }
            }
            let (ordinary_until, bulk_until) =
                (self.ordinary.patient_until(), self.bulk.patient_until());
            let ended = tokio::select! {
                () = shutdown.cancelled() => Some(Ended::Shutdown),
                Some(finished) = self.tasks.join_next() => self.task_ended(finished).await,
                () = out_of_patience(ordinary_until) => self.widen(Lane::Ordinary).await,
                () = out_of_patience(bulk_until) => self.widen(Lane::Bulk).await,
                delivery = self.ordinary.subscription.next() => match delivery {
                    Some(Ok(delivery)) => {
                        self.waiting.push_back((Lane::Ordinary, delivery));
                        None
                    }
                    Some(Err(error)) => Some(Ended::Lost(error)),
                    None => Some(self.consumer_ended()),
                },
                event = self.bulk.next() => match event {
                    BulkEvent::Delivered(deliveries) => {
                        let deliveries = deliveries.into_iter();
                        self.waiting.extend(deliveries.map(|delivery| (Lane::Bulk, delivery)));
                        None
                    }
                    BulkEvent::Failed(error) => Some(Ended::Lost(error)),
                },
            };
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    /// A delivery that may begin now. Those of both lanes wait as long as only one message may be in work, which is one of
    /// each lane at most.
    fn next_waiting(&mut self) -> Option<(Lane, Delivery)> {
        if self.ordinary.careful && !self.tasks.is_empty() {
            return None;
        }
        self.waiting.pop_front()
    }

    async fn task_ended(
        &mut self,
        finished: Result<(Lane, Result<Handled, BrokerError>), JoinError>,
    ) -> Option<Ended> {
        let (lane, result) = match finished {
            Ok(finished) => finished,
            Err(panicked) => return Some(Ended::Lost(panic(&panicked))),
        };
        if lane == Lane::Bulk {
            self.bulk.end();
        }
        match result {
            Ok(Handled::HeldBack(failure)) => Some(Ended::HeldBack(failure)),
            Ok(Handled::Settled) => {
                self.progressed = true;
                if self.settings.probing {
                    self.context.works();
                }
                self.take_more(lane).await
            }
            Err(error) if lane == Lane::Bulk && !error.is_fatal() && self.only_bulk_is_lost() => {
                self.bulk.lost(&error);
                None
            }
            Err(error) => Some(Ended::Lost(error)),
        }
    }

    fn only_bulk_is_lost(&self) -> bool {
        self.ordinary.subscription.is_connected() && !self.bulk.is_connected()
    }

    fn consumer_ended(&self) -> Ended {
        if self.ordinary.subscription.is_connected() {
            Ended::Cancelled
        } else {
            Ended::Lost(BrokerError::Unreachable("the channel was closed".into()))
        }
    }

    /// Starts work on a delivery; a suspect waits until it is alone.
    fn accept(&mut self, lane: Lane, delivery: Delivery) -> Option<Ended> {
        let work = InWork::new(
            lane,
            delivery,
            self.context.processor.request_limits.max_bytes,
        );
        if is_suspect(&work) && !self.ordinary.careful {
            self.suspect = Some(work);
            return Some(Ended::Suspect);
        }
        let is_probe = self.settings.probing;
        let give_up = match lane {
            Lane::Ordinary => {
                self.ordinary.begin(&work, is_probe);
                if self.ordinary.careful {
                    self.bulk.wait();
                }
                self.give_up.clone()
            }
            Lane::Bulk => self.bulk.begin(&work, is_probe),
        };
        let handling = handle(Arc::clone(&self.context), work, give_up);
        self.tasks.spawn(async move { (lane, handling.await) });
        None
    }

    /// After a settled message: takes the whole prefetch, once that is safe.
    async fn take_more(&mut self, lane: Lane) -> Option<Ended> {
        let may_widen = match lane {
            Lane::Ordinary => self.ordinary.settle(),
            Lane::Bulk => self.bulk.settle(),
        };
        if may_widen {
            return self.widen(lane).await;
        }
        if self.ordinary.careful {
            self.bulk.start_after(ORDINARY_FIRST);
        }
        None
    }

    /// Takes the whole prefetch of a lane. Bulk messages come while no ordinary ones do, or after them, so what they show of
    /// the worker holds for ordinary ones as well.
    async fn widen(&mut self, lane: Lane) -> Option<Ended> {
        if lane == Lane::Bulk {
            self.bulk.widen();
        }
        if !self.ordinary.careful {
            return None;
        }
        let changing = self
            .ordinary
            .subscription
            .change_prefetch(self.settings.prefetch);
        let before = match changing.await {
            Ok(before) => before,
            Err(error) => return Some(Ended::Lost(error)),
        };
        self.ordinary.widen();
        let before = before.into_iter();
        self.waiting
            .extend(before.map(|delivery| (Lane::Ordinary, delivery)));
        self.bulk.start_after(Duration::ZERO);
        None
    }

    /// Settles what is in work, and closes the connection.
    async fn finish(&mut self, ended: &Ended, shutdown: &CancellationToken) {
        let finished = match ended {
            // Nothing is left to hand back, and the queue of what was delivered may be gone: it is processed to its end,
            // whether or not the broker still accepts the acknowledgement.
            Ended::Cancelled => {
                self.drain_bulk().await;
                while let Some((lane, delivery)) = self.waiting.pop_front() {
                    // Where it is a suspect, it is processed after the others.
                    let _ended = self.accept(lane, delivery);
                }
                self.settle_all(shutdown).await
            }
            Ended::Shutdown | Ended::HeldBack(_) | Ended::Suspect | Ended::Lost(_) => {
                self.drain(shutdown).await
            }
        };
        if let Err(error) = finished {
            returned(&error);
        }
        self.ordinary.subscription.close().await;
    }

    /// A bulk lane that cannot be drained does not keep the ordinary one from it.
    async fn drain_bulk(&mut self) {
        if let Err(error) = self.bulk.drain().await {
            returned(&error);
        }
    }

    /// Accepts no more deliveries, hands back what has not begun, and settles the rest.
    async fn drain(&mut self, shutdown: &CancellationToken) -> Result<(), BrokerError> {
        info!(
            event = "draining",
            in_work = self.tasks.len(),
            "no new messages are accepted"
        );
        for delivery in self.ordinary.subscription.cancel().await? {
            delivery.hand_back().await?;
        }
        self.drain_bulk().await;
        while let Some((_, delivery)) = self.waiting.pop_front() {
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
                let lane = suspect.lane;
                warn!(
                    event = "suspect_processed_alone",
                    lane = lane.as_str(),
                    delivery_count = suspect.message.delivery_count,
                    "message suspected of killing workers is processed alone"
                );
                // A task like the others: the whole work on a message is too large for the stack of the thread that waits here.
                let handling = handle(Arc::clone(&self.context), suspect, self.give_up.clone());
                tasks.spawn(async move { (lane, handling.await) });
                all_handled(tasks).await?;
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

fn returned(error: &BrokerError) {
    warn!(event = "deliveries_returned", %error, "messages in work return to the queue with the connection");
}

/// Waits for all tasks, also where one of them could not settle its message; returns the first error.
async fn all_handled(tasks: &mut Tasks) -> Result<(), BrokerError> {
    let mut result = Ok(());
    while let Some(finished) = tasks.join_next().await {
        let handled = match finished {
            Ok((_, handled)) => handled.map(drop),
            Err(panicked) => Err(panic(&panicked)),
        };
        result = result.and(handled);
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

/// A message whose task panicked is not settled: the end of the session has it delivered again and counted by the broker.
fn panic(join_error: &JoinError) -> BrokerError {
    error!(event = "task_panicked", %join_error, "the task of a message panicked");
    BrokerError::Unreachable("session dropped after a panic".into())
}
