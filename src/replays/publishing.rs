//! Publishing a batch of requests until the broker has confirmed or refused each.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::broker::{BrokerError, Outgoing, Publisher};
use crate::outages::Reminder;
use crate::retry::Delays;

/// How long there may be no confirm until the broker counts as gone. It may be restarted meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);

/// What became of a batch.
pub(super) struct Sent {
    /// Positions of those that were confirmed.
    pub(super) confirmed: BTreeSet<usize>,
    /// Positions of those that the broker refuses, with its reason.
    pub(super) refused: Vec<(usize, String)>,
    /// Why the others were not published.
    pub(super) result: Result<(), BrokerError>,
}

/// Publishes until all are confirmed or refused, or the broker has confirmed none for too long. The broker refuses a
/// message by closing the channel or the connection, without saying which one it means: from then on each is
/// published alone.
pub(super) async fn publish(
    publisher: &Publisher,
    messages: &[Outgoing],
    stop: &CancellationToken,
) -> Sent {
    let mut confirmed = BTreeSet::new();
    let mut refused = Vec::new();
    let mut left: Vec<usize> = (0..messages.len()).collect();
    let mut alone = false;
    let mut delays = Delays::reconnect();
    // Each attempt fails in the same way while the broker is away.
    let mut reminder = Reminder::default();
    let mut last_confirm = Instant::now();
    let mut result = Ok(());
    while !left.is_empty() {
        let count = if alone { 1 } else { left.len() };
        let batch = left[..count].iter().map(|index| messages[*index].clone());
        let batch: Vec<Outgoing> = batch.collect();
        let error = match publisher.publish_batch(&batch).await {
            Ok(failed) => {
                let positions: BTreeSet<usize> = failed.iter().map(|(at, _)| *at).collect();
                let (again, done): (Vec<_>, Vec<_>) =
                    (0..count).partition(|at| positions.contains(at));
                if !done.is_empty() {
                    last_confirm = Instant::now();
                    delays.reset();
                }
                confirmed.extend(done.into_iter().map(|at| left[at]));
                let again = again.into_iter().map(|at| left[at]);
                left = again.chain(left[count..].iter().copied()).collect();
                match first_refusal(failed) {
                    Some(error) => error,
                    None => continue,
                }
            }
            Err(error) => error,
        };
        if let BrokerError::Refused(reason) = &error {
            last_confirm = Instant::now();
            if alone {
                refused.push((left.remove(0), reason.clone()));
            }
            alone = true;
            continue;
        }
        let is_gone = last_confirm.elapsed() > PATIENCE;
        if error.is_fatal() || is_gone || stop.is_cancelled() {
            result = Err(error);
            break;
        }
        if reminder.is_due() {
            warn!(event = "replay_unconfirmed", %error, "requests not confirmed; retrying");
        } else {
            debug!(event = "replay_unconfirmed_again", %error, "requests not confirmed; retrying");
        }
        tokio::select! {
            () = sleep(delays.next_delay()) => {}
            () = stop.cancelled() => {
                result = Err(error);
                break;
            }
        }
    }
    Sent {
        confirmed,
        refused,
        result,
    }
}

/// The error that says most about a batch: a refusal, or the first one.
fn first_refusal(failed: Vec<(usize, BrokerError)>) -> Option<BrokerError> {
    let mut errors = failed.into_iter().map(|(_, error)| error);
    let first = errors.next()?;
    if matches!(first, BrokerError::Refused(_)) {
        return Some(first);
    }
    let refusal = errors.find(|error| matches!(error, BrokerError::Refused(_)));
    Some(refusal.unwrap_or(first))
}
