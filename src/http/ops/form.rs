//! Forms: read within bounds, and only if they are of a page of ours.

use std::time::Duration;

use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;
use url::{Url, form_urlencoded};

use super::secret;
use super::state::{Ops, Settings};
use super::visitor::Visitor;
use crate::http::body;
use crate::http::dead_letters::Reason;
use crate::http::problem::{Code, Problem};

/// The field that proves that a form is of a page of this session.
const CSRF: &str = "csrf";

/// The media type of forms.
const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The form of `/sign-in`, in bytes: a token and a way on.
const SIGN_IN_BYTES: usize = 8 << 10;

/// Longest time for the form of `/sign-in`.
const SIGN_IN_LONGEST: Duration = Duration::from_secs(5);

/// A form of a visitor. It comes last among the parameters of a handler, after the role that is needed.
///
/// The type may be a list of pairs, where a field is there more than once.
pub struct Posted<T> {
    /// Its fields.
    pub fields: T,
    /// Its part of the memory for bodies.
    _slot: OwnedSemaphorePermit,
}

/// The form of a change that needs nothing but a reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonForm {
    /// Why, for the record.
    pub(crate) reason: Reason,
}

impl<T: DeserializeOwned> FromRequest<Ops> for Posted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, ops: &Ops) -> Result<Self, Problem> {
        let visitor = request.extensions().get::<Visitor>().cloned();
        let visitor =
            visitor.ok_or_else(|| Problem::new(Code::Unauthorized, "there is no session"))?;
        let (fields, slot) = read(ops, request, visitor.csrf()).await?;
        Ok(Self {
            fields: parse(fields).await?,
            _slot: slot,
        })
    }
}

/// The fields of the form of `/sign-in`, whose visitor has no session yet. Anyone can send one: without the cookie of a form
/// none of it is read, and few are read at once, within bounds of their own.
pub(super) async fn of_sign_in<T: DeserializeOwned>(
    ops: &Ops,
    request: Request,
    csrf: Option<&str>,
) -> Result<T, Problem> {
    let csrf = csrf.filter(|csrf| secret::is_well_formed(csrf));
    let csrf = csrf.ok_or_else(forged)?;
    let body = body_of_form(ops.settings(), request)?;
    let slot = ops.sign_ins().try_acquire();
    let _slot = slot.map_err(|_| {
        let detail = "too many visitors sign in at once; try again in a moment";
        Problem::new(Code::Overloaded, detail)
    })?;
    let limit = "of a sign-in";
    let bytes = body::read_within(SIGN_IN_LONGEST, body, SIGN_IN_BYTES, limit).await?;
    parse(with_secret(bytes, csrf)?).await
}

/// The body of a form that has this secret.
async fn read(
    ops: &Ops,
    request: Request,
    csrf: &str,
) -> Result<(Bytes, OwnedSemaphorePermit), Problem> {
    let body = body_of_form(ops.settings(), request)?;
    let max_bytes = ops.form_max_bytes();
    let slot = body::slot(body::announced(&body), max_bytes, ops.forms())?;
    let bytes = body::read(body, max_bytes, "of a form").await?;
    Ok((with_secret(bytes, csrf)?, slot))
}

/// The body of a form, if its head is that of a form of ours.
fn body_of_form(settings: &Settings, request: Request) -> Result<Body, Problem> {
    let (head, body) = request.into_parts();
    refuse_foreign(settings, &head.headers, &head.uri)?;
    let media_type = head.headers.get(CONTENT_TYPE);
    let media_type = media_type.and_then(|it| it.to_str().ok()?.split(';').next());
    if media_type.is_none_or(|it| !it.trim().eq_ignore_ascii_case(MEDIA_TYPE)) {
        let detail = format!("Content-Type has to be {MEDIA_TYPE}");
        return Err(Problem::new(Code::MediaTypeUnsupported, detail));
    }
    Ok(body)
}

/// The fields of a form, if they have this secret.
fn with_secret(bytes: Bytes, csrf: &str) -> Result<Bytes, Problem> {
    let mut fields = form_urlencoded::parse(&bytes);
    let given = fields
        .find(|(name, _)| name == CSRF)
        .map(|(_, value)| value);
    if csrf.is_empty() || given.is_none_or(|given| !secret::is_same(&given, csrf)) {
        return Err(forged());
    }
    Ok(bytes)
}

/// The fields without the secret.
async fn parse<T: DeserializeOwned>(bytes: Bytes) -> Result<T, Problem> {
    let request = axum::http::Request::builder()
        .method(Method::POST)
        .header(CONTENT_TYPE, MEDIA_TYPE)
        .body(Body::from(without_secret(&bytes)));
    let mut request = request.map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
    // It was read within its own bounds.
    DefaultBodyLimit::disable().apply(&mut request);
    let form = Form::<T>::from_request(request, &()).await;
    let form = form.map_err(|rejection| {
        let text = rejection.body_text();
        let text = text.trim_start_matches("Failed to deserialize form body: ");
        Problem::new(Code::ParameterInvalid, format!("form: {text}"))
    })?;
    Ok(form.0)
}

fn without_secret(bytes: &[u8]) -> String {
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.extend_pairs(form_urlencoded::parse(bytes).filter(|(name, _)| name != CSRF));
    fields.finish()
}

/// Browsers say where a form was. One that says nothing is old, and has to know the secret all the same.
fn refuse_foreign(settings: &Settings, headers: &HeaderMap, uri: &Uri) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|it| it.to_str().unwrap_or_default());
    let is_foreign = text("sec-fetch-site")
        .is_some_and(|it| !["same-origin", "none"].contains(&it))
        || text(ORIGIN.as_str()).is_some_and(|origin| {
            let host = uri.authority().map(|it| it.as_str());
            let host = host.or_else(|| text(HOST.as_str()));
            !is_ours(origin, settings.origin.as_deref(), host)
        });
    if is_foreign { Err(forged()) } else { Ok(()) }
}

fn is_ours(origin: &str, public: Option<&str>, host: Option<&str>) -> bool {
    if public.is_some_and(|public| origin.eq_ignore_ascii_case(public)) {
        return true;
    }
    let Ok(url) = Url::parse(origin) else {
        return false;
    };
    let Some(name) = url.host_str() else {
        return false;
    };
    let own = match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    };
    host.is_some_and(|host| {
        let usual = if url.scheme() == "https" {
            ":443"
        } else {
            ":80"
        };
        let host = host.strip_suffix(usual).unwrap_or(host);
        host.eq_ignore_ascii_case(&own)
    })
}

fn forged() -> Problem {
    let detail = "the form is not one of this session, and nothing was changed; open the page again and repeat it there";
    Problem::new(Code::Forbidden, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_origin_is_ours() {
        let public = Some("https://a.example");
        for (origin, public, host, expected) in [
            ("http://127.0.0.1:8080", None, "127.0.0.1:8080", true),
            ("http://LOCALHOST:8080", None, "localhost:8080", true),
            ("https://b.example", None, "b.example", true),
            ("https://b.example", None, "b.example:443", true),
            ("http://b.example", None, "b.example:80", true),
            ("https://a.example", public, "serve:8080", true),
            ("https://b.example", public, "serve:8080", false),
            ("http://127.0.0.1:8081", None, "127.0.0.1:8080", false),
            ("http://127.0.0.1", None, "127.0.0.1:8080", false),
            ("https://a.example.evil", public, "a.example", false),
            ("null", public, "a.example", false),
            ("", public, "a.example", false),
        ] {
            assert_eq!(is_ours(origin, public, Some(host)), expected, "{origin}");
        }
    }
}
