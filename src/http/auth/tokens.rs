//! Tokens: from a file or a variable, kept as SHA-256.
//!
//! A token is random and long, so a plain digest of it protects it: a text that has it cannot be found by trying.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use invoice::Sha256Digest;
use invoice::identity::refuse_part;
use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq as _};
use time::OffsetDateTime;

use super::rates::Rate;
use super::role::Role;

/// Fewest characters of a token. A shorter one could be found by trying.
const SHORTEST: usize = 24;

/// Why a list of tokens cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// Not a JSON array of tokens, nor one token.
    #[error(
        "is not a JSON array of objects, or one object, with name, sha256, roles, and at will shops, expires and ratePerSecond: {0}"
    )]
    Json(#[from] serde_json::Error),
    /// No token.
    #[error(
        "has no token; without tokens leave it unset, and the server listens on this machine only"
    )]
    Empty,
    /// A value of a token.
    #[error("token {name:?}: {problem}")]
    Token {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
}

/// Shops that a token is limited to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shop {
    /// Marketplace platform.
    pub platform: String,
    /// Shop on the platform.
    pub shop_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    name: String,
    sha256: String,
    roles: Vec<Role>,
    #[serde(default)]
    shops: Option<Vec<Shop>>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires: Option<OffsetDateTime>,
    #[serde(default)]
    rate_per_second: Option<NonZeroU32>,
}

/// A token that is accepted.
#[derive(Clone, Debug)]
pub struct Token {
    /// Who has it: the actor of changes, also in logs.
    pub name: Arc<str>,
    /// What it permits.
    pub roles: Arc<[Role]>,
    /// The shops that it is limited to; all where there are none.
    pub shops: Option<Arc<[Shop]>>,
    sha256: [u8; 32],
    expires: Option<OffsetDateTime>,
    rate: Rate,
}

/// Reads a list of tokens. One that names no rate has the usual one.
///
/// # Errors
///
/// It cannot be used; the message does not quote it.
pub fn parse(json: &str, usual_rate: NonZeroU32) -> Result<Vec<Token>, TokensError> {
    // What `invoice-worker token` prints is one entry, which is a list as it is.
    let entries: Vec<Entry> = match json.trim_start().starts_with('{') {
        true => vec![serde_json::from_str(json)?],
        false => serde_json::from_str(json)?,
    };
    if entries.is_empty() {
        return Err(TokensError::Empty);
    }
    let entries = entries.into_iter();
    entries.map(|entry| token(entry, usual_rate)).collect()
}

fn token(entry: Entry, usual_rate: NonZeroU32) -> Result<Token, TokensError> {
    let problem = if !(1..=64).contains(&entry.name.len()) || refuse_part(&entry.name).is_some() {
        Some("its name has to have 1 to 64 letters, digits or - _ .")
    } else if entry.roles.is_empty() {
        Some("it has no role, expected look, read, request, operate or erase")
    } else if entry.shops.as_ref().is_some_and(Vec::is_empty) {
        Some("its list of shops is empty; leave it out for all shops")
    } else if entry.shops.is_some() && entry.roles.contains(&Role::Operate) {
        Some("it is limited to shops and has the role operate; dead letters are of all shops")
    } else if entry.shops.is_some() && entry.roles.contains(&Role::Erase) {
        Some("it is limited to shops and has the role erase; dead letters are of all shops")
    } else {
        None
    };
    if let Some(problem) = problem {
        let name = entry.name;
        return Err(TokensError::Token { name, problem });
    }
    let Some(sha256) = hexadecimal(&entry.sha256) else {
        let problem = "its sha256 is not 64 hexadecimal digits; `invoice-worker token` makes one";
        let name = entry.name;
        return Err(TokensError::Token { name, problem });
    };
    Ok(Token {
        name: entry.name.into(),
        roles: entry.roles.into(),
        shops: entry.shops.map(Into::into),
        sha256,
        expires: entry.expires,
        rate: Rate::new(entry.rate_per_second.unwrap_or(usual_rate)),
    })
}

fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

/// The token of a text. All are compared, each in constant time: how long it takes says nothing about them.
pub(super) fn find<'a>(tokens: &'a [Token], text: &str, now: OffsetDateTime) -> Option<&'a Token> {
    let digest = Sha256Digest::of(text.as_bytes());
    let found = valid(tokens, digest.as_bytes(), now);
    found.filter(|_| text.len() >= SHORTEST)
}

/// The token with this SHA-256, in hexadecimal.
pub(super) fn find_again<'a>(
    tokens: &'a [Token],
    sha256: &str,
    now: OffsetDateTime,
) -> Option<&'a Token> {
    valid(tokens, &hexadecimal(sha256)?, now)
}

fn valid<'a>(tokens: &'a [Token], sha256: &[u8], now: OffsetDateTime) -> Option<&'a Token> {
    let mut found = None;
    for token in tokens {
        let same: Choice = token.sha256.ct_eq(sha256);
        if bool::from(same) {
            found = Some(token);
        }
    }
    found.filter(|token| token.expires.is_none_or(|expires| now < expires))
}

impl Token {
    /// Its SHA-256, hexadecimal.
    pub(super) fn sha256(&self) -> String {
        self.sha256
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// When it ends; none where it does not.
    pub(super) fn expires(&self) -> Option<OffsetDateTime> {
        self.expires
    }

    /// Counts a request; the error is the time after which there may be another.
    pub(super) fn count(&self) -> Result<(), Duration> {
        self.rate.count()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const USUAL: NonZeroU32 = NonZeroU32::MIN;
    const SECRET: &str = "a-token-of-a-test-which-is-long";

    fn list(member: &str) -> String {
        let sha256 = Sha256Digest::of(SECRET.as_bytes());
        format!(r#"[{{"name":"a","sha256":"{sha256}","roles":["read"]{member}}}]"#)
    }

    #[test]
    fn a_token_is_found_by_its_text_until_it_ends() {
        let tokens = parse(&list(r#","expires":"2026-12-01T00:00:00Z""#), USUAL).expect("tokens");
        let before = datetime!(2026-11-30 23:59:59 UTC);
        assert!(find(&tokens, SECRET, before).is_some());
        assert!(find(&tokens, "another", before).is_none());
        assert!(find(&tokens, SECRET, datetime!(2026-12-01 0:00 UTC)).is_none());
        let again = find(&tokens, SECRET, before).expect("known").sha256();
        assert_eq!(again, Sha256Digest::of(SECRET.as_bytes()).to_string());
        assert!(find_again(&tokens, &again, before).is_some());
        assert!(find_again(&tokens, &again, datetime!(2026-12-01 0:00 UTC)).is_none());
        assert!(find_again(&tokens, &again.replace('a', "b"), before).is_none());
    }

    #[test]
    fn what_is_wrong_with_a_list_is_said_without_its_digests() {
        let digest = Sha256Digest::of(SECRET.as_bytes()).to_string();
        for (list, expected) in [
            ("[]".to_owned(), "no token"),
            (list("").replace("read", "admin"), "unknown variant"),
            (list("").replace("\"a\"", "\"\""), "name"),
            (list("").replace(&digest, "12"), "64 hexadecimal"),
            (list(r#","shop":[]"#), "unknown field `shop`"),
            (list(r#","shops":[]"#), "list of shops is empty"),
            (list(r#","ratePerSecond":0"#), "nonzero"),
        ] {
            let error = parse(&list, USUAL).expect_err("not usable").to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains(&digest), "{error}");
        }
    }

    #[test]
    fn one_token_needs_no_brackets() {
        let list = list("");
        let one = list.trim_matches(['[', ']']);
        assert_eq!(parse(one, USUAL).expect("a token").len(), 1);
        let two = format!("{one}\n{one}");
        let error = parse(&two, USUAL).expect_err("two without brackets");
        assert!(error.to_string().contains("array of objects"), "{error}");
    }

    #[test]
    fn a_token_has_its_own_rate_or_the_usual_one() {
        for (member, calls) in [(r#","ratePerSecond":2"#, 2), ("", 1)] {
            let tokens = parse(&list(member), USUAL).expect("tokens");
            for _ in 0..calls {
                assert!(tokens[0].count().is_ok(), "{member}");
            }
            assert!(tokens[0].count().is_err(), "{member}");
        }
    }
}
