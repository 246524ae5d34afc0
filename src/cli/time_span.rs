//! Lengths of time, as people write them.

use std::time::Duration;

/// `90s`, `15m`, `2h`, `3d`; what bounds there are is up to the option.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let (end, _) = text.char_indices().next_back()?;
    let (number, unit) = text.split_at(end);
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    Some(Duration::from_secs(number.checked_mul(factor)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_span_is_a_whole_number_with_a_unit() {
        for (text, seconds) in [
            ("0m", 0),
            ("90s", 90),
            ("15m", 900),
            ("2h", 7_200),
            ("3d", 259_200),
        ] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "m",
            "15",
            "1w",
            "-1m",
            "1.5h",
            "99999999999999999999s",
            "999999999999999999d",
            "5µ",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
