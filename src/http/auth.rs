//! Who calls, and what the caller may do.
//!
//! Without tokens the server is only reachable from its own machine, and every caller may do everything.

mod caller;
mod jwks;
pub mod oidc;
mod rates;
pub mod role;
pub mod tokens;
pub mod tokens_file;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use time::OffsetDateTime;

pub use self::caller::{Caller, Operator, Reader, Requester};
pub use self::oidc::Oidc;
pub use self::role::Role;
pub use self::tokens::{Token, TokensError};

use super::problem::{Code, Problem};

/// Everyone who may call.
#[derive(Clone)]
pub struct Access(Arc<Known>);

struct Known {
    tokens: RwLock<Vec<Token>>,
    provider: Option<Oidc>,
    is_open: bool,
}

impl Access {
    /// Those with one of these tokens, or with one of the identity provider. Where there is neither, everyone: the server is
    /// reachable from its own machine only.
    pub fn new(tokens: Option<Vec<Token>>, provider: Option<Oidc>) -> Self {
        Self(Arc::new(Known {
            is_open: tokens.is_none() && provider.is_none(),
            tokens: RwLock::new(tokens.unwrap_or_default()),
            provider,
        }))
    }

    /// Whether no token is needed.
    pub fn is_open(&self) -> bool {
        self.0.is_open
    }

    /// The identity provider, if there is one.
    pub fn provider(&self) -> Option<&Oidc> {
        self.0.provider.as_ref()
    }

    /// Replaces the tokens, so that they can be changed while the program runs.
    pub fn replace(&self, tokens: Vec<Token>) {
        let mut current = self
            .0
            .tokens
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = tokens;
    }

    /// The caller of a request.
    ///
    /// # Errors
    ///
    /// It has no valid token, or has used up the rate of its token.
    pub fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        if self.is_open() {
            return Ok(Caller::local());
        }
        let Some(given) = bearer(headers) else {
            let detail = "send the header `Authorization: Bearer TOKEN`";
            return Err(unauthorized(detail, "Bearer"));
        };
        let invalid = |detail| unauthorized(detail, r#"Bearer error="invalid_token""#);
        let tokens = self.0.tokens.read().unwrap_or_else(PoisonError::into_inner);
        let Some(token) = tokens::find(&tokens, given, OffsetDateTime::now_utc()) else {
            // A JWT has dots. A token of the list may have some too.
            return match self.0.provider.as_ref().filter(|_| given.contains('.')) {
                Some(provider) => {
                    let caller = provider.caller(given).map_err(invalid)?;
                    provider.count(&caller).map_err(rate_is_used)?;
                    Ok(caller)
                }
                None => Err(invalid("the token is unknown or has ended")),
            };
        };
        token.count().map_err(rate_is_used)?;
        Ok(Caller::with(token))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn rate_is_used(wait: Duration) -> Problem {
    let detail = "the token has a rate, and it is used up";
    Problem::new(Code::RateLimited, detail).retry_after(wait)
}

fn unauthorized(detail: &str, challenge: &'static str) -> Problem {
    use axum::http::HeaderValue;
    use axum::http::header::WWW_AUTHENTICATE;
    let problem = Problem::new(Code::Unauthorized, detail);
    problem.header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}
