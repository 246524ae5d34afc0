//! The table `dead_letter`: every dead letter becomes a row, once.

mod changes;
mod conditions;
mod counted;
mod edits;
mod history;
mod listing;
mod search;
mod selection;
mod target;
mod together;
mod walk;
mod wordless;

use std::collections::HashSet;

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{EntityTrait as _, NotSet, Set};
use sha2::Digest as _;
use time::OffsetDateTime;

pub(super) use changes::{mark, unchanged};
pub(super) use conditions::is_unclaimed;
pub use counted::CountedGroup;
pub use edits::{EditRun, Edited, NewContent};
pub use history::{EditSummary, Ending};
pub use selection::{Frozen, Page, Selection, Summary};
pub use together::first_within;

use super::ascii::{ascii_json, plain};
use super::dead_letter::{ActiveModel, Column, DeadLetterStatus, Entity};
use super::records::sortable;
use super::{Database, DatabaseError, without_nul, words};

use invoice::ClaimedIdentity;
use invoice::digest::Sha256Digest;
use invoice::sender;

/// A dead letter to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDeadLetter {
    /// The publisher's id of the message.
    pub message_id: Option<String>,
    /// Exchange that it came through.
    pub exchange: String,
    /// Its routing key there.
    pub routing_key: String,
    /// AMQP properties other than the headers, as JSON.
    pub properties: String,
    /// All headers, as JSON.
    pub headers: String,
    /// The request.
    pub payload: Vec<u8>,
    /// Why it was dead-lettered: the stable code.
    pub code: String,
    /// Where it failed.
    pub stage: String,
    /// Why it was dead-lettered, in words.
    pub detail: String,
    /// Attempts that it took.
    pub attempts: u32,
    /// The worker that dead-lettered it; none if the broker did.
    pub worker: Option<String>,
    /// When.
    pub failed_at: OffsetDateTime,
    /// How often this message had failed before it was replayed; none if it never was.
    pub replays: u32,
    /// The identity that the request claims.
    pub claimed: ClaimedIdentity,
    /// The number of the dead letter that was replayed; none if it never was.
    pub replay_of: Option<i64>,
    /// Whether it is stored in ASCII.
    pub is_plain: bool,
}

impl NewDeadLetter {
    /// Two dead letters with the same one are the same.
    pub fn fingerprint(&self) -> Sha256Digest {
        self.fingerprint_with(&self.code)
    }

    /// The same of a dead letter that has failed with this code.
    fn fingerprint_with(&self, code: &str) -> Sha256Digest {
        let sender = sender_of(self.message_id.as_deref(), &self.properties);
        fingerprint(&sender, &self.payload, code)
    }

    /// The same in ASCII, for a database whose encoding lacks a character. In JSON nothing is lost by that; elsewhere a
    /// character becomes its escaped number.
    pub fn into_plain(self) -> Self {
        Self {
            message_id: self.message_id.map(plain),
            exchange: plain(self.exchange),
            routing_key: plain(self.routing_key),
            properties: ascii_json(&self.properties),
            headers: ascii_json(&self.headers),
            payload: self.payload,
            code: plain(self.code),
            stage: plain(self.stage),
            detail: plain(self.detail),
            attempts: self.attempts,
            worker: self.worker.map(plain),
            failed_at: self.failed_at,
            replays: self.replays,
            claimed: ClaimedIdentity::from_parts(
                self.claimed.into_parts().map(|part| part.map(plain)),
            ),
            replay_of: self.replay_of,
            is_plain: true,
        }
    }

    fn into_row(self, now: OffsetDateTime) -> ActiveModel {
        let [platform, shop_id, order_id, package_id, sequence_number] =
            self.claimed.clone().into_parts().map(Set);
        let text = |text: String| without_nul(&text);
        let mut words = words::of_dead_letter(&self.detail, &self.payload);
        if self.is_plain {
            words = words::in_ascii(&words);
        }
        ActiveModel {
            id: NotSet,
            fingerprint: Set(self.fingerprint().to_string()),
            message_id: Set(self.message_id.map(text)),
            exchange: Set(text(self.exchange)),
            routing_key: Set(text(self.routing_key)),
            properties: Set(self.properties),
            headers: Set(self.headers),
            payload: Set(self.payload),
            code: Set(text(self.code)),
            stage: Set(text(self.stage)),
            detail: Set(text(self.detail)),
            words: Set(Some(words)),
            attempts: Set(self.attempts.try_into().unwrap_or(i32::MAX)),
            platform,
            shop_id,
            order_id,
            package_id,
            sequence_number,
            worker: Set(self.worker.map(text)),
            status: Set(DeadLetterStatus::Open),
            failures: Set(self
                .replays
                .saturating_add(1)
                .try_into()
                .unwrap_or(i32::MAX)),
            first_failed_at: Set(sortable(self.failed_at)),
            last_failed_at: Set(sortable(self.failed_at)),
            replayed_at: Set(None),
            replayed_by: Set(None),
            discarded_at: Set(None),
            discarded_by: Set(None),
            discard_reason: Set(None),
            claimed_by: Set(None),
            continued_as: Set(None),
            erased_at: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
        }
    }
}

impl Database {
    /// Stores dead letters; all of them are committed when this returns. Storing one again changes nothing.
    pub async fn store_dead_letters(&self, letters: &[NewDeadLetter]) -> Result<(), DatabaseError> {
        let now = sortable(OffsetDateTime::now_utc());
        for letter in letters {
            self.keep_number(letter).await?;
        }
        let mut left: Vec<&NewDeadLetter> = letters.iter().collect();
        // One statement may not touch a row twice: repetitions get a statement of their own.
        while !left.is_empty() {
            let mut seen = HashSet::new();
            let (batch, repeated) = left
                .into_iter()
                .partition::<Vec<_>, _>(|letter| seen.insert(*letter.fingerprint().as_bytes()));
            let rows = batch.into_iter().map(|letter| letter.clone().into_row(now));
            let statement = Entity::insert_many(rows).on_conflict(reopen());
            self.in_time(async |connection| statement.exec_without_returning(&connection).await)
                .await?;
            left = repeated;
        }
        Ok(())
    }
}

/// Changes a row when its message is dead-lettered again.
///
/// The same dead letter delivered twice (its acknowledgement was lost) has the time of failure that the row has, and
/// changes nothing. Otherwise the message has failed once more, and the row is open again, whatever its state was. It
/// counts as a further failure if it was replayed in between: the row says so, or the message itself, which carries the
/// number of the failure that it was replayed after. The message has it even if it fails before the replay has marked the
/// row.
fn reopen() -> OnConflict {
    const FAILURES: &str = r#"CASE
        WHEN excluded.failures > "dead_letter"."failures" THEN excluded.failures
        WHEN "dead_letter"."status" = 'open' THEN "dead_letter"."failures"
        ELSE "dead_letter"."failures" + 1 END"#;
    const CAME_AGAIN: &str = r#"excluded.failures > "dead_letter"."failures"
        OR excluded.last_failed_at <> "dead_letter"."last_failed_at""#;
    OnConflict::column(Column::Fingerprint)
        .update_columns([
            Column::Exchange,
            Column::RoutingKey,
            Column::Properties,
            Column::Headers,
            Column::Stage,
            Column::Detail,
            Column::Words,
            Column::Attempts,
            Column::Worker,
            Column::Status,
            Column::LastFailedAt,
            Column::UpdatedAt,
        ])
        .value(Column::Failures, Expr::cust(FAILURES))
        .value(Column::ContinuedAs, Expr::value(Option::<i64>::None))
        .action_and_where(Expr::cust(CAME_AGAIN))
        .to_owned()
}

/// What identifies a message beside its body, by its properties as JSON.
fn sender_of(message_id: Option<&str>, properties: &str) -> String {
    let properties: serde_json::Value = serde_json::from_str(properties).unwrap_or_default();
    let text = |name: &str| properties[name].as_str();
    sender(message_id, text("reply_to"), text("correlation_id"))
}

/// Each part is preceded by its length, so that different parts never give the same bytes.
fn fingerprint(sender: &str, payload: &[u8], code: &str) -> Sha256Digest {
    let mut hasher = sha2::Sha256::new();
    for part in [sender.as_bytes(), payload, code.as_bytes()] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    Sha256Digest::finish(hasher)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::{ActiveModelTrait as _, Iterable as _};
    use time::macros::datetime;

    #[test]
    fn times_sort_as_text() {
        let times = [
            datetime!(2026-11-21 12:00:00 UTC),
            datetime!(2026-11-21 12:00:00.1 UTC),
            datetime!(2026-11-21 12:00:00.12 UTC),
            datetime!(2026-11-21 12:00:00.999_999_999 UTC),
            datetime!(2026-11-21 14:00:01.5 +02:00),
        ];
        let texts = times.map(|time| {
            let rfc3339 = time::format_description::well_known::Rfc3339;
            sortable(time).format(&rfc3339).expect("a time")
        });
        assert!(texts.is_sorted(), "{texts:?}");
        assert!(
            texts.iter().all(|text| text.len() == texts[0].len()),
            "{texts:?}"
        );
        assert_eq!(sortable(sortable(times[1])), sortable(times[1]));
    }

    #[test]
    fn parts_of_a_fingerprint_cannot_pass_for_one_another() {
        let all = [
            fingerprint("ab", b"c", "d"),
            fingerprint("a", b"bc", "d"),
            fingerprint("a", b"b", "cd"),
            fingerprint("", b"abc", "d"),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|other| other != one));
        }
    }

    #[test]
    fn the_plain_form_is_ascii_and_means_the_same() {
        let letter = NewDeadLetter {
            message_id: Some("m\0ü".into()),
            exchange: String::new(),
            routing_key: "invoice.requested".into(),
            properties: "{}".into(),
            headers: r#"{"to":"Zoë 🎉"}"#.into(),
            payload: "商店".into(),
            code: "code".into(),
            stage: "broker".into(),
            detail: "a\nb „c“".into(),
            attempts: 1,
            worker: None,
            failed_at: OffsetDateTime::UNIX_EPOCH,
            replays: 0,
            claimed: ClaimedIdentity::of(r#"{"marketplace":{"shopId":"商店"}}"#.as_bytes()),
            replay_of: None,
            is_plain: false,
        };
        let headers: serde_json::Value = serde_json::from_str(&letter.headers).expect("JSON");
        let plain = letter.into_plain();
        assert!(plain.headers.is_ascii());
        let same: serde_json::Value = serde_json::from_str(&plain.headers).expect("JSON");
        assert_eq!(same, headers);
        assert_eq!(plain.detail, "a\nb \\u{201e}c\\u{201c}");
        assert_eq!(plain.message_id.as_deref(), Some("m\\u{0}\\u{fc}"));
        assert_eq!(plain.claimed.to_string(), "-/\\u{5546}\\u{5e97}/-/-/-");
        // Every column of the row but the payload, whichever it is.
        let row = plain.into_row(OffsetDateTime::UNIX_EPOCH);
        for column in Column::iter() {
            let value = row.get(column).into_value();
            if let Some(sea_orm::Value::String(Some(text))) = value {
                assert!(text.is_ascii(), "{column:?}: {text}");
            }
        }
    }
}
