//! Attempts at a request that have failed, as a retry, a dead letter and a record have them.

use invoice::FailureCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::database::sales_invoice::Model;

/// How many are kept, the last ones. A request may be retried for as long as a server is away.
const MOST: usize = 10;

/// An attempt that failed and was followed by another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedAttempt {
    /// When it failed.
    #[serde(with = "crate::moment")]
    pub at: OffsetDateTime,
    /// The code of the failure.
    pub code: String,
}

impl FailedAttempt {
    /// Those of a list as JSON, the oldest first; none where it is no such list. What is no code of this program is left out: a
    /// publisher can write the header, too.
    fn read(json: Option<&str>) -> Vec<Self> {
        let list = json.and_then(|json| serde_json::from_str::<Vec<Self>>(json).ok());
        let mut list = list.unwrap_or_default();
        list.retain(|it| FailureCode::ALL.iter().any(|code| code.as_str() == it.code));
        keep_last(&mut list, MOST);
        list
    }

    /// Those of a record. A worker of an earlier version that records another request in its place leaves the list: it is not
    /// shown where it has more attempts than came before the recorded one.
    pub fn of_record(row: &Model) -> Vec<Self> {
        let mut list = Self::read(row.failed_attempts.as_deref());
        if list.len() > usize::try_from(row.attempts.saturating_sub(1)).unwrap_or_default() {
            list.clear();
        }
        list
    }

    /// The list that a message brings to this attempt, as this program writes it; none where it is empty. What is no earlier
    /// attempt since the message was first received is left out: a version that does not know the header replays it, too.
    pub fn checked(json: Option<&str>, attempt: u32, since: OffsetDateTime) -> Option<String> {
        let mut list = Self::read(Some(json?));
        let now = OffsetDateTime::now_utc();
        list.retain(|it| since <= it.at && it.at <= now);
        let earlier = usize::try_from(attempt.saturating_sub(1)).unwrap_or(MOST);
        keep_last(&mut list, earlier);
        if list.is_empty() {
            return None;
        }
        serde_json::to_string(&list).ok()
    }

    /// A list as JSON with one that has failed now.
    pub fn added(json: Option<&str>, code: &str) -> String {
        let mut list = Self::read(json);
        list.push(Self {
            at: OffsetDateTime::now_utc(),
            code: code.to_owned(),
        });
        keep_last(&mut list, MOST);
        serde_json::to_string(&list).unwrap_or_default()
    }
}

fn keep_last(list: &mut Vec<FailedAttempt>, most: usize) {
    list.drain(..list.len().saturating_sub(most));
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// When the message of these tests was first received.
    const SINCE: OffsetDateTime = datetime!(2026-11-29 11:00:00 UTC);

    #[test]
    fn the_last_attempts_are_kept() {
        let mut json = None;
        for code in &FailureCode::ALL[..25] {
            json = Some(FailedAttempt::added(json.as_deref(), code.as_str()));
        }
        let list = FailedAttempt::read(json.as_deref());
        let codes: Vec<&str> = list.iter().map(|it| it.code.as_str()).collect();
        let last: Vec<&str> = FailureCode::ALL[15..25]
            .iter()
            .map(|it| it.as_str())
            .collect();
        assert_eq!(codes, last);
        assert!(list.is_sorted_by_key(|it| it.at));
        let json = json.expect("a list");
        assert!(json.len() < 900, "it is a header: {json}");
    }

    #[test]
    fn what_a_message_brings_is_written_as_usual() {
        let json =
            " [{\"code\": \"storage_failed\", \"at\": \"2026-11-29T12:00:00+01:00\", \"more\": 1}]";
        let checked = FailedAttempt::checked(Some(json), 2, SINCE);
        let expected = r#"[{"at":"2026-11-29T11:00:00.000000Z","code":"storage_failed"}]"#;
        assert_eq!(checked.as_deref(), Some(expected));
    }

    #[test]
    fn what_is_no_earlier_attempt_of_the_message_is_left_out() {
        let brought = |code: &str, at: &str, attempt| {
            let json = format!(r#"[{{"code":"{code}","at":"{at}"}}]"#);
            FailedAttempt::checked(Some(&json), attempt, SINCE)
        };
        let at = "2026-11-29T12:00:00Z";
        assert!(brought("storage_failed", at, 2).is_some());
        for (code, at, attempt) in [
            ("storage_failed", at, 1),
            ("storage_failed", "2026-11-29T10:59:59Z", 2),
            ("storage_failed", "9000-01-01T00:00:00Z", 2),
            ("storage_failed", "yesterday", 2),
            ("anna_mueller", at, 2),
            ("storage_failed\\u0000", at, 2),
        ] {
            assert_eq!(brought(code, at, attempt), None, "{code} {at} {attempt}");
        }
    }

    #[test]
    fn what_is_no_list_is_left_out() {
        for json in [None, Some(""), Some("[1]"), Some(r#"[{"code":"x"}]"#)] {
            assert!(FailedAttempt::read(json).is_empty(), "{json:?}");
        }
    }
}
