//! Moments as programs read them: RFC 3339 in UTC with microseconds, always in the same form, so that texts sort as moments do.
//! Databases keep microseconds.

use serde::{Deserializer, Serializer};
use time::format_description::FormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime, UtcOffset};

const FORM: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// A moment as a text: `2026-11-21T12:00:00.000000Z`.
pub fn text(moment: OffsetDateTime) -> String {
    // At the end of the year 9999 not every time has a form in UTC.
    let utc = moment.checked_to_offset(UtcOffset::UTC).unwrap_or(moment);
    utc.format(FORM).unwrap_or_default()
}

/// The same without fractions of a second, for people: `2026-11-21T08:00:00Z`.
pub fn seconds(moment: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let utc = moment.checked_to_offset(UtcOffset::UTC).unwrap_or(moment);
    utc.format(form).unwrap_or_default()
}

/// The day of a text like `2026-11-21`; none where it is no such text.
pub fn day(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

/// Writes a moment as its text, for `#[serde(serialize_with)]`.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<S: Serializer>(moment: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*moment))
}

/// Reads a moment that was written as any text of RFC 3339.
///
/// # Errors
///
/// Those of the deserializer, and one for another text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    time::serde::rfc3339::deserialize(deserializer)
}

/// The same for a moment that may be absent.
pub mod option {
    use super::{OffsetDateTime, Serializer, text};
    use serde::Serialize as _;

    /// Writes it as its text, or null.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        moment: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        moment.map(text).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn every_moment_has_the_same_form() {
        for (moment, expected) in [
            (
                datetime!(2026-11-21 12:00 UTC),
                "2026-11-21T12:00:00.000000Z",
            ),
            (
                datetime!(2026-11-21 12:00:00.5 +01:00),
                "2026-11-21T11:00:00.500000Z",
            ),
            (
                datetime!(2026-11-21 12:00:00.123456789 UTC),
                "2026-11-21T12:00:00.123456Z",
            ),
        ] {
            assert_eq!(text(moment), expected);
        }
    }
}
