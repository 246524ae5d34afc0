//! What people give in forms: a field that is empty is not given, and a day is enough where a moment is asked for.

use std::borrow::Cow;
use std::num::NonZeroU32;

use crate::http::problem::{Code, Problem};

/// A field that is not empty.
pub fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// A number from 1, if one is given.
///
/// # Errors
///
/// It is none.
pub fn count(name: &str, text: &str) -> Result<Option<NonZeroU32>, Problem> {
    let count = filled(text).map(str::parse).transpose();
    count.map_err(|_| {
        let detail = format!("{name} has to be a whole number from 1, or empty");
        Problem::new(Code::ParameterInvalid, detail)
    })
}

/// The first moment of what was given: of a day, or of a minute. Anything else stays as it is.
pub fn since(text: &str) -> String {
    completed(text, "T00:00:00Z", ":00Z")
}

/// The last moment of what was given. Databases keep microseconds, and are asked for what is not later than this.
pub fn until(text: &str) -> String {
    completed(text, "T23:59:59.999999Z", ":59.999999Z")
}

fn completed(text: &str, of_day: &str, of_minute: &str) -> String {
    let text = text.trim().replacen(' ', "T", 1);
    match text.len() {
        10 => text + of_day,
        16 => text + of_minute,
        _ => text,
    }
}

/// A moment as a field for date and time sends it, which is in UTC here: without seconds unless they were given, and without a zone.
pub fn moment_of_field(text: &str) -> Cow<'_, str> {
    match text.len() {
        10 => format!("{text}T00:00:00Z").into(),
        16 => format!("{text}:00Z").into(),
        19 => format!("{text}Z").into(),
        _ => text.into(),
    }
}

/// A moment in UTC as such a field takes it.
pub fn of_field(text: &str) -> &str {
    text.trim().trim_end_matches('Z')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::query::moment;

    #[test]
    fn moments_of_a_field_are_in_utc() {
        for (text, expected) in [
            ("2026-11-29", "2026-11-29T00:00:00Z"),
            ("2026-11-29T12:30", "2026-11-29T12:30:00Z"),
            ("2026-11-29T12:30:05", "2026-11-29T12:30:05Z"),
            ("2026-11-29T12:30:05Z", "2026-11-29T12:30:05Z"),
            ("2026-11-29T12:30:05+01:00", "2026-11-29T11:30:05Z"),
        ] {
            let found = moment("since", &moment_of_field(text)).expect("a moment");
            assert_eq!(crate::moment::seconds(found), expected, "{text}");
        }
        assert!(moment("since", &moment_of_field("yesterday1")).is_err());
    }

    #[test]
    fn a_day_or_a_minute_is_a_moment() {
        for (given, first, last) in [
            (
                "2026-11-29",
                "2026-11-29T00:00:00Z",
                "2026-11-29T23:59:59.999999Z",
            ),
            (
                " 2026-11-29 12:30",
                "2026-11-29T12:30:00Z",
                "2026-11-29T12:30:59.999999Z",
            ),
            (
                "2026-11-29T12:30:05Z",
                "2026-11-29T12:30:05Z",
                "2026-11-29T12:30:05Z",
            ),
            ("yesterday", "yesterday", "yesterday"),
        ] {
            assert_eq!(since(given), first);
            assert_eq!(until(given), last);
        }
        assert_eq!((filled(" "), filled(" a ")), (None, Some("a")));
    }
}
