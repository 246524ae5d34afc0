//! Pages of lists: how many entries, after which one, and where the next page is.

use std::time::Duration;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::LINK;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::IntoParams;

use super::cursor;
use super::problem::{Code, Problem};
use super::query::{checked, parse};
use crate::database::Listed;

/// Entries of a page unless the client says otherwise, and the most.
const USUAL: u64 = 50;
const MOST: u64 = 200;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// Entries of the page: 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u64>,
    /// `nextCursor` of the page before, with the same other parameters.
    cursor: Option<String>,
}

/// A call for a page: its filter, which is a type that denies unknown parameters, and which page.
pub(super) struct Paged<T> {
    pub(super) filter: T,
    pub(super) limit: u64,
    pub(super) cursor: Option<String>,
    path: String,
    /// The parameters of the filter, as they were given.
    query: String,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Paged<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let (page, query) = split(checked(&parts.uri)?);
        let page: PageQuery = parse(&page)?;
        Ok(Self {
            filter: parse(&query)?,
            limit: size(page.limit)?,
            cursor: page.cursor,
            path: parts.uri.path().to_owned(),
            query,
        })
    }
}

impl<T> Paged<T> {
    /// How long the page may be looked for before it is given as far as it was found.
    pub(super) fn longest(&self) -> Duration {
        longest(self.cursor.as_deref())
    }

    /// A page of a list whose cursors are numbers, and the cursor of the next page. `described` says which list it is: a cursor of
    /// another one is refused.
    pub(super) async fn numbered<I>(
        &self,
        described: &str,
        read: impl AsyncFnOnce(Option<i64>, u64) -> Result<Listed<I>, Problem>,
    ) -> Result<(Vec<I>, Option<String>), Problem> {
        let after = cursor::number(described, self.cursor.as_deref())?;
        let page = read(after, self.limit).await?;
        let next = page.next.map(|id| cursor::after_number(described, id));
        Ok((page.items, next))
    }

    /// The page, with a link to the next one, if there is one (RFC 8288).
    pub(super) fn answer(&self, page: &impl Serialize, next: Option<&str>) -> Response {
        let mut response = Json(page).into_response();
        let link = next.map(|cursor| HeaderValue::from_str(&self.link(cursor)));
        if let Some(Ok(link)) = link {
            response.headers_mut().insert(LINK, link);
        }
        response
    }

    fn link(&self, cursor: &str) -> String {
        format!("<{}>; rel=\"next\"", self.next(cursor))
    }

    /// The address of the page after a cursor.
    pub(super) fn next(&self, cursor: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(form_urlencoded::parse(self.query.as_bytes()));
        query.append_pair("limit", &self.limit.to_string());
        query.append_pair("cursor", cursor);
        format!("{}?{}", self.path, query.finish())
    }
}

/// How long a page with this cursor may be looked for. The first one is there at once, even if it has little; who wants more has time.
pub(super) fn longest(cursor: Option<&str>) -> Duration {
    match cursor {
        None => Duration::from_millis(30),
        Some(_) => Duration::from_secs(1),
    }
}

/// The parameters of a page, and the others.
fn split(query: &str) -> (String, String) {
    let is_of_page = |pair: &&str| {
        let pair = form_urlencoded::parse(pair.as_bytes()).next();
        pair.is_some_and(|(name, _)| name == "limit" || name == "cursor")
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let (page, others): (Vec<&str>, Vec<&str>) = pairs.partition(is_of_page);
    (page.join("&"), others.join("&"))
}

/// How many entries a page has.
fn size(limit: Option<u64>) -> Result<u64, Problem> {
    match limit.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(limit),
        _ => {
            let detail = format!("limit has to be from 1 to {MOST}");
            Err(Problem::new(Code::ParameterInvalid, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_of_a_page_are_separated_from_the_others() {
        for (query, page, others) in [
            ("", "", ""),
            ("shop=a&limit=2", "limit=2", "shop=a"),
            (
                "cursor=x&shop=a%26b&li%6Dit=2&limit=3",
                "cursor=x&li%6Dit=2&limit=3",
                "shop=a%26b",
            ),
            (
                "Limit=2&limits=3&shop=limit",
                "",
                "Limit=2&limits=3&shop=limit",
            ),
        ] {
            let expected = (page.to_owned(), others.to_owned());
            assert_eq!(split(query), expected, "{query}");
        }
    }

    #[test]
    fn a_link_has_the_filter_the_size_and_the_new_cursor() {
        let paged = Paged {
            filter: (),
            limit: 2,
            cursor: Some("old".to_owned()),
            path: "/v1/changes".to_owned(),
            query: "target=replay%203&actor=a+b".to_owned(),
        };
        let expected = "</v1/changes?target=replay+3&actor=a+b&limit=2&cursor=new>; rel=\"next\"";
        assert_eq!(paged.link("new"), expected);
    }
}
