//! Points in time on the command line.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time, a day, or how long ago it was. A day is its beginning in UTC.
pub(super) fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let wrong = || "must be a time like 2026-11-21T08:00:00Z, a day like 2026-11-21, which is its beginning in UTC, or how long ago, like 90s, 15m, 2h, 3d";
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return Ok(time);
    }
    if let Some(day) = crate::moment::day(text) {
        return Ok(day.midnight().assume_utc());
    }
    let text = text.trim().trim_end_matches("ago").trim_end();
    humantime::parse_duration(text)
        .ok()
        .and_then(|before| time::Duration::try_from(before).ok())
        .and_then(|before| OffsetDateTime::now_utc().checked_sub(before))
        .ok_or_else(|| wrong().to_owned())
}

/// The moment of the last change of something, as it was printed.
pub(super) fn exact(text: &str) -> Result<OffsetDateTime, &'static str> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "must be the time as `show` prints it, like 2026-11-21T08:00:00.123456Z")
}

/// A time span.
pub(super) fn span(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "must be a time span, like 90s, 15m, 2h, 3d")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_how_long_ago_it_was() {
        let time = moment("2026-11-21T08:00:00+01:00").expect("RFC 3339");
        assert_eq!(time, time::macros::datetime!(2026-11-21 07:00:00 UTC));
        for (text, seconds) in [("90s", 90), ("2h", 7_200), ("3d ago", 259_200), ("0m", 0)] {
            let age = OffsetDateTime::now_utc() - moment(text).expect("a duration");
            assert!((age.whole_seconds() - seconds).abs() < 5, "{text}: {age}");
        }
        let day = moment("2026-11-21").expect("a day");
        assert_eq!(day, time::macros::datetime!(2026-11-21 00:00:00 UTC));
        for text in ["", "ago", "2", "2026-13-21", "4294967295d"] {
            assert!(moment(text).is_err(), "{text:?}");
        }
    }
}
