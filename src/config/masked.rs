//! Values that print without their secrets.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// A URL that may contain a password; it prints with the password masked.
#[derive(Clone)]
pub struct MaskedUrl(SecretString);

impl MaskedUrl {
    /// Wraps a URL.
    pub fn new(url: &str) -> Self {
        Self(SecretString::from(url))
    }

    /// The whole URL, for connecting only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A URL that cannot be parsed with certainty is not shown at all: a password with `/`, `?` or `#` in it looks like a port
/// and a path.
impl fmt::Display for MaskedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(mut url) = Url::parse(self.expose()) else {
            return f.write_str("***");
        };
        if has_at_sign_behind_host(&url) {
            return write!(f, "{}://***", url.scheme());
        }
        let masked = match url.password() {
            Some(_) => url.set_password(Some("***")),
            None => Ok(()),
        };
        if masked.is_err() {
            return f.write_str("***");
        }
        // `?password=`, `?sslpassword=`
        if url.query().is_some_and(|query| query.contains("pass")) {
            url.set_query(Some("***"));
        }
        write!(f, "{url}")
    }
}

/// Whether there is an at sign after the host: the part before it was probably meant as a password.
pub(super) fn has_at_sign_behind_host(url: &Url) -> bool {
    [Some(url.path()), url.query(), url.fragment()]
        .into_iter()
        .flatten()
        .any(|part| part.contains('@'))
}

impl fmt::Debug for MaskedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A secret; prints as three asterisks.
#[derive(Clone)]
pub struct MaskedSecret(SecretString);

impl MaskedSecret {
    /// The secret itself, for signing only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl From<&str> for MaskedSecret {
    fn from(secret: &str) -> Self {
        Self(SecretString::from(secret))
    }
}

impl From<String> for MaskedSecret {
    fn from(secret: String) -> Self {
        Self(SecretString::from(secret))
    }
}

impl fmt::Display for MaskedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "" } else { "***" })
    }
}

impl fmt::Debug for MaskedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_prints_without_its_password() {
        for (url, shown) in [
            (
                "amqp://guest:se:cr@et@host:5672/%2f",
                "amqp://guest:***@host:5672/%2f",
            ),
            (
                "postgres://user:p%40ss@host/db?sslmode=require",
                "postgres://user:***@host/db?sslmode=require",
            ),
            (
                "postgres://host/db?user=a&password=b",
                "postgres://host/db?***",
            ),
            (
                "sqlite://data/invoices.db?mode=rwc",
                "sqlite://data/invoices.db?mode=rwc",
            ),
            ("nonsense", "***"),
            ("amqp://user:se/cret@host/%2f", "***"),
            ("amqp://user:12/cret@host/%2f", "amqp://***"),
            ("postgres://user:12?cret@host/db", "postgres://***"),
            ("postgres://user:12#cret@host/db", "postgres://***"),
            ("amqp://host", "amqp://host"),
        ] {
            assert_eq!(MaskedUrl::new(url).to_string(), shown);
        }
    }
}
