//! How templates show values. Templates call these with a reference: `{{ show::moment(record.at) }}`.

use std::fmt::Display;

use askama::filters::Safe;
use time::OffsetDateTime;

use crate::moment;
pub use crate::text::digits;

/// What stands in the place of a value that is absent.
const NONE: &str = "–";

/// A moment in UTC, to the second.
pub fn moment(moment: &OffsetDateTime) -> Safe<String> {
    let text = moment::seconds(*moment);
    let shown = text.replace('T', " ").replace('Z', " UTC");
    Safe(format!("<time datetime=\"{text}\">{shown}</time>"))
}

/// The same of one that may be absent.
pub fn moment_or_none(at: &Option<OffsetDateTime>) -> Safe<String> {
    at.as_ref().map_or_else(|| Safe(NONE.to_owned()), moment)
}

/// How long ago a moment was, with the moment itself where the pointer rests.
pub fn ago(at: &OffsetDateTime) -> Safe<String> {
    let text = moment::seconds(*at);
    let age = (OffsetDateTime::now_utc() - *at).whole_seconds();
    let age = seconds(&u64::try_from(age).unwrap_or_default());
    let title = text.replace('T', " ").replace('Z', " UTC");
    Safe(format!(
        "<time datetime=\"{text}\" title=\"{title}\">{age} ago</time>"
    ))
}

/// The same of a moment that may be absent.
pub fn ago_or_none(at: &Option<OffsetDateTime>) -> Safe<String> {
    at.as_ref().map_or_else(|| Safe(NONE.to_owned()), ago)
}

/// A time span of so many seconds, in its two largest units.
pub fn seconds(seconds: &u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = *seconds;
    let mut parts = Vec::new();
    for (unit, name) in units {
        if rest >= unit {
            parts.push(format!("{} {name}", rest / unit));
            rest %= unit;
        } else if !parts.is_empty() {
            break;
        }
    }
    parts.truncate(2);
    if parts.is_empty() {
        return "0 s".to_owned();
    }
    parts.join(" ")
}

/// A time span of so many milliseconds.
pub fn milliseconds(milliseconds: &u64) -> String {
    match *milliseconds {
        short @ 0..10_000 => format!("{} ms", count(&short)),
        long => seconds(&(long / 1_000)),
    }
}

/// A whole number with its thousands apart.
pub fn count(number: &impl Display) -> String {
    let text = number.to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    format!("{sign}{shown}")
}

/// The same of a number that may be absent.
pub fn count_or_none(number: &Option<impl Display>) -> String {
    number.as_ref().map_or_else(|| NONE.to_owned(), count)
}

/// A size in bytes, in its largest unit.
pub fn size(bytes: &i64) -> String {
    let units = [(1_i64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let fitting = units.into_iter().find(|(unit, _)| *bytes >= *unit);
    match fitting {
        Some((unit, name)) => {
            let tenths = bytes / (unit / 10);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

/// An amount in minor units, with its currency.
pub fn money(minor: &i64, currency: &str) -> String {
    match invoice::amount::from_minor(*minor, currency) {
        Some(amount) => format!("{amount} {currency}"),
        None => format!("{minor} {currency}"),
    }
}

/// A text that may be absent.
pub fn text_or_none(text: &Option<impl Display>) -> String {
    text.as_ref()
        .map_or_else(|| NONE.to_owned(), ToString::to_string)
}

/// Whether two texts are the same, for the option of a choice that is chosen.
pub fn is(one: &str, other: &str) -> bool {
    one == other
}

/// The kind of badge for a state or an outcome: `good`, `bad`, `busy`, or `plain`.
pub fn kind(state: &str) -> &'static str {
    match state {
        "generated" | "working" | "done" | "up" | "would_issue" => "good",
        "failed" | "failed-again" | "lost" | "held_back" | "down" | "invalid" | "conflict"
        | "render_failed" | "would_fail" | "patch_failed" | "differs" => "bad",
        "trying"
        | "waiting_for_approval"
        | "applying"
        | "replaying"
        | "open"
        | "pending"
        | "queued"
        | "running"
        | "starting"
        | "connecting"
        | "draining" => "busy",
        _ => "plain",
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn numbers_are_shown_for_people() {
        for (number, expected) in [
            (0_i64, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (-1_234_567, "-1,234,567"),
        ] {
            assert_eq!(count(&number), expected);
        }
        assert_eq!(count_or_none(&Some(1_000_u32)), "1,000");
        assert_eq!(count_or_none(&None::<u32>), "–");
        for (bytes, expected) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_536, "1.5 KiB"),
            (5 << 20, "5.0 MiB"),
        ] {
            assert_eq!(size(&bytes), expected);
        }
    }

    #[test]
    fn time_spans_have_their_two_largest_units() {
        for (given, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (3_600, "1 h"),
            (3_601, "1 h"),
            (90_061, "1 d 1 h"),
        ] {
            assert_eq!(seconds(&given), expected);
        }
        assert_eq!(milliseconds(&1_500), "1,500 ms");
        assert_eq!(milliseconds(&61_000), "1 min 1 s");
    }

    #[test]
    fn a_moment_is_in_utc() {
        let shown = moment(&datetime!(2026-11-29 13:00:05.4 +01:00)).0;
        let expected = "<time datetime=\"2026-11-29T12:00:05Z\">2026-11-29 12:00:05 UTC</time>";
        assert_eq!(shown, expected);
        assert_eq!(moment_or_none(&None).0, "–");
        assert_eq!(ago_or_none(&None).0, "–");
        let then = OffsetDateTime::now_utc() - time::Duration::minutes(5);
        assert!(ago(&then).0.contains(">5 min"), "{}", ago(&then).0);
    }
}
