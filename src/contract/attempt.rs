//! Attempts at a request that have failed, as a retry, a dead letter and a record have them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

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
    /// Those of a list as JSON, the oldest first; none where it is no such list. A publisher can write the header, too: what is
    /// no code is left out.
    pub fn read(json: Option<&str>) -> Vec<Self> {
        let list = json.and_then(|json| serde_json::from_str::<Vec<Self>>(json).ok());
        let mut list = list.unwrap_or_default();
        list.retain(|attempt| is_code(&attempt.code));
        list.drain(..list.len().saturating_sub(MOST));
        list
    }

    /// The same list as this program writes it, whatever a message has brought; none where it is empty.
    pub fn checked(json: Option<&str>) -> Option<String> {
        let list = Self::read(json);
        let json = serde_json::to_string(&list).ok();
        json.filter(|_| !list.is_empty())
    }

    /// A list as JSON with one that has failed now.
    pub fn added(json: Option<&str>, code: &str) -> String {
        let mut list = Self::read(json);
        list.push(Self {
            at: OffsetDateTime::now_utc(),
            code: code.to_owned(),
        });
        list.drain(..list.len().saturating_sub(MOST));
        serde_json::to_string(&list).unwrap_or_default()
    }
}

/// Whether it has the form of a code of a failure, of any version.
fn is_code(text: &str) -> bool {
    const LONGEST: usize = 64;
    let is_part = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempts_are_kept() {
        let mut json = None;
        for index in 0..25 {
            json = Some(FailedAttempt::added(
                json.as_deref(),
                &format!("code_{index}"),
            ));
        }
        let list = FailedAttempt::read(json.as_deref());
        let codes: Vec<&str> = list.iter().map(|it| it.code.as_str()).collect();
        assert_eq!(codes.len(), MOST);
        assert_eq!((codes[0], codes[MOST - 1]), ("code_15", "code_24"));
        assert!(list.is_sorted_by_key(|it| it.at));
        let json = json.expect("a list");
        assert!(json.len() < 700, "it is a header: {json}");
    }

    #[test]
    fn what_a_message_brings_is_written_as_usual() {
        let json = " [{\"code\": \"x_1\", \"at\": \"2026-11-29T12:00:00+01:00\", \"more\": 1}]";
        let checked = FailedAttempt::checked(Some(json));
        let expected = r#"[{"at":"2026-11-29T11:00:00.000000Z","code":"x_1"}]"#;
        assert_eq!(checked.as_deref(), Some(expected));
    }

    #[test]
    fn what_is_no_code_is_left_out() {
        let long = "x".repeat(65);
        for code in ["", "x\\u0000", "<b>", "X", "ä", &long] {
            let json = format!(r#"[{{"code":"{code}","at":"2026-11-29T12:00:00Z"}}]"#);
            assert_eq!(FailedAttempt::checked(Some(&json)), None, "{json}");
        }
    }

    #[test]
    fn what_is_no_list_is_left_out() {
        for json in [None, Some(""), Some("[1]"), Some(r#"[{"code":"x"}]"#)] {
            assert!(FailedAttempt::read(json).is_empty(), "{json:?}");
            assert_eq!(FailedAttempt::checked(json), None, "{json:?}");
        }
    }
}
