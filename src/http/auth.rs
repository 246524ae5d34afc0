//! Who calls, and what the caller may do.
//!
//! Without tokens the server is only reachable from its own machine, and every caller may do everything.

mod caller;
mod code_flow;
mod discovery;
mod jwks;
pub mod oidc;
mod provider_client;
mod rates;
pub mod role;
pub mod tokens;
pub mod tokens_file;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use time::OffsetDateTime;

pub use self::caller::{
    AllShopsLooker, AllShopsReader, Caller, Eraser, Looker, Operator, Reader, Requester,
};
pub(super) use self::code_flow::{CodeFlow, Failure, Secrets};
pub use self::oidc::Oidc;
pub(super) use self::rates::Rates;
pub use self::role::Role;
pub use self::tokens::{Shop, Token, TokensError};

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

    /// The caller of a token that a person gives at the page, with the token's SHA-256 in hexadecimal, by which
    /// [`Access::caller_again`] finds it; none where there is no such token.
    ///
    /// # Errors
    ///
    /// The rate of the token is used up.
    pub(super) fn sign_in(&self, token: &str) -> Result<Option<(Caller, String)>, Problem> {
        let tokens = self.0.tokens.read().unwrap_or_else(PoisonError::into_inner);
        let Some(token) = tokens::find(&tokens, token, OffsetDateTime::now_utc()) else {
            return Ok(None);
        };
        token.count().map_err(rate_is_used)?;
        Ok(Some((Caller::with(token), token.sha256())))
    }

    /// The caller that has signed in with the token of this SHA-256, with the roles that the token has now; none where it was
    /// removed or has ended.
    ///
    /// # Errors
    ///
    /// The rate of the token is used up.
    pub(super) fn caller_again(&self, sha256: &str) -> Result<Option<Caller>, Problem> {
        let tokens = self.0.tokens.read().unwrap_or_else(PoisonError::into_inner);
        let Some(token) = tokens::find_again(&tokens, sha256, OffsetDateTime::now_utc()) else {
            return Ok(None);
        };
        token.count().map_err(rate_is_used)?;
        Ok(Some(Caller::with(token)))
    }

    /// Whether there are tokens to sign in to the page with.
    pub(super) fn has_tokens(&self) -> bool {
        let tokens = self.0.tokens.read().unwrap_or_else(PoisonError::into_inner);
        !tokens.is_empty()
    }

    /// The identity provider and how people sign in there, if they can.
    pub(super) fn sign_in_elsewhere(&self) -> Option<(&Oidc, &CodeFlow)> {
        let provider = self.provider()?;
        Some((provider, provider.code_flow()?))
    }

    /// The caller that the identity provider has vouched for, with the roles and shops of that time.
    ///
    /// # Errors
    ///
    /// The rate of the caller is used up.
    pub(super) fn vouched_for(
        &self,
        name: &str,
        roles: Vec<Role>,
        shops: Option<Vec<Shop>>,
    ) -> Result<Option<Caller>, Problem> {
        let Some((provider, _)) = self.sign_in_elsewhere() else {
            return Ok(None);
        };
        let caller = Caller::new(name, roles, shops);
        provider.count(&caller).map_err(rate_is_used)?;
        Ok(Some(caller))
    }

    /// Everyone on this machine, where no token is needed.
    pub(super) fn local(&self) -> Option<Caller> {
        self.is_open().then(Caller::local)
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
