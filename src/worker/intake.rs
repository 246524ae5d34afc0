//! How much a session takes from the queue of one lane.

use std::time::Duration;

use tokio::time::Instant;

use super::in_work::InWork;
use crate::broker::Subscription;

/// Deliveries without an acknowledgement after which a message is suspected of killing workers: it is then processed
/// while no other message is in work. A lost connection counts too, so twice may be bad luck.
const SUSPECT_AFTER: u32 = 3;

/// How long other messages wait for the first one of a session. Ordinary ones take a tenth of it; what kills workers does
/// so at once, and what hangs is given up by its renderer much later.
const PATIENCE: Duration = Duration::from_secs(2);

/// A subscription with a prefetch of one at first.
pub(super) struct Intake {
    pub(super) subscription: Subscription,
    /// Whether messages of this lane are taken one at a time: until one that was never delivered before is settled, or takes
    /// so long that others should not wait for it.
    pub(super) careful: bool,
    /// Whether that one message was delivered before.
    holds_redelivered: bool,
    /// When others stop waiting for that message; none where it is a suspect or a probe, which may take their time.
    patient_until: Option<Instant>,
}

impl Intake {
    /// On a subscription with a prefetch of one.
    pub(super) fn new(subscription: Subscription) -> Self {
        Self {
            subscription,
            careful: true,
            holds_redelivered: false,
            patient_until: None,
        }
    }

    /// On one with the whole prefetch.
    pub(super) fn wide(subscription: Subscription) -> Self {
        Self {
            careful: false,
            ..Self::new(subscription)
        }
    }

    /// A message of this lane begins. A probe finds out whether anything can be processed at all.
    pub(super) fn begin(&mut self, work: &InWork, is_probe: bool) {
        self.holds_redelivered = work.message.delivery_count > 0;
        let is_awaited = self.careful && !is_suspect(work) && !is_probe;
        self.patient_until = is_awaited.then(|| Instant::now() + PATIENCE);
    }

    /// A message of this lane is settled. Returns whether the whole prefetch can be taken now: not after a message that was
    /// delivered before. What was in work together with it comes next, and may contain a suspect. A worker that receives a
    /// suspect among a whole prefetch has to hand the rest back, and up to RabbitMQ 4.2 that counts as a delivery.
    pub(super) fn settle(&mut self) -> bool {
        self.patient_until = None;
        self.careful && !self.holds_redelivered
    }

    /// When the whole prefetch is taken although the first message is not settled.
    pub(super) fn patient_until(&self) -> Option<Instant> {
        self.patient_until
    }

    /// The subscription has the whole prefetch now.
    pub(super) fn widen(&mut self) {
        self.careful = false;
        self.patient_until = None;
    }
}

/// Whether a message may be what killed workers.
pub(super) fn is_suspect(work: &InWork) -> bool {
    work.message.delivery_count >= SUSPECT_AFTER
}
