//! One function for each kind of setting. Its error says what is expected.

use std::ffi::OsString;
use std::fmt::Display;
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use url::Url;

use super::masked::{MaskedUrl, has_at_sign_behind_host};

pub(super) fn amqp_url(text: &str) -> Result<MaskedUrl, String> {
    let example = "amqp://user:password@host:5672/%2f";
    server(text, &["amqp", "amqps"], example)?;
    Ok(MaskedUrl::new(text))
}

/// Parameters of PostgreSQL's own client that ours does not need. Hosting providers put them into the URLs that they give.
const LEFT_OUT: [&str; 11] = [
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "fallback_application_name",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "target_session_attrs",
    "tcp_user_timeout",
];

/// The parameters that our client supports. It would ignore others, and log them with their values.
const POSTGRES_PARAMETERS: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

pub(super) fn database_url(text: &str) -> Result<MaskedUrl, String> {
    if text.starts_with("sqlite:") {
        return sqlite_url(text);
    }
    let example = "postgres://user:password@host/invoices or sqlite://FILE?mode=rwc";
    let mut url = server(text, &["postgres", "postgresql"], example)?;
    let given = url.query_pairs().into_owned();
    let (left_out, kept): (Vec<_>, Vec<_>) =
        given.partition(|(name, _)| LEFT_OUT.contains(&name.as_str()));
    let is_known = |name: &str| POSTGRES_PARAMETERS.contains(&name) || name.starts_with("options[");
    if !kept.iter().all(|(name, _)| is_known(name)) {
        let known = POSTGRES_PARAMETERS.join(", ");
        return Err(format!(
            "is not a valid URL: it has a parameter other than {known}"
        ));
    }
    if left_out.is_empty() {
        return Ok(MaskedUrl::new(text));
    }
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    Ok(MaskedUrl::new(url.as_str()))
}

fn sqlite_url(text: &str) -> Result<MaskedUrl, String> {
    if text.contains(":memory:") || text.contains("mode=memory") {
        return Err("must name a file: a database in memory ends with the process".into());
    }
    if !text.starts_with("sqlite://") || Url::parse(text).is_err() {
        return Err("must be a URL like sqlite://FILE?mode=rwc".into());
    }
    Ok(MaskedUrl::new(text))
}

pub(super) fn http_url(text: &str) -> Result<String, String> {
    let url = server(text, &["http", "https"], "http://127.0.0.1:9000")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "must not contain a user or a password: keys go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                .into(),
        );
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// How browsers reach the page: its origin.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    let example = "https://invoices.example.com";
    let url = server(text, &["http", "https"], example)?;
    let has_more = url.path() != "/" || url.query().is_some();
    if has_more || !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "must have a scheme, a host and at will a port only, like {example}"
        ));
    }
    Ok(url.origin().ascii_serialization())
}

/// The URL of a server. The message does not quote it: it may contain a password.
fn server(text: &str, schemes: &[&str], example: &str) -> Result<Url, String> {
    let hint = "in user and password, write / ? # @ as %2F %3F %23 %40";
    match text.split_once("://") {
        // The parser would ignore further slashes.
        Some(("http" | "https", rest)) if rest.starts_with('/') => {
            return Err("is not a valid URL: it has no host".into());
        }
        Some((scheme, rest)) if schemes.contains(&scheme) && !rest.is_empty() => {}
        Some(_) | None => return Err(format!("must be a URL like {example}")),
    }
    let url = Url::parse(text).map_err(|error| format!("is not a valid URL: {error}; {hint}"))?;
    // Probably a password that was read as a path.
    if url.fragment().is_some() || has_at_sign_behind_host(&url) {
        return Err(format!("is not a valid URL: {hint}"));
    }
    Ok(url)
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

/// A bucket, or an access point by its ARN.
pub(super) fn bucket(text: &str) -> Result<String, String> {
    if text.starts_with("arn:") {
        return access_point(text);
    }
    let valid =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    if (3..=63).contains(&text.len()) && text.bytes().all(valid) {
        Ok(text.to_owned())
    } else {
        Err("must be a bucket name: 3 to 63 lower-case letters, digits, dots or hyphens".into())
    }
}

fn access_point(text: &str) -> Result<String, String> {
    let expected = "must be the ARN of an access point, like arn:aws:s3:eu-central-1:111122223333:accesspoint/invoices";
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, partition, "s3", region, account, resource] = parts[..] else {
        return Err(expected.into());
    };
    let name = resource.strip_prefix("accesspoint");
    let name = name.and_then(|name| name.strip_prefix(['/', ':']));
    if region.is_empty() && name.is_some() {
        return Err(
            "must be an access point of one region: those of several need signatures (SigV4A) that this program cannot make"
                .into(),
        );
    }
    let is_name = |name: &str| {
        let is_valid =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (3..=50).contains(&name.len()) && name.bytes().all(is_valid)
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if partition.starts_with("aws") && is_account && name.is_some_and(is_name) {
        Ok(text.to_owned())
    } else {
        Err(expected.into())
    }
}

/// A whole number within these bounds.
pub fn within<T>(bounds: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
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

/// One of a list of delays, in seconds.
pub(super) fn delay(text: &str) -> Result<u32, String> {
    let longest = 86_400;
    within(1..=longest)(text).map_err(|_| {
        format!("must be whole numbers from 1 to {longest}, separated by commas, like 5,30,300")
    })
}

pub(super) fn count(most: u16) -> impl Fn(&str) -> Result<NonZeroU16, String> + Clone {
    let parse = within(NonZeroU16::MIN..=NonZeroU16::new(most).unwrap_or(NonZeroU16::MAX));
    move |text| parse(text)
}

/// A number of calls a second.
pub(super) fn rate() -> impl Fn(&str) -> Result<NonZeroU32, String> + Clone {
    within(NonZeroU32::MIN..=NonZeroU32::new(1_000_000).unwrap_or(NonZeroU32::MAX))
}

/// An address to listen at.
pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "must be an IP address and a port, like 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080"
            .to_owned()
    })
}

/// A folder that must be named.
pub(super) fn folder(path: OsString) -> Result<PathBuf, &'static str> {
    if path.is_empty() {
        Err("must name a folder")
    } else {
        Ok(path.into())
    }
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("must be true or false".into()),
    }
}

/// To the library, a word that is not a level is a module of which everything is logged, so a misspelt level would silence
/// the program.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    let is_bare = |directive: &str| !directive.contains(['=', '[']);
    let is_ours = |module: &str| module.starts_with(env!("CARGO_CRATE_NAME"));
    // To the library, an empty word is a level too.
    let is_level = |word: &str| !word.is_empty() && word.parse::<LevelFilter>().is_ok();
    let unknown = text
        .split(',')
        .find(|word| is_bare(word) && !is_level(word) && !is_ours(word));
    let problem = match (unknown, text.parse::<EnvFilter>()) {
        (None, Ok(_)) => return Ok(text.to_owned()),
        (Some(word), _) => format!("{word:?} is not a level"),
        (None, Err(error)) => error.to_string(),
    };
    Err(format!(
        "must be a level (off, error, warn, info, debug, trace) or directives like info,lapin=debug ({problem})"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hosting_providers_add_to_a_database_url_is_left_out() {
        let given = "postgres://u:p@h/d?sslmode=require&channel_binding=require&connect_timeout=10";
        let url = database_url(given).expect("accepted");
        assert_eq!(url.expose(), "postgres://u:p@h/d?sslmode=require");
        let url = database_url("postgres://u:p@h/d?connect_timeout=10").expect("accepted");
        assert_eq!(url.expose(), "postgres://u:p@h/d");
        assert!(database_url("postgres://u:p@h/d?schema=other").is_err());
    }

    #[test]
    fn a_bucket_has_a_name_or_is_an_access_point_of_one_region() {
        for text in [
            "gdec-orderhub-invoices",
            "invoices-abcdefgh-s3alias",
            "arn:aws:s3:eu-central-1:111122223333:accesspoint/invoices",
            "arn:aws-us-gov:s3:us-gov-west-1:111122223333:accesspoint:invoices",
        ] {
            assert_eq!(bucket(text).as_deref(), Ok(text));
        }
        for (text, words) in [
            ("Invoices", "bucket name"),
            ("arn:aws:s3:::invoices", "ARN of an access point"),
            ("arn:aws:s3:eu-central-1:1:accesspoint/invoices", "ARN of"),
            (
                "arn:aws:s3:eu-central-1:111122223333:accesspoint/a/b",
                "ARN of",
            ),
            (
                "arn:aws:s3-outposts:eu-central-1:111122223333:outpost/op-1/accesspoint/a",
                "ARN of",
            ),
            (
                "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap",
                "SigV4A",
            ),
        ] {
            let problem = bucket(text).expect_err(text);
            assert!(problem.contains(words), "{text}: {problem}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin() {
        for (text, expected) in [
            ("https://a.example", Some("https://a.example")),
            ("https://A.example:443/", Some("https://a.example")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("https://a.example/ops", None),
            ("https://a.example?a=b", None),
            ("https://user@a.example", None),
            ("https://u:p@a.example", None),
            ("ftp://a.example", None),
            ("a.example", None),
            ("", None),
        ] {
            assert_eq!(public_url(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_log_filter_has_levels_that_exist() {
        for filter in [
            "info",
            "WARN",
            "off",
            "info,lapin=debug",
            "invoice_worker::broker",
            "info,invoice_worker[message]=trace",
        ] {
            assert!(log_filter(filter).is_ok(), "{filter}");
        }
        for filter in ["", "inof", "info,", "info,debgu", "lapin=inof", "x=y=z"] {
            assert!(log_filter(filter).is_err(), "{filter:?}");
        }
    }
}
