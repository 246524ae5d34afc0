//! Sessions: begun when a visitor signs in, found again by the secret in the cookie, and ended.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use serde_json::json;
use time::OffsetDateTime;
use tracing::info;

use super::cookie::Cookie;
use super::secret;
use super::state::Ops;
use crate::database::session::Model;
use crate::http::auth::{Caller, CodeFlow};
use crate::http::failures::database;
use crate::http::problem::Problem;

/// A visitor that gave a token of the list.
const TOKEN: &str = "token";

/// A visitor that the identity provider has vouched for.
const PROVIDER: &str = "oidc";

/// A visitor on this machine, where there are no tokens.
const LOCAL: &str = "local";

/// How often the database learns that a visitor is there, at most; less often than a session ends without one.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// The header of calls that a page makes by itself. They do not keep a session, and one that is forged only shortens it.
const LIVE: &str = "x-live";

/// A session that goes on.
pub(super) struct Session {
    pub(super) caller: Caller,
    /// What each of its forms has to send.
    pub(super) csrf: String,
    /// How its visitor signed in.
    pub(super) kind: Kind,
}

/// How a visitor signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// With a token.
    Token,
    /// At the identity provider.
    Provider,
    /// Not at all, and cannot sign out.
    Local,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        let all = [Self::Token, Self::Provider, Self::Local];
        all.into_iter().find(|kind| kind.as_str() == name)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Token => TOKEN,
            Self::Provider => PROVIDER,
            Self::Local => LOCAL,
        }
    }
}

/// Who a session is for.
pub(super) enum Who {
    /// Somebody with a token, which has this SHA-256.
    Token(Caller, String),
    /// Somebody that came back from the identity provider, as this client of it.
    Provider(Caller, String),
    /// Somebody on this machine, where there are no tokens.
    Local(Caller),
}

/// The session of a request; none where it has none, or one that has ended.
///
/// # Errors
///
/// The database cannot be read, or the visitor has used up the rate of the token.
pub(super) async fn find(ops: &Ops, headers: &HeaderMap) -> Result<Option<Session>, Problem> {
    let settings = ops.settings();
    let Some(secret) = Cookie::Session.read(settings, headers) else {
        return Ok(None);
    };
    let id = secret::digest(secret);
    let archive = &ops.api().database;
    let row = archive.session(&id).await;
    let row = row.map_err(|error| database(&error))?;
    let now = OffsetDateTime::now_utc();
    let Some(row) = row.filter(|row| !has_ended(row, now, settings.idle)) else {
        return Ok(None);
    };
    // Others are of a later version, or no sessions.
    let Some(kind) = Kind::of(&row.kind) else {
        return Ok(None);
    };
    let caller = match kind {
        Kind::Token => {
            let sha256 = row.token_sha256.as_deref().unwrap_or_default();
            let caller = ops.access().caller_again(sha256)?;
            if caller.is_none() {
                // A token that comes back does not bring its sessions back.
                let ended = archive.end_session(&id).await;
                ended.map_err(|error| database(&error))?;
            }
            caller
        }
        Kind::Provider => of_provider(ops, &row)?,
        Kind::Local => ops.access().local(),
    };
    let Some(caller) = caller else {
        return Ok(None);
    };
    let is_live = headers.contains_key(LIVE);
    if !is_live && now - row.seen_at >= seen_every(settings.idle) {
        let seen = archive.see_session(&id, now).await;
        seen.map_err(|error| database(&error))?;
    }
    Ok(Some(Session {
        caller,
        csrf: row.csrf,
        kind,
    }))
}

/// The visitor of a session that began at the identity provider, with the roles and shops of that time. It is none of ours any
/// more where the provider, or our name there, has changed.
fn of_provider(ops: &Ops, row: &Model) -> Result<Option<Caller>, Problem> {
    let client = ops.access().sign_in_elsewhere();
    let client = client.map(|(_, flow)| client_of(flow));
    if client.is_none() || client != row.token_sha256 {
        return Ok(None);
    }
    let roles = row.roles.as_deref().map(serde_json::from_str);
    let shops = row.shops.as_deref().map(serde_json::from_str);
    match (roles.transpose(), shops.transpose()) {
        (Ok(Some(roles)), Ok(shops)) => ops.access().vouched_for(&row.name, roles, shops),
        // Of a later version.
        (Ok(None) | Err(_), _) | (_, Err(_)) => Ok(None),
    }
}

/// The reference of a session to the provider and to our name there.
pub(super) fn client_of(flow: &CodeFlow) -> String {
    secret::digest(&format!("{}\n{}", flow.issuer(), flow.client_id()))
}

/// The time after which a visitor is noted again: a visit must not be forgotten for much of the idle time.
fn seen_every(idle: Duration) -> Duration {
    SEEN_EVERY.min(idle / 4)
}

/// Whether a session is over: its visitor was not seen for `idle`, or its time has come.
fn has_ended(row: &Model, now: OffsetDateTime, idle: Duration) -> bool {
    now >= row.ends_at || now - row.seen_at >= idle
}

/// Begins the session of a visitor who has signed in; the header gives its cookie to the browser. The session before ends: a
/// browser has one.
///
/// # Errors
///
/// The database cannot be written.
pub(super) async fn sign_in(
    ops: &Ops,
    headers: &HeaderMap,
    who: Who,
) -> Result<HeaderValue, Problem> {
    end(ops, headers).await?;
    let (session, cookie) = begin(ops, who).await?;
    info!(
        event = "page_signed_in",
        caller = session.caller.name(),
        "a visitor has signed in to the page"
    );
    Ok(cookie)
}

/// Begins a session; the header gives its cookie to the browser.
///
/// # Errors
///
/// The database cannot be written.
pub(super) async fn begin(ops: &Ops, who: Who) -> Result<(Session, HeaderValue), Problem> {
    let settings = ops.settings();
    let (secret, csrf) = (secret::random(), secret::random());
    let (kind, caller, token_sha256) = match who {
        Who::Token(caller, sha256) => (Kind::Token, caller, Some(sha256)),
        Who::Provider(caller, client) => (Kind::Provider, caller, Some(client)),
        Who::Local(caller) => (Kind::Local, caller, None),
    };
    // The roles of a token may change, those of a visitor of the provider stay.
    let is_kept = kind == Kind::Provider;
    let roles = is_kept.then(|| json!(caller.roles()).to_string());
    let shops = caller.shops().filter(|_| is_kept);
    let shops = shops.map(|shops| json!(shops).to_string());
    let now = OffsetDateTime::now_utc().truncate_to_microsecond();
    let row = Model {
        id: secret::digest(&secret),
        kind: kind.as_str().to_owned(),
        name: caller.name().to_owned(),
        token_sha256,
        roles,
        shops,
        csrf: csrf.clone(),
        created_at: now,
        seen_at: now,
        ends_at: now + settings.longest,
    };
    let begun = ops.api().database.begin_session(row, settings.idle).await;
    begun.map_err(|error| database(&error))?;
    let cookie = Cookie::Session.set(settings, &secret);
    let session = Session { caller, csrf, kind };
    Ok((session, cookie))
}

/// Ends the session of a request, if it has one.
///
/// # Errors
///
/// The database cannot be written.
pub(super) async fn end(ops: &Ops, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(secret) = Cookie::Session.read(ops.settings(), headers) else {
        return Ok(());
    };
    let id = secret::digest(secret);
    let ended = ops.api().database.end_session(&id).await;
    ended.map_err(|error| database(&error))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_visitor_is_noted_before_the_session_ends() {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        assert_eq!(seen_every(minutes(30)), SEEN_EVERY);
        assert_eq!(seen_every(minutes(1)), Duration::from_secs(15));
    }

    #[test]
    fn a_session_ends_without_a_visitor_and_at_its_time() {
        let start = datetime!(2026-11-29 12:00 UTC);
        let row = Model {
            id: String::new(),
            kind: LOCAL.to_owned(),
            name: String::new(),
            token_sha256: None,
            roles: None,
            shops: None,
            csrf: String::new(),
            created_at: start,
            seen_at: start + Duration::from_secs(3_600),
            ends_at: start + Duration::from_secs(7_200),
        };
        let idle = Duration::from_secs(1_800);
        for (seconds, expected) in [(3_600, false), (5_399, false), (5_400, true), (7_200, true)] {
            let now = start + Duration::from_secs(seconds);
            assert_eq!(has_ended(&row, now, idle), expected, "{seconds}");
            let is_over = seconds >= 7_200;
            assert_eq!(
                has_ended(&row, now, Duration::MAX / 4),
                is_over,
                "{seconds}"
            );
        }
    }
}
