//! When the certificate and the tokens of this process end. The moments are kept, and written at each scrape: a token that has
//! ended meanwhile is not the next one to end any more, and what has no end has no series.

use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::list;
use super::text::Text;

/// A process has one certificate and one list of tokens.
static ENDS: Mutex<Ends> = Mutex::new(Ends {
    certificate: None,
    tokens: Vec::new(),
});

struct Ends {
    certificate: Option<OffsetDateTime>,
    tokens: Vec<OffsetDateTime>,
}

/// A certificate is in use from now on; none where its end cannot be read.
pub fn certificate_in_use(ends: Option<OffsetDateTime>) {
    kept().certificate = ends;
}

/// Tokens are in use from now on, of which those that end do so at these moments.
pub fn tokens_in_use(ends: impl IntoIterator<Item = OffsetDateTime>) {
    kept().tokens = ends.into_iter().collect();
}

/// Writes what ends.
pub(super) fn write(text: &mut Text) {
    kept().write(text, OffsetDateTime::now_utc());
}

fn kept() -> MutexGuard<'static, Ends> {
    ENDS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ends {
    fn write(&self, text: &mut Text, now: OffsetDateTime) {
        if let Some(ends) = self.certificate {
            text.value(&list::CERTIFICATE_EXPIRY, ends.unix_timestamp());
        }
        let tokens = self.tokens.iter().filter(|ends| now < **ends);
        if let Some(next) = tokens.min() {
            text.value(&list::TOKEN_EXPIRY, next.unix_timestamp());
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_next_token_to_end_is_shown_and_what_has_no_end_is_not() {
        let (first, second) = (
            datetime!(2026-12-01 0:00 UTC),
            datetime!(2027-03-01 1:00 +1),
        );
        let certificate = datetime!(2026-11-01 0:00 UTC);
        let token =
            |seconds| format!("invoice_worker_http_token_expiry_timestamp_seconds {seconds}");
        let of_certificate =
            "invoice_worker_http_certificate_expiry_timestamp_seconds 1793491200".to_owned();
        for (certificate, tokens, now, expected) in [
            (None, vec![], first, vec![]),
            // One that has ended is still in use, and its end is what has to be seen.
            (Some(certificate), vec![], first, vec![of_certificate]),
            (
                None,
                vec![second, first],
                datetime!(2026-11-30 23:59:59 UTC),
                vec![token(1_796_083_200)],
            ),
            (None, vec![second, first], first, vec![token(1_803_859_200)]),
            (None, vec![second, first], second, vec![]),
        ] {
            let mut text = Text::default();
            let ends = Ends {
                certificate,
                tokens,
            };
            ends.write(&mut text, now);
            let text = text.into_string();
            let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
            assert_eq!(samples, expected);
        }
    }
}
