//! Query parameters: none is ignored silently.

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::problem::{Code, Problem};

/// The parameters as a type that denies unknown ones.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(checked(&parts.uri)?).map(Self)
    }
}

/// The query of an address, if it is a text that all servers can compare with.
pub(super) fn checked(uri: &Uri) -> Result<&str, Problem> {
    let query = uri.query().unwrap_or_default();
    let wrong = |what: &str| {
        let detail = format!("query: a parameter {what}");
        Problem::new(Code::ParameterInvalid, detail)
    };
    // The parser would put replacement characters in the place of what is not UTF-8, and look for those.
    let text = percent_decode_str(query).decode_utf8();
    let text = text.map_err(|_| wrong("is not UTF-8 after decoding"))?;
    // PostgreSQL refuses a text with a zero byte, whatever it is compared with.
    if text.contains('\0') {
        return Err(wrong("has a zero byte"));
    }
    Ok(query)
}

/// Reads the parameters of a query that was checked.
pub(super) fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let invalid = |text: &str| {
        let text = text.trim_start_matches("Failed to deserialize query string: ");
        Problem::new(Code::ParameterInvalid, format!("query: {text}"))
    };
    let uri: Uri = format!("/?{query}")
        .parse()
        .map_err(|_| invalid("it has characters that a query cannot have"))?;
    let parsed = axum::extract::Query::<T>::try_from_uri(&uri);
    let parsed = parsed.map_err(|rejection| invalid(&rejection.body_text()))?;
    Ok(parsed.0)
}

/// A moment, in RFC 3339.
pub(super) fn moment(name: &str, text: &str) -> Result<time::OffsetDateTime, Problem> {
    use time::format_description::well_known::Rfc3339;
    // A plus sign that was not encoded is a space.
    time::OffsetDateTime::parse(&text.replace(' ', "+"), &Rfc3339).map_err(|_| {
        let detail = format!("{name} is not a moment as in 2026-11-29T12:00:00Z (RFC 3339)");
        Problem::new(Code::ParameterInvalid, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_is_not_utf_8_is_refused() {
        for (query, is_good) in [
            ("", true),
            ("a=%C3%A9&b=%EF%BF%BD", true),
            ("a=%FF", false),
            ("%FF=a", false),
            // Half of a character in each.
            ("a=%C3&b=%A9", false),
            ("a=%00", false),
        ] {
            let uri = format!("/v1/invoices?{query}").parse().expect("an address");
            assert_eq!(checked(&uri).is_ok(), is_good, "{query}");
        }
    }
}
