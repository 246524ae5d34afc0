//! Values that print without their secrets.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// A URL that may hold a password; prints with the password masked.
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

impl fmt::Display for MaskedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.expose();
        let Some((scheme, rest)) = url.split_once("://") else {
            return f.write_str("***");
        };
        // What follows a question mark can hold a password too (`?password=`).
        let (rest, query) = rest
            .split_once('?')
            .map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority = match authority.rsplit_once('@') {
            Some((user, host)) => {
                let user = user.split_once(':').map_or(user, |(user, _)| user);
                format!("{user}:***@{host}")
            }
            None => authority.to_owned(),
        };
        let query = match query {
            Some(query) if query.contains("password") => "?***".to_owned(),
            Some(query) => format!("?{query}"),
            None => String::new(),
        };
        write!(f, "{scheme}://{authority}{path}{query}")
    }
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

    /// Whether nothing was given.
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
        ] {
            assert_eq!(MaskedUrl::new(url).to_string(), shown);
        }
    }
}
