//! Why messages were retried: counted by the code of the failure, with the newest one in words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::text::one_line;

/// Longest detail that is kept, in characters. A row of a minute has one for each code.
const DETAIL_CHARS: usize = 200;

/// A message that is retried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The code of the failure.
    pub code: &'static str,
    /// The failure in words, as logs may have it: without personal data.
    pub detail: String,
}

/// Why messages were retried, by the code. A code of a later version is kept as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Retries(BTreeMap<String, Cause>);

/// Messages that were retried for the same code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cause {
    pub(super) count: u64,
    /// When the last one was, in seconds since 1970, by the clock of its worker.
    pub(super) last: i64,
    /// The failure of that one in words.
    pub(super) detail: String,
}

impl Retries {
    /// Counts a message.
    pub(super) fn record(&mut self, retry: &Retry, now: OffsetDateTime) {
        let cause = Cause {
            count: 1,
            last: now.unix_timestamp(),
            detail: one_line(&retry.detail, DETAIL_CHARS),
        };
        self.add_cause(retry.code, &cause);
    }

    /// Adds others.
    pub(super) fn add(&mut self, other: &Self) {
        for (code, cause) in &other.0 {
            self.add_cause(code, cause);
        }
    }

    fn add_cause(&mut self, code: &str, cause: &Cause) {
        match self.0.get_mut(code) {
            Some(known) => {
                known.count = known.count.saturating_add(cause.count);
                if cause.last >= known.last {
                    known.last = cause.last;
                    known.detail.clone_from(&cause.detail);
                }
            }
            None => {
                self.0.insert(code.to_owned(), cause.clone());
            }
        }
    }

    /// Each code with its messages, the most frequent first.
    pub(super) fn by_count(&self) -> Vec<(&str, &Cause)> {
        let causes = self.0.iter().map(|(code, cause)| (code.as_str(), cause));
        let mut causes: Vec<_> = causes.collect();
        causes.sort_by_key(|(_, cause)| std::cmp::Reverse(cause.count));
        causes
    }

    /// As JSON; none where no message was retried.
    pub(super) fn to_json(&self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        serde_json::to_string(self).ok()
    }

    /// Adds what is written as JSON. What a later version writes differently is left out.
    pub(super) fn add_json(&mut self, json: Option<&str>) {
        let written = json.and_then(|json| serde_json::from_str::<Self>(json).ok());
        if let Some(written) = written {
            self.add(&written);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn record(retries: &mut Retries, code: &'static str, detail: &str, seconds: u64) {
        let retry = Retry {
            code,
            detail: detail.to_owned(),
        };
        let now = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(seconds);
        retries.record(&retry, now);
    }

    #[test]
    fn codes_are_counted_and_the_newest_failure_is_kept() {
        let mut retries = Retries::default();
        assert_eq!(retries.to_json(), None);
        record(&mut retries, "storage_failed", "timed out", 9);
        record(&mut retries, "database_unreachable", "refused", 7);
        let mut others = Retries::default();
        record(&mut others, "storage_failed", "an older one", 8);
        record(&mut others, "storage_failed", "503\nSlow Down", 8);
        retries.add_json(others.to_json().as_deref());
        let causes = retries.by_count().into_iter();
        let causes: Vec<_> = causes
            .map(|(code, it)| (code, it.count, it.last, &*it.detail))
            .collect();
        assert_eq!(
            causes,
            [
                ("storage_failed", 3, 9, "timed out"),
                ("database_unreachable", 1, 7, "refused")
            ]
        );
        assert_eq!(others.by_count()[0].1.detail, "503 Slow Down");
    }

    #[test]
    fn details_are_bounded_and_what_a_later_version_writes_is_left_out() {
        let mut retries = Retries::default();
        record(&mut retries, "storage_failed", &"x".repeat(5_000), 1);
        assert_eq!(retries.by_count()[0].1.detail.chars().count(), DETAIL_CHARS);
        let before = retries.clone();
        for json in [None, Some("[]"), Some(r#"{"storage_failed":3}"#)] {
            retries.add_json(json);
        }
        assert_eq!(retries, before);
    }
}
