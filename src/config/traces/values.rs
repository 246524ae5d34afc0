//! Values of the variables of OpenTelemetry: texts, numbers and pairs.

use std::ops::RangeInclusive;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::config::{ConfigError, parse};

pub(super) const PAIRS: &str =
    "must be pairs like NAME=VALUE,NAME=VALUE, with , and = in a value as %2C and %3D";

pub(super) fn wrong(variable: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError {
        variable,
        problem: problem.into(),
    }
}

/// What is empty is not set, also as a flag.
pub(super) fn given(setting: &Option<String>) -> Option<&str> {
    setting.as_deref().filter(|text| !text.is_empty())
}

/// The setting for traces, or the one for all signals.
pub(super) fn first<'a>(
    (traces_variable, traces): (&'static str, &'a Option<String>),
    (variable, all): (&'static str, &'a Option<String>),
) -> (&'static str, Option<&'a str>) {
    match given(traces) {
        Some(value) => (traces_variable, Some(value)),
        None => (variable, given(all)),
    }
}

fn number(
    variable: &'static str,
    setting: &Option<String>,
    bounds: RangeInclusive<u32>,
    default: u32,
) -> Result<u32, ConfigError> {
    match given(setting) {
        None => Ok(default),
        Some(text) => parse::within(bounds)(text).map_err(|problem| wrong(variable, problem)),
    }
}

pub(super) fn milliseconds(
    variable: &'static str,
    setting: &Option<String>,
    default: u32,
) -> Result<Duration, ConfigError> {
    let milliseconds = number(variable, setting, 1..=3_600_000, default)?;
    Ok(Duration::from_millis(milliseconds.into()))
}

pub(super) fn count(
    variable: &'static str,
    setting: &Option<String>,
    default: u32,
) -> Result<usize, ConfigError> {
    let count = number(variable, setting, 1..=1_000_000, default)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// `NAME=VALUE,NAME=VALUE`, as in W3C Baggage.
pub(super) fn pairs(
    variable: &'static str,
    text: &str,
) -> Result<Vec<(String, String)>, ConfigError> {
    let entries = text.split(',').map(str::trim);
    let pair = |entry: &str| {
        let (name, value) = entry.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), value.into_owned()))
    };
    entries
        .filter(|entry| !entry.is_empty())
        .map(|entry| pair(entry).ok_or_else(|| wrong(variable, PAIRS)))
        .collect()
}
