//! The bulk lane of a session: a subscription beside the ordinary one, on the same connection. Whatever happens to its queue,
//! the work on ordinary requests goes on.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::handling::Context;
use super::in_work::InWork;
use super::intake::Intake;
use crate::broker::{Beside, BrokerError, Delivery, Lane, Subscription};
use crate::duration::milliseconds;
use crate::retry::Delays;

/// How long a bulk message may wait for a renderer before the bulk lane is paused. The broker closes the channel of a
/// delivery that is not acknowledged within half an hour; other settings of it are shorter.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// How often the bulk lane looks whether messages have waited for too long.
const WAIT_CHECK: Duration = Duration::from_secs(30);

/// How often a paused bulk lane looks for an idle renderer.
const IDLE_CHECK: Duration = Duration::from_secs(1);

/// The bulk lane of a session.
pub(super) struct BulkLane {
    context: Arc<Context>,
    ordinary: Beside,
    prefetch: u16,
    state: State,
    /// Messages in work.
    in_work: usize,
    delays: Delays,
    /// When to look at the renderers next.
    look_at: Instant,
    /// Of the session. The bulk lane's own is cancelled with it.
    session_gives_up: CancellationToken,
    give_up: CancellationToken,
}

enum State {
    /// Not consuming yet; it begins at this moment.
    Unstarted(Option<Instant>),
    Opening(BoxFuture<'static, Result<Subscription, BrokerError>>),
    Consuming(Intake),
    Widening(BoxFuture<'static, Result<(Subscription, Vec<Delivery>), BrokerError>>),
    /// No renderer was idle for too long: the consumer is cancelled, and what waits is handed back.
    Pausing(BoxFuture<'static, Result<Subscription, BrokerError>>),
    /// It goes on when a renderer is idle.
    Paused(Subscription),
    /// The consumer has ended. Its channel stays open until its messages in work are settled, and not before this moment
    /// another one is opened.
    Ended {
        _subscription: Option<Subscription>,
        until: Instant,
    },
}

/// What a session has to know.
pub(super) enum BulkEvent {
    Delivered(Vec<Delivery>),
    /// An error that retrying cannot change.
    Failed(BrokerError),
}

impl BulkLane {
    pub(super) fn new(
        context: Arc<Context>,
        ordinary: Beside,
        prefetch: u16,
        session_gives_up: &CancellationToken,
    ) -> Self {
        Self {
            context,
            ordinary,
            prefetch,
            state: State::Unstarted(None),
            in_work: 0,
            delays: Delays::reconnect(),
            look_at: Instant::now(),
            session_gives_up: session_gives_up.clone(),
            give_up: session_gives_up.child_token(),
        }
    }

    /// Begins after this time, unless it has begun. Another call of this or of [`wait`](Self::wait) replaces it.
    pub(super) fn start_after(&mut self, delay: Duration) {
        if let State::Unstarted(at) = &mut self.state {
            *at = Some(Instant::now() + delay);
        }
    }

    /// Does not begin for now, unless it has begun.
    pub(super) fn wait(&mut self) {
        if let State::Unstarted(at) = &mut self.state {
            *at = None;
        }
    }

    /// A message begins; returns what has it given up.
    pub(super) fn begin(&mut self, work: &InWork, is_probe: bool) -> CancellationToken {
        self.in_work += 1;
        if let State::Consuming(intake) = &mut self.state {
            intake.begin(work, is_probe);
        }
        self.give_up.clone()
    }

    /// The task of a message has ended.
    pub(super) fn end(&mut self) {
        self.in_work -= 1;
    }

    /// A message is settled; returns whether the whole prefetch can be taken now.
    pub(super) fn settle(&mut self) -> bool {
        self.delays.reset();
        if let State::Consuming(intake) = &mut self.state {
            intake.settle()
        } else {
            false
        }
    }

    pub(super) fn patient_until(&self) -> Option<Instant> {
        if let State::Consuming(intake) = &self.state {
            intake.patient_until()
        } else {
            None
        }
    }

    /// Takes the whole prefetch.
    pub(super) fn widen(&mut self) {
        let is_careful = matches!(&self.state, State::Consuming(intake) if intake.careful);
        if is_careful && let State::Consuming(intake) = self.take_state() {
            let (mut subscription, prefetch) = (intake.subscription, self.prefetch);
            let widening = async move {
                let before = subscription.change_prefetch(prefetch).await?;
                Ok((subscription, before))
            };
            self.state = State::Widening(widening.boxed());
        }
    }

    /// Whether its channel is open.
    pub(super) fn is_connected(&self) -> bool {
        match &self.state {
            State::Consuming(intake) => intake.subscription.is_connected(),
            State::Paused(subscription) => subscription.is_connected(),
            State::Widening(_) | State::Pausing(_) => true,
            State::Unstarted(_) | State::Opening(_) | State::Ended { .. } => false,
        }
    }

    /// Its consumer has ended; another one follows after a delay.
    pub(super) fn lost(&mut self, error: &BrokerError) {
        if let State::Ended { .. } = self.state {
            return;
        }
        let delay = self.delays.next_delay();
        // Where the connection is lost, that is logged for both lanes.
        if self.ordinary.is_connected() {
            warn!(
                event = "bulk_lane_lost",
                %error,
                delay_ms = milliseconds(delay),
                "bulk requests are not consumed for now; ordinary ones are"
            );
        }
        let subscription = match self.take_state() {
            State::Consuming(intake) => Some(intake.subscription),
            State::Paused(subscription) => Some(subscription),
            State::Unstarted(_)
            | State::Opening(_)
            | State::Widening(_)
            | State::Pausing(_)
            | State::Ended { .. } => None,
        };
        self.state = State::Ended {
            _subscription: subscription,
            until: Instant::now() + delay,
        };
    }

    /// The next event.
    ///
    /// Cancel safe: what is under way is kept in the state.
    pub(super) async fn next(&mut self) -> BulkEvent {
        loop {
            match &mut self.state {
                State::Unstarted(None) => std::future::pending().await,
                State::Unstarted(Some(at)) => {
                    sleep_until(*at).await;
                    self.open();
                }
                State::Opening(opening) => match opening.await {
                    Ok(subscription) => self.consume(subscription),
                    Err(error) if error.is_fatal() => return BulkEvent::Failed(error),
                    Err(error) => self.lost(&error),
                },
                State::Widening(widening) => match widening.await {
                    Ok((subscription, before)) => {
                        self.state = State::Consuming(Intake::wide(subscription));
                        return BulkEvent::Delivered(before);
                    }
                    Err(error) => self.lost(&error),
                },
                State::Consuming(intake) => {
                    tokio::select! {
                        delivery = intake.subscription.next() => match delivery {
                            Some(Ok(delivery)) => return BulkEvent::Delivered(vec![delivery]),
                            Some(Err(error)) => self.lost(&error),
                            None => self.lost(&BrokerError::Unreachable(
                                "the consumer was cancelled or its channel closed".into(),
                            )),
                        },
                        () = sleep_until(self.look_at) => {
                            self.look_at = Instant::now() + WAIT_CHECK;
                            self.pause_if_nothing_begins();
                        }
                    }
                }
                State::Pausing(pausing) => match pausing.await {
                    Ok(subscription) => {
                        self.give_up.cancel();
                        self.give_up = self.session_gives_up.child_token();
                        self.state = State::Paused(subscription);
                        self.look_at = Instant::now();
                    }
                    Err(error) => self.lost(&error),
                },
                State::Paused(_) => {
                    sleep_until(self.look_at).await;
                    self.look_at = Instant::now() + IDLE_CHECK;
                    let templates = self.context.processor.templates.current();
                    if self.in_work == 0 && templates.pool.is_idle() {
                        self.open();
                    }
                }
                State::Ended { .. } if self.in_work > 0 => std::future::pending().await,
                State::Ended { until, .. } => {
                    sleep_until(*until).await;
                    self.open();
                }
            }
        }
    }

    fn open(&mut self) {
        let topology = self.context.topology.clone();
        let queue = topology.queue(Lane::Bulk);
        let opening = self.ordinary.clone().open(topology, queue, 1);
        self.state = State::Opening(opening.boxed());
    }

    fn consume(&mut self, subscription: Subscription) {
        debug!(
            event = "bulk_lane_consuming",
            queue = self.context.topology.queue(Lane::Bulk),
            prefetch = self.prefetch,
            "consuming bulk requests"
        );
        self.look_at = Instant::now() + WAIT_CHECK;
        self.state = State::Consuming(Intake::new(subscription));
    }

    fn pause_if_nothing_begins(&mut self) {
        let templates = self.context.processor.templates.current();
        let waited = templates.pool.longest_bulk_wait().unwrap_or_default();
        let is_consuming = matches!(self.state, State::Consuming(_));
        if waited < LONGEST_WAIT || !is_consuming {
            return;
        }
        if let State::Consuming(intake) = self.take_state() {
            info!(
                event = "bulk_lane_paused",
                waited_seconds = waited.as_secs(),
                "no renderer was idle for bulk requests; they return to their queue until one is"
            );
            self.state = State::Pausing(hand_back(intake.subscription).boxed());
        }
    }

    /// Accepts no more deliveries, and hands back what has not begun. The channel stays open for what has.
    pub(super) async fn drain(&mut self) -> Result<(), BrokerError> {
        let subscription = match self.take_state() {
            State::Consuming(intake) => hand_back(intake.subscription).await?,
            State::Widening(widening) => {
                let (subscription, before) = widening.await?;
                for delivery in before {
                    delivery.hand_back().await?;
                }
                hand_back(subscription).await?
            }
            State::Pausing(pausing) => pausing.await?,
            other @ (State::Unstarted(_)
            | State::Opening(_)
            | State::Paused(_)
            | State::Ended { .. }) => {
                self.state = other;
                return Ok(());
            }
        };
        self.state = State::Paused(subscription);
        Ok(())
    }

    fn take_state(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Unstarted(None))
    }
}

async fn hand_back(mut subscription: Subscription) -> Result<Subscription, BrokerError> {
    for delivery in subscription.cancel().await? {
        delivery.hand_back().await?;
    }
    Ok(subscription)
}
