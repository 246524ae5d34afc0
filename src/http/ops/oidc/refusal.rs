//! Why a sign-in at the identity provider ends without a session, in our words.

use axum::http::StatusCode;

/// The errors that a provider may send a browser back with (RFC 6749, 4.1.2.1; OpenID Connect Core 1.0, 3.1.2.6). Other texts could be
/// anything, and so could the description beside each.
const ERRORS: [&str; 16] = [
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "invalid_request",
    "invalid_request_object",
    "invalid_request_uri",
    "invalid_scope",
    "login_required",
    "registration_not_supported",
    "request_not_supported",
    "request_uri_not_supported",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_response_type",
];

/// Why a visitor that comes back is not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The sign-in did not begin in this browser, is over, or was finished before.
    Foreign,
    /// The visitor, or the provider, does not want to.
    Denied,
    /// The provider has answered with another error.
    Failed,
    /// The provider cannot be asked.
    Unavailable,
    /// Too many visitors sign in at once.
    Busy,
    /// Too many sign-ins came from the network of the visitor.
    TooMany,
    /// What the provider says about the visitor is not valid.
    Invalid,
    /// The visitor has none of the roles.
    NoRole,
}

impl Refusal {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Foreign => StatusCode::BAD_REQUEST,
            Self::Denied | Self::NoRole => StatusCode::FORBIDDEN,
            Self::Failed | Self::Invalid => StatusCode::BAD_GATEWAY,
            Self::Unavailable | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// What the page says.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Foreign => {
                "This sign-in did not begin in this browser, was used before, or took longer than ten minutes. Sign in again."
            }
            Self::Denied => "The identity provider did not permit the sign-in.",
            Self::Failed => "The identity provider could not sign you in. Try again.",
            Self::Unavailable => "The identity provider cannot be reached. Try again in a moment.",
            Self::Busy => "Too many visitors sign in at once. Try again in a moment.",
            Self::TooMany => "Too many sign-ins came from your network. Wait a minute.",
            Self::Invalid => {
                "The answer of the identity provider is not valid. An operator finds the reason in the log."
            }
            Self::NoRole => {
                "Your account has no role for this page. Ask for look, read, request, operate or erase."
            }
        }
    }

    /// The reason in the log.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Foreign => "the sign-in is not one of this browser",
            Self::Denied => "the provider did not permit it",
            Self::Failed => "the provider answers with an error",
            Self::Unavailable => "the provider cannot be asked",
            Self::Busy => "too many sign-ins ask the provider at once",
            Self::TooMany => "too many sign-ins came from one network",
            Self::Invalid => "the ID token is not valid",
            Self::NoRole => "the visitor has no role",
        }
    }
}

/// The error of a provider for the log.
pub(super) fn known_error(error: &str) -> &'static str {
    let known = ERRORS.into_iter().find(|known| *known == error);
    known.unwrap_or("an unknown error")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_provider_in_the_log_are_those_of_the_standards() {
        for (error, expected) in [
            ("access_denied", "access_denied"),
            ("login_required", "login_required"),
            ("Access_Denied", "an unknown error"),
            ("<script>", "an unknown error"),
            ("", "an unknown error"),
        ] {
            assert_eq!(known_error(error), expected, "{error}");
        }
    }
}
