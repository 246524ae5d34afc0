//! A replay of dead letters, as `dead-letters replays` lists it.

use std::cmp::Reverse;

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::database::DeadLetterStatus;
use crate::database::dead_letters::Selection;
use crate::database::replay::{Model, NotReplayed};

/// A replay with its progress.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayResource {
    /// Its number.
    pub id: i64,
    /// `queued`, `running`, `cancelled`, `done` or `failed`.
    pub status: &'static str,
    /// Which dead letters; none where a later version has written a filter that this one does not know.
    pub selection: Option<ReplaySelection>,
    /// Lane of the requests: `ordinary` or `bulk`.
    pub lane: String,
    /// Requests a second at most.
    pub rate: Option<i64>,
    /// Requests at most, as it was asked for.
    pub limit: Option<i64>,
    /// Dead letters that were selected.
    pub total: i64,
    /// Every selected dead letter up to this number was processed.
    pub after: i64,
    /// Requests that were published and confirmed.
    pub published: i64,
    /// Of these, the dead letters that are marked as replayed. The others failed again at once, or were changed meanwhile.
    pub marked: i64,
    /// What became of the requests that were published.
    pub outcome: ReplayOutcomes,
    /// Dead letters that the broker does not accept; they stay as they are.
    pub refused: NotReplayedLetters,
    /// Dead letters whose properties or headers cannot be read; they stay as they are.
    pub unreadable: NotReplayedLetters,
    /// Who created it: user@host, or the name of a token.
    pub actor: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// What went wrong last.
    pub error: Option<String>,
    /// The process that runs it: host:pid.
    pub owner: Option<String>,
    /// When a person asked for its end, while a process runs it.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub cancel_requested_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub created_at: OffsetDateTime,
    /// When a process first ran it.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub started_at: Option<OffsetDateTime>,
    /// Last sign of life.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub updated_at: OffsetDateTime,
    /// When it was done, cancelled, or failed.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub finished_at: Option<OffsetDateTime>,
}

/// What became of the requests of a replay, as far as it is known.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayOutcomes {
    /// How many have their document.
    pub generated: u64,
    /// How many were dead-lettered again.
    pub failed_again: u64,
    /// Of how many it is not known yet: they wait for a worker, are in work, or were lost with their queue.
    pub pending: u64,
    /// Of how many it will not be known: a version published them that did not note what it published, or the dead letter was
    /// deleted.
    pub unknown: u64,
    /// The codes of those that were dead-lettered again, the most frequent first.
    pub failed_codes: Vec<CodeCount>,
}

/// How often a failure code occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeCount {
    /// The stable code.
    pub code: String,
    /// How often.
    pub count: u64,
}

impl ReplayOutcomes {
    /// Of a row, of which so many requests are pending, and unknown.
    pub fn of(row: &Model, pending: u64, unknown: u64) -> Self {
        let codes = row.failed_again().into_iter();
        let mut failed_codes: Vec<CodeCount> = codes
            .map(|(code, count)| CodeCount { code, count })
            .collect();
        failed_codes.sort_by_key(|it| Reverse(it.count));
        Self {
            generated: u64::try_from(row.generated).unwrap_or(0),
            failed_again: failed_codes.iter().map(|it| it.count).sum(),
            pending,
            unknown,
            failed_codes,
        }
    }
}

/// Dead letters that could not be replayed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotReplayedLetters {
    /// How many.
    pub count: i64,
    /// The first hundred of them.
    pub letters: Vec<NotReplayedLetter>,
}

/// A dead letter that could not be replayed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotReplayedLetter {
    /// Its number.
    pub id: i64,
    /// Why.
    pub reason: String,
}

/// Which dead letters a replay or a repair is about, frozen when it was created. All given filters have to match.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplaySelection {
    /// With one of these numbers; none means any.
    pub ids: Vec<i64>,
    /// With one of these codes; none means any.
    pub codes: Vec<String>,
    /// That failed in one of these stages; none means any.
    pub stages: Vec<String>,
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this shop.
    pub shop_id: Option<String>,
    /// Of this order, also one that it had until an edit.
    pub order_id: Option<String>,
    /// With this sequence number.
    pub sequence_number: Option<String>,
    /// With this message id.
    pub message_id: Option<String>,
    /// With this text in the detail or in the message.
    pub text: Option<String>,
    /// That failed last at this time or later.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub since: Option<OffsetDateTime>,
    /// That failed last at this time or earlier: at most when the replay was created.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub until: Option<OffsetDateTime>,
    /// In this state; none means any.
    pub status: Option<&'static str>,
    /// With this number or a lower one.
    pub max_id: Option<i64>,
    /// That this repair has edited.
    pub repair: Option<i64>,
}

impl ReplayResource {
    /// Of a row, of which so many requests are pending, and unknown.
    pub fn new(row: Model, pending: u64, unknown: u64) -> Self {
        Self {
            outcome: ReplayOutcomes::of(&row, pending, unknown),
            selection: row.selection().ok().map(ReplaySelection::from),
            refused: not_replayed(row.refused, row.refused_letters()),
            unreadable: not_replayed(row.unreadable, row.unreadable_letters()),
            id: row.id,
            status: row.status.as_str(),
            lane: row.lane,
            rate: row.rate,
            limit: row.at_most,
            total: row.total,
            after: row.after_id,
            published: row.published,
            marked: row.marked,
            actor: row.actor,
            reason: row.reason,
            error: row.error,
            owner: row.owner,
            cancel_requested_at: row.cancel_requested_at,
            created_at: row.created_at,
            started_at: row.started_at,
            updated_at: row.updated_at,
            finished_at: row.finished_at,
        }
    }
}

impl From<Selection> for ReplaySelection {
    fn from(selection: Selection) -> Self {
        Self {
            ids: selection.ids,
            codes: selection.codes,
            stages: selection.stages,
            platform: selection.platform,
            shop_id: selection.shop_id,
            order_id: selection.order_id,
            sequence_number: selection.sequence_number,
            message_id: selection.message_id,
            text: selection.text,
            since: selection.since,
            until: selection.until,
            status: selection.status.map(DeadLetterStatus::as_str),
            max_id: selection.max_id,
            repair: selection.repair,
        }
    }
}

fn not_replayed(count: i64, letters: Vec<NotReplayed>) -> NotReplayedLetters {
    let letters = letters.into_iter();
    NotReplayedLetters {
        count,
        letters: letters
            .map(|NotReplayed { id, reason }| NotReplayedLetter { id, reason })
            .collect(),
    }
}
