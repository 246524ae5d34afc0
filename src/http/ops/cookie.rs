//! The cookies of the page: the session, and the secrets of a sign-in before there is one.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use super::attempt;
use super::state::Settings;

/// A cookie.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cookie {
    /// The secret of the session.
    Session,
    /// What the form of `/sign-in` has to send.
    SignIn,
    /// A sign-in at the identity provider.
    Oidc,
}

impl Cookie {
    /// Over TLS the prefix has browsers accept it from this host only, and only with these attributes.
    fn name(self, settings: &Settings) -> &'static str {
        match (self, settings.is_secure) {
            (Self::Session, true) => "__Host-invoice_session",
            (Self::Session, false) => "invoice_session",
            (Self::SignIn, true) => "__Host-invoice_sign_in",
            (Self::SignIn, false) => "invoice_sign_in",
            (Self::Oidc, true) => "__Host-invoice_oidc",
            (Self::Oidc, false) => "invoice_oidc",
        }
    }

    /// Its value in a request.
    pub(super) fn read<'a>(self, settings: &Settings, headers: &'a HeaderMap) -> Option<&'a str> {
        let name = self.name(settings);
        let cookies = headers.get_all(COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|cookies| cookies.split(';'));
        pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
    }

    /// The header that sets it, until the browser ends, or until the sign-in is over. The value is a secret of ours, made of
    /// letters, digits and `.-_`.
    pub(super) fn set(self, settings: &Settings, value: &str) -> HeaderValue {
        match self {
            Self::Session | Self::SignIn => self.header(settings, value, ""),
            Self::Oidc => {
                let more = format!("; Max-Age={}", attempt::LONGEST.as_secs());
                self.header(settings, value, &more)
            }
        }
    }

    /// The header that removes it.
    pub(super) fn removed(self, settings: &Settings) -> HeaderValue {
        self.header(settings, "", "; Max-Age=0")
    }

    /// `Lax`: a strict cookie would not be sent on the way back from an identity provider, nor with a link in a message.
    fn header(self, settings: &Settings, value: &str, more: &str) -> HeaderValue {
        let name = self.name(settings);
        let secure = if settings.is_secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
        // Secrets and names of ours can stand in a header.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn settings(is_secure: bool) -> Settings {
        Settings {
            idle: Duration::from_secs(1),
            longest: Duration::from_secs(1),
            is_secure,
            origin: None,
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        for (header, expected) in [
            ("invoice_session=a", Some("a")),
            ("other=1; invoice_session=a; more=2", Some("a")),
            ("other=1;invoice_session=a", Some("a")),
            ("invoice_session=", Some("")),
            ("invoice_session2=a", None),
            ("xinvoice_session=a", None),
            ("__Host-invoice_session=a", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, header.parse().expect("a header"));
            let found = Cookie::Session.read(&settings(false), &headers);
            assert_eq!(found, expected, "{header}");
        }
    }

    #[test]
    fn a_cookie_over_tls_is_for_tls_and_this_host_only() {
        for (is_secure, expected) in [
            (false, "invoice_session=a; Path=/; HttpOnly; SameSite=Lax"),
            (
                true,
                "__Host-invoice_session=a; Path=/; HttpOnly; SameSite=Lax; Secure",
            ),
        ] {
            let set = Cookie::Session.set(&settings(is_secure), "a");
            assert_eq!(set, expected);
        }
        let set = Cookie::Oidc.set(&settings(false), "a.1.b");
        let expected = "invoice_oidc=a.1.b; Path=/; HttpOnly; SameSite=Lax; Max-Age=600";
        assert_eq!(set, expected);
        let removed = Cookie::Session.removed(&settings(false));
        assert!(removed.to_str().is_ok_and(|it| it.ends_with("; Max-Age=0")));
    }
}
