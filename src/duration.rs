//! Durations in logs and names.

use std::time::Duration;

/// Whole milliseconds, for fields of log events (`*_ms`).
pub fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

/// In the largest unit that needs no fraction: `5s`, `30s`, `5m`, `2h`.
pub fn compact(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds > 0 && seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
        seconds if seconds > 0 && seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_the_largest_unit_that_fits() {
        for (seconds, name) in [
            (5, "5s"),
            (60, "1m"),
            (90, "90s"),
            (300, "5m"),
            (7_200, "2h"),
        ] {
            assert_eq!(compact(Duration::from_secs(seconds)), name);
        }
    }
}
