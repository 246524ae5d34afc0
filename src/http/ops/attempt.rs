//! One sign-in at the identity provider, from the way there to the way back.
//!
//! It is a secret in a cookie of the browser. What the provider has to send back is derived from that, so a way back that began
//! in another browser fits none of ours, and nothing is stored for visitors that never come back.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use super::secret;
use crate::http::auth::Secrets;

/// How long a visitor has for the sign-in at the provider.
pub(super) const LONGEST: Duration = Duration::from_secs(600);

/// How much the clocks of two servers may differ.
const CLOCKS: Duration = Duration::from_secs(60);

/// Longest path to go on to, in bytes. Cookies have at most 4096.
const LONGEST_NEXT: usize = 2_048;

/// A sign-in at the provider.
pub(super) struct Attempt {
    /// The secret, the beginning in seconds, and where to go on, joined by full stops.
    cookie: String,
    next: String,
    began: i64,
}

impl Attempt {
    /// A new one, after which the visitor goes on to `next`.
    pub(super) fn begin(next: &str, now: OffsetDateTime) -> Self {
        let next = Some(next).filter(|next| next.len() <= LONGEST_NEXT);
        let next = next.unwrap_or("/").to_owned();
        let began = now.unix_timestamp();
        let encoded = BASE64_URL_SAFE_NO_PAD.encode(&next);
        Self {
            cookie: format!("{}.{began}.{encoded}", secret::random()),
            next,
            began,
        }
    }

    /// The one of this cookie; none where it is not ours, or where its time is over.
    pub(super) fn read(cookie: &str, now: OffsetDateTime) -> Option<Self> {
        let mut parts = cookie.splitn(3, '.');
        let secret = parts.next()?;
        let began: i64 = parts.next()?.parse().ok()?;
        let next = BASE64_URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        let age = now - OffsetDateTime::from_unix_timestamp(began).ok()?;
        let is_secret = secret.len() == 64 && secret.bytes().all(|it| it.is_ascii_hexdigit());
        if !is_secret || age >= LONGEST || age + CLOCKS < Duration::ZERO {
            return None;
        }
        Some(Self {
            cookie: cookie.to_owned(),
            next: String::from_utf8(next).ok()?,
            began,
        })
    }

    /// What the browser keeps.
    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Where to go on. A browser may keep any cookie, so this may be any text.
    pub(super) fn next(&self) -> &str {
        &self.next
    }

    /// What is sent to the provider, and comes back. One of them says nothing about the others.
    pub(super) fn secrets(&self) -> Secrets {
        Secrets {
            state: self.derived("state"),
            nonce: self.derived("nonce"),
            verifier: self.derived("verifier"),
        }
    }

    /// What the database keeps of one that is used. No session can have the same key: those are digests only.
    pub(super) fn id(&self) -> String {
        format!("used:{}", self.derived("used"))
    }

    /// When it would be over, had it not been used.
    pub(super) fn ends_at(&self) -> OffsetDateTime {
        let began = OffsetDateTime::from_unix_timestamp(self.began);
        began.unwrap_or(OffsetDateTime::UNIX_EPOCH) + LONGEST + CLOCKS
    }

    fn derived(&self, purpose: &str) -> String {
        secret::digest(&format!("{purpose}:{}", self.cookie))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-11-29 12:00 UTC);

    #[test]
    fn an_attempt_is_read_from_its_cookie_until_its_time_is_over() {
        let begun = Attempt::begin("/replays/7?a=b", START);
        for (seconds, expected) in [
            (0, true),
            (599, true),
            (600, false),
            (-59, true),
            (-61, false),
        ] {
            let now = START + time::Duration::seconds(seconds);
            let read = Attempt::read(begun.cookie(), now);
            assert_eq!(read.is_some(), expected, "{seconds}");
            if let Some(read) = read {
                assert_eq!(read.next(), "/replays/7?a=b");
                assert_eq!(read.secrets().state, begun.secrets().state);
                assert_eq!(read.id(), begun.id());
                assert!(read.ends_at() > START + LONGEST);
            }
        }
        let long = format!("/{}", "a".repeat(LONGEST_NEXT));
        assert_eq!(Attempt::begin(&long, START).next(), "/");
    }

    #[test]
    fn what_is_derived_differs_by_purpose_and_by_each_part_of_the_cookie() {
        let begun = Attempt::begin("/", START);
        let Secrets {
            state,
            nonce,
            verifier,
        } = begun.secrets();
        assert!(state != nonce && nonce != verifier && verifier != state);
        // A verifier has 43 to 128 letters and digits (RFC 7636, 4.1).
        assert_eq!(verifier.len(), 64);
        assert!(!begun.cookie().contains(&state) && begun.id() != state);
        let later = begun.cookie().replace(
            &START.unix_timestamp().to_string(),
            &(START.unix_timestamp() + 1).to_string(),
        );
        let later = Attempt::read(&later, START).expect("an attempt");
        assert_ne!(later.secrets().state, state);
        assert_ne!(Attempt::begin("/", START).secrets().state, state);
    }

    #[test]
    fn cookies_that_are_not_ours_are_none() {
        let seconds = START.unix_timestamp();
        let secret = "a".repeat(64);
        for cookie in [
            String::new(),
            secret.clone(),
            format!("{secret}.{seconds}"),
            format!("{}.{seconds}.Lw", &secret[1..]),
            format!("{}.{seconds}.Lw", "g".repeat(64)),
            format!("{secret}.now.Lw"),
            format!("{secret}.{}.Lw", i64::MAX),
            format!("{secret}.{seconds}.L w"),
            format!("{secret}.{seconds}._w"),
        ] {
            assert!(Attempt::read(&cookie, START).is_none(), "{cookie}");
        }
        assert!(Attempt::read(&format!("{secret}.{seconds}.Lw"), START).is_some());
    }
}
