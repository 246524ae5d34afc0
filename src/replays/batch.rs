//! One batch of a replay: dead letters become messages, which are published.

use std::collections::BTreeSet;

use invoice::canonical;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::publishing::{Sent, publish};
use crate::broker::replayed::{ARCHIVED_MAX, Archived};
use crate::broker::{BrokerError, Lane, Publisher, Topology};
use crate::database::dead_letter::Model;
use crate::telemetry::names;

/// Where a replay publishes to.
#[derive(Clone, Copy)]
pub(super) struct Destination<'a> {
    pub(super) publisher: &'a Publisher,
    pub(super) topology: &'a Topology,
    pub(super) lane: Lane,
}

/// What became of a batch.
pub(super) struct Batch {
    /// The dead letters whose requests were confirmed, as they were read.
    pub(super) published: Vec<Model>,
    /// The digests of their requests, in the same order: a document with this one is theirs.
    pub(super) digests: Vec<Option<String>>,
    /// When they were published.
    pub(super) published_at: OffsetDateTime,
    /// Those that the broker does not accept, with its reason.
    pub(super) refused: Vec<(i64, String)>,
    /// Those whose properties or headers cannot be read, with the reason.
    pub(super) unreadable: Vec<(i64, String)>,
    /// The numbers of those that were claimed.
    pub(super) claimed: Vec<i64>,
    /// Up to this number everything has ended in one of these ways.
    pub(super) position: i64,
    /// Why others were not published.
    pub(super) result: Result<(), BrokerError>,
}

/// Publishes the requests of dead letters, which are in the order of their numbers; `claimed` has the numbers of all that were
/// claimed for the batch, and `after` is the position until then.
pub(super) async fn publish_batch(
    rows: Vec<Model>,
    claimed: Vec<i64>,
    after: i64,
    destination: Destination<'_>,
    stop: &CancellationToken,
) -> Batch {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut readable = Vec::with_capacity(rows.len());
    let mut messages = Vec::with_capacity(rows.len());
    let mut unreadable = Vec::new();
    let mut spans = Vec::with_capacity(rows.len());
    for row in rows {
        if row.erased_at.is_some() {
            unreadable.push((row.id, "its request was erased".to_owned()));
            continue;
        }
        let archived = Archived {
            properties: &row.properties,
            headers: &row.headers,
        };
        let Destination { topology, lane, .. } = destination;
        match archived.request(row.payload.clone(), row.id, row.failures, topology, lane) {
            Ok(mut message) => {
                // A replay begins a trace: its dead letter may be weeks old.
                let span = message.traced_anew();
                span.set(names::REPLAYED_DEAD_LETTER, row.id);
                spans.push(span);
                messages.push(message);
                readable.push(row);
            }
            Err(error) => unreadable.push((row.id, error.to_string())),
        }
    }
    let published_at = OffsetDateTime::now_utc();
    let Sent {
        confirmed,
        refused,
        result,
    } = publish(destination.publisher, &messages, stop).await;
    for (index, span) in spans.iter().enumerate() {
        let is_confirmed = confirmed.contains(&index);
        span.end((!is_confirmed).then_some("not_confirmed"));
    }
    let refused: Vec<(i64, String)> = refused
        .into_iter()
        .map(|(index, reason)| (readable[index].id, reason))
        .collect();
    let mut unpublished = BTreeSet::new();
    let mut published = Vec::with_capacity(readable.len());
    for (index, row) in readable.into_iter().enumerate() {
        if confirmed.contains(&index) {
            published.push(row);
        } else if refused.iter().all(|(id, _)| *id != row.id) {
            unpublished.insert(row.id);
        }
    }
    Batch {
        digests: published.iter().map(digest).collect(),
        published,
        published_at,
        refused,
        unreadable,
        claimed,
        position: position(after, &ids, &unpublished),
        result,
    }
}

/// The digest of the request in a dead letter; none where it is not JSON, or its envelope is wrong.
fn digest(row: &Model) -> Option<String> {
    let archived = Archived {
        properties: &row.properties,
        headers: &row.headers,
    };
    let envelope = archived.envelope(&row.payload, ARCHIVED_MAX).ok()?;
    let request = envelope.request(&row.payload).ok()?;
    canonical::digest(request)
        .ok()
        .map(|digest| digest.to_string())
}

/// The number up to which nothing is left.
fn position(after: i64, ids: &[i64], unpublished: &BTreeSet<i64>) -> i64 {
    let first = unpublished.first().copied().unwrap_or(i64::MAX);
    let ended = ids.iter().take_while(|id| **id < first);
    ended.last().copied().unwrap_or(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_never_passes_what_was_not_published() {
        for (unpublished, expected) in [
            (&[][..], 9),
            (&[9], 7),
            (&[7, 9], 5),
            (&[7], 5),
            (&[5], 3),
            (&[5, 7, 9], 3),
        ] {
            let unpublished = unpublished.iter().copied().collect();
            assert_eq!(position(3, &[5, 7, 9], &unpublished), expected);
        }
        assert_eq!(position(3, &[], &BTreeSet::new()), 3);
    }
}
