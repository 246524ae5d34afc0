//! Erasing personal data of old requests without a person who asks for it.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use super::parse;

/// Shortest time after which requests may be erased: a shorter one is a mistake, of the unit for example.
const SHORTEST: Duration = Duration::from_hours(24);

/// Longest time.
const LONGEST: Duration = Duration::from_hours(24 * 365 * 100);

/// Erasing personal data of old requests.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Erasure settings")]
pub struct ErasureSettings {
    /// Personal data of requests that are older are erased by `serve`, such as 400d or 10y; documents and open dead letters stay.
    /// Without it nothing is erased by itself
    #[arg(
        long,
        env = "ERASE_REQUESTS_AFTER",
        value_name = "SPAN",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = age)]
    pub erase_requests_after: Option<Age>,

    /// Records and dead letters a second at most that are erased because of ERASE_REQUESTS_AFTER
    #[arg(
        long,
        env = "ERASE_REQUESTS_PER_SECOND",
        value_name = "COUNT",
        default_value = "20",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::within(NonZeroU32::MIN..=NonZeroU32::new(1_000).unwrap_or(NonZeroU32::MAX)))]
    pub erase_requests_per_second: NonZeroU32,
}

/// How old requests are that are erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Age {
    /// The time.
    pub span: Duration,
    /// As it was written, for the record.
    pub text: String,
}

fn age(text: &str) -> Result<Age, String> {
    let expected = "must be a time span with its unit from 1d to 100y, like 400d or 10y";
    let span = humantime::parse_duration(text).map_err(|_| expected)?;
    if !(SHORTEST..=LONGEST).contains(&span) {
        return Err(expected.to_owned());
    }
    Ok(Age {
        span,
        text: text.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_a_unit_and_is_at_least_a_day() {
        for (text, days) in [
            ("400d", Some(400)),
            ("1d", Some(1)),
            (" 52w ", Some(364)),
            ("24h", Some(1)),
            ("400", None),
            ("0d", None),
            ("23h", None),
            ("200y", None),
            ("-1d", None),
            ("soon", None),
            ("", None),
        ] {
            let found = age(text).ok().map(|age| age.span.as_secs() / 86_400);
            assert_eq!(found, days, "{text:?}");
        }
    }
}
