//! `Prefer: wait=N` (RFC 7240).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Longest wait, in seconds.
const LONGEST: u64 = 60;

/// How long the client wants to wait for the document, at most [`LONGEST`]; none: not at all. A preference that is not understood
/// is ignored, as the RFC asks for; [`applied`] says what is done.
pub(super) fn wait(headers: &HeaderMap) -> Option<Duration> {
    let preferences = headers.get_all("prefer").iter();
    let preferences = preferences.filter_map(|value| value.to_str().ok());
    let mut waits = preferences
        .flat_map(|value| value.split(','))
        .filter_map(|preference| {
            // Parameters of a preference are after a semicolon.
            let (name, value) = preference.split(';').next()?.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("wait")
                .then(|| value.trim().trim_matches('"').parse::<u64>().ok())
        });
    // The first one counts.
    let seconds = waits.next()??;
    Some(Duration::from_secs(seconds.min(LONGEST)))
}

/// The header of an answer that says how long the server was ready to wait.
pub(super) fn applied(wait: Duration) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::try_from(format!("wait={}", wait.as_secs()));
    (
        HeaderName::from_static("preference-applied"),
        value.unwrap_or_else(|_| HeaderValue::from_static("wait")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_a_whole_number_of_seconds_and_has_an_end() {
        for (value, expected) in [
            ("wait=10", Some(10)),
            ("respond-async, Wait = \"5\"", Some(5)),
            ("handling=lenient, wait=0", Some(0)),
            ("wait=3; a=b, wait=4", Some(3)),
            ("wait=600", Some(60)),
            ("respond-async", None),
            ("handling=lenient; wait=7", None),
            ("wait=-1", None),
            ("wait=soon", None),
            ("wait=", None),
            ("wait", None),
            ("wait=99999999999999999999", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("prefer", value.parse().expect("a header"));
            let expected = expected.map(Duration::from_secs);
            assert_eq!(wait(&headers), expected, "{value}");
        }
    }
}
