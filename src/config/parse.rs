//! One function for each kind of setting; the error says what would be right.

use std::fmt::Display;
use std::num::NonZeroU16;
use std::ops::RangeInclusive;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;

use super::masked::MaskedUrl;

pub(super) fn amqp_url(text: &str) -> Result<MaskedUrl, String> {
    url(
        text,
        &["amqp", "amqps"],
        "amqp://user:password@host:5672/%2f",
    )
}

pub(super) fn database_url(text: &str) -> Result<MaskedUrl, String> {
    if text == "sqlite::memory:" {
        return Err("must name a file: a database in memory is gone with the process".into());
    }
    url(
        text,
        &["postgres", "postgresql", "sqlite"],
        "postgres://user:password@host/invoices or sqlite://FILE?mode=rwc",
    )
}

pub(super) fn http_url(text: &str) -> Result<String, String> {
    url(text, &["http", "https"], "http://127.0.0.1:9000")
        .map(|url| url.expose().trim_end_matches('/').to_owned())
}

/// The value is not repeated in the message: it may hold a password.
fn url(text: &str, schemes: &[&str], example: &str) -> Result<MaskedUrl, String> {
    match text.split_once("://") {
        Some((scheme, rest)) if schemes.contains(&scheme) && !rest.is_empty() => {
            Ok(MaskedUrl::new(text))
        }
        Some(_) | None => Err(format!("must be a URL like {example}")),
    }
}

pub(super) fn not_empty(text: &str) -> Result<String, String> {
    if text.is_empty() {
        Err("must not be empty".into())
    } else {
        Ok(text.to_owned())
    }
}

/// A name in AMQP: short, so that the derived ones still fit 255 bytes.
pub(super) fn name(text: &str) -> Result<String, String> {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    if (1..=200).contains(&text.len()) && text.bytes().all(valid) && !text.starts_with("amq.") {
        Ok(text.to_owned())
    } else {
        Err("must have 1 to 200 letters, digits or - _ . : and must not start with amq.".into())
    }
}

pub(super) fn bucket(text: &str) -> Result<String, String> {
    let valid =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    if (3..=63).contains(&text.len()) && text.bytes().all(valid) {
        Ok(text.to_owned())
    } else {
        Err("must be a bucket name: 3 to 63 lower-case letters, digits, dots or hyphens".into())
    }
}

/// A whole number within these bounds.
pub(super) fn within<T>(bounds: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Clone,
{
    move |text| match text.parse() {
        Ok(number) if bounds.contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(format!(
            "must be a whole number from {} to {}",
            bounds.start(),
            bounds.end()
        )),
    }
}

pub(super) fn count(text: &str) -> Result<NonZeroU16, String> {
    text.parse()
        .map_err(|_| "must be a whole number from 1 to 65535".into())
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" | "" => Ok(false),
        _ => Err("must be true or false".into()),
    }
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match text.parse::<EnvFilter>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!(
            "must be a level or directives like info,lapin=debug ({error})"
        )),
    }
}
