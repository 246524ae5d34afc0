//! One delivery on its way through the worker: it is processed, what the settlement says is published, and it is
//! acknowledged.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Instant;

use invoice::FailureCode;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, debug, info_span, warn};

use super::activity::Activity;
use super::hold::Hold;
use super::in_work::InWork;
use super::processed::Journal;
use super::publishing::{Announced, Publishing, fault};
use super::spans;
use super::survivals::Survivals;
use crate::activity::Minutes;
use crate::broker::headers::{
    CRASH_SUSPECT, EVENT_CONFIRMED, EVENT_REFUSED_SINCE, FAILED_ATTEMPTS, REPLAY,
};
use crate::broker::{BrokerError, Delivery, Reason, Topology};
use crate::contract::{FailedAttempt, RequestProblem};
use crate::moment;
use crate::outages;
use crate::processor::{Class, Failure, Message, Outcome, Processor, Settlement};
use crate::readiness::Readiness;
use crate::telemetry::metrics::Stage;
use document::faults::Step;

/// What the task of a delivery needs.
pub(super) struct Context {
    pub(super) processor: Processor,
    pub(super) publishing: Publishing,
    pub(super) topology: Topology,
    /// The name of this worker, for the headers of dead letters.
    pub(super) worker: String,
    /// Deliveries without an acknowledgement after which a message is not processed any more.
    pub(super) quarantine_after: u32,
    /// Deliveries that ended with the connection and not with the worker.
    pub(super) survivals: Survivals,
    /// What is in work.
    pub(super) activity: Activity,
    /// What was done and is not written yet.
    pub(super) minutes: Minutes,
    /// What holds the worker back.
    pub(super) hold: Arc<Hold>,
    /// The state of this process.
    pub(super) readiness: Readiness,
}

impl Context {
    /// Messages are consumed. That is no work while the broker's user may not publish what settles them.
    pub(super) fn consumes(&self) {
        if !self.publishing.rights.are_missing() {
            self.readiness.working();
        }
    }

    /// A message is settled, so messages can be processed.
    pub(super) fn works(&self) {
        if !self.publishing.rights.are_missing() {
            self.readiness.working();
            self.hold.log_over();
        }
    }
}

/// What the end of a delivery says about the others.
pub(super) enum Handled {
    /// Settled: other messages can be processed.
    Settled,
    /// Retried, for a reason that holds for every message.
    HeldBack(Failure),
}

/// Processes a delivery and settles it.
///
/// # Errors
///
/// Where it could not be settled: the connection is lost, and the broker delivers it again.
pub(super) async fn handle(
    context: Arc<Context>,
    mut work: InWork,
    give_up: CancellationToken,
) -> Result<Handled, BrokerError> {
    spans::begin(
        &context.topology,
        work.lane,
        &work.delivery,
        &mut work.message,
    );
    let message = &work.message;
    let span_id = message.span.context().map(|context| context.span_id());
    let span = info_span!(
        "message",
        trace_id = message.trace_id(),
        span_id,
        lane = work.lane.as_str(),
        message_id = message.message_id.as_deref().unwrap_or("-"),
        identity = tracing::field::Empty,
        attempt = message.attempt,
        delivery_count = message.delivery_count,
    );
    let published_at = published_at(&work.delivery);
    let since = published_at.unwrap_or(message.first_received_at);
    let _busy = context.activity.begin(work.lane, since);
    let handling = async {
        let mut journal = Journal::begin(message, published_at);
        let handled = process_and_settle(&context, &work, &give_up, &mut journal).await;
        let is_settled = matches!(handled, Ok(Some(_)));
        if is_settled && journal.is_final() {
            outages::settled();
        }
        journal.end(message, is_settled, &context.minutes);
        Ok(handled?.unwrap_or(Handled::Settled))
    };
    outages::of_message(key(message), handling.instrument(span)).await
}

/// A number by which the counts of an outage distinguish messages.
fn key(message: &Message) -> u64 {
    let mut hasher = DefaultHasher::new();
    match &message.message_id {
        Some(id) => id.hash(&mut hasher),
        None => message.body.hash(&mut hasher),
    }
    hasher.finish()
}

/// When the request was published first. A replayed one has waited for a person since, which says nothing of workers.
fn published_at(delivery: &Delivery) -> Option<OffsetDateTime> {
    let is_replayed = delivery.header_integer(REPLAY).is_some();
    delivery.published_at().filter(|_| !is_replayed)
}

/// None where the message was handed back.
async fn process_and_settle(
    context: &Context,
    work: &InWork,
    give_up: &CancellationToken,
    journal: &mut Journal,
) -> Result<Option<Handled>, BrokerError> {
    let message = &work.message;
    let held = context.survivals.hold(message);
    let finished = tokio::select! {
        finished = process_and_publish(context, work, give_up, journal) => finished,
        () = give_up.cancelled() => Err(BrokerError::Stopping),
    };
    match finished {
        Ok(handled) => {
            fault(Step::Published, message);
            settle(context, work, "ack", work.delivery.ack()).await?;
            held.settled();
            debug!(event = "acknowledged", "message acknowledged");
            Ok(Some(handled))
        }
        Err(BrokerError::Stopping) => {
            settle(context, work, "nack", work.delivery.hand_back()).await?;
            held.settled();
            Ok(None)
        }
        Err(error) => {
            message.span.fail(error.kind());
            Err(error)
        }
    }
}

/// Everything that must be done before the delivery may be acknowledged: first the work, then publishing what the
/// settlement says, with confirms.
async fn process_and_publish(
    context: &Context,
    work: &InWork,
    give_up: &CancellationToken,
    journal: &mut Journal,
) -> Result<Handled, BrokerError> {
    let message = &work.message;
    let suspect = suspect(context, work);
    let Settlement { event, outcome } = if let Some(deliveries) = suspect {
        let failure = Failure::crash_suspect(deliveries);
        context.processor.dead_letter(message, failure)
    } else if message.delivery_count < context.quarantine_after {
        let report = &mut journal.report;
        context.processor.process(message, report).await
    } else {
        // This process is still there. The next copy is counted from zero.
        let failure = Failure::connection_lost(message.delivery_count);
        context.processor.retry_later(message, failure)
    };
    let Announced { outcome, confirmed } = match event {
        None => outcome.into(),
        Some(announcement) => {
            let began = Instant::now();
            let publishing = &context.publishing;
            let announcing = publishing.announce(work, announcement, outcome, give_up);
            let announced = announcing.await;
            journal.report.ended(Stage::Publish, began);
            announced?
        }
    };
    log(&outcome);
    journal.decided(&outcome);
    spans::describe(&message.span, &outcome);
    let (replacement, handled) = match outcome {
        Outcome::Ack => return Ok(Handled::Settled),
        Outcome::Retry { after, failure } => {
            let queue = context.topology.retry_queue(work.lane, after);
            context
                .activity
                .waits(&queue, after, message.first_received_at);
            let body = message.body.clone();
            let failed = message.failed_attempts.as_deref();
            let failed = FailedAttempt::added(failed, failure.code.as_str());
            let is_refused = failure.code == FailureCode::EventRefused;
            let refused_since = message
                .event_refused_since
                .unwrap_or_else(OffsetDateTime::now_utc);
            let refused_since = is_refused.then(|| moment::text(refused_since));
            let suspect = suspect.map(|deliveries| deliveries.to_string());
            let retry = work.delivery.retry(queue, body, &work.progress());
            let retry = retry
                .with_header(FAILED_ATTEMPTS, &failed)
                .with_header_if_any(EVENT_CONFIRMED, confirmed.as_deref())
                .with_header_if_any(EVENT_REFUSED_SINCE, refused_since.as_deref())
                .with_header_if_any(CRASH_SUSPECT, suspect.as_deref());
            let handled = match failure.class {
                Class::Systemic => Handled::HeldBack(failure),
                Class::Permanent | Class::Transient => Handled::Settled,
            };
            (retry, handled)
        }
        Outcome::DeadLetter { failure } => {
            let list = RequestProblem::bounded_json(&failure.problems);
            let reason = Reason {
                code: failure.code.as_str(),
                detail: &failure.detail,
                list: list.as_deref(),
                stage: failure.stage.as_str(),
                worker: &context.worker,
            };
            let exchange = context.topology.dead_exchange.clone();
            let body = message.body.clone();
            let letter =
                work.delivery
                    .dead_letter(exchange, work.lane, body, &work.progress(), &reason);
            let failed = message.failed_attempts.as_deref();
            let letter = letter.with_header_if_any(FAILED_ATTEMPTS, failed);
            (letter, Handled::Settled)
        }
    };
    fault(Step::Publishing, message);
    let began = Instant::now();
    let publishing = &context.publishing;
    let published = publishing.publish(message, replacement, give_up).await;
    journal.report.ended(Stage::Publish, began);
    published.map(|()| handled)
}

/// How often a message was delivered that workers have died of, so that it is not processed again; none of any other message.
fn suspect(context: &Context, work: &InWork) -> Option<u32> {
    let message = &work.message;
    // Its event was refused: the broker counts the deliveries of the copy from zero.
    work.delivery.crash_suspect().or_else(|| {
        let has_killed = message.delivery_count >= context.quarantine_after
            && context.survivals.of(message) == 0;
        has_killed.then_some(message.delivery_count)
    })
}

/// Settles a delivery in a span: `how` is the name of AMQP's method.
async fn settle(
    context: &Context,
    work: &InWork,
    how: &'static str,
    settling: impl Future<Output = Result<(), BrokerError>>,
) -> Result<(), BrokerError> {
    let InWork {
        lane,
        delivery,
        message,
    } = work;
    let span = spans::settle(&context.topology, *lane, delivery, &message.span, how);
    let settled = settling.await;
    span.end(settled.as_ref().err().map(BrokerError::kind));
    settled
}

/// One log event for each failure, at the only place that all of them pass; an outage that is reported has a line for all
/// messages elsewhere. What may quote personal data stays out.
fn log(outcome: &Outcome) {
    match outcome {
        Outcome::Ack => {}
        Outcome::Retry { after, failure } => {
            if !failure.is_reported_for_all() {
                warn!(
                    event = "attempt_failed",
                    code = failure.code.as_str(),
                    stage = failure.stage.as_str(),
                    detail = failure.loggable_detail(),
                    after_seconds = after.as_secs(),
                    "request failed; it will be retried"
                );
            }
            debug!(
                event = "retry_scheduled",
                code = failure.code.as_str(),
                stage = failure.stage.as_str(),
                detail = failure.loggable_detail(),
                after_seconds = after.as_secs(),
                "request waits in a retry queue"
            );
        }
        Outcome::DeadLetter { failure } => warn!(
            event = "dead_lettered",
            code = failure.code.as_str(),
            stage = failure.stage.as_str(),
            detail = failure.loggable_detail(),
            "request failed; dead-lettered"
        ),
    }
}
