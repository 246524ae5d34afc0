//! Answers of the page: HTML with its headers, errors as pages, redirects after actions, and files beside a page.

use askama::Template;
use axum::extract::Request;
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, REFRESH,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use bytes::Bytes;

use super::layout::Layout;
use super::notice::{self, Notice};
use super::visitor::Visitor;
use crate::contract::RequestProblem;
use crate::http::problem::{Code, Problem};
use crate::http::trace::Trace;

/// What a page may load and do: nothing but what this server has. `frame-src` is for the document beside its record.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'; frame-src 'self'";

/// The headers of a page that differ from those of the API. Browsers send the origin of a form only if the page may send a
/// referrer to its own server.
const HEADERS: [(HeaderName, &str); 2] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "same-origin"),
];

/// A page.
///
/// # Errors
///
/// The template fails, which one that shows texts cannot.
pub fn page(template: &impl Template) -> Result<Response, Problem> {
    let html = template.render();
    let html = html.map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
    Ok(Html(html).into_response())
}

/// A page that goes on to another server: browsers do not let a form lead there (`form-action`), not even by a redirect.
pub fn leading(mut page: Response, address: &str) -> Response {
    // The page has a link, too.
    if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={address}")) {
        page.headers_mut().insert(REFRESH, refresh);
    }
    page
}

/// The end of an action: the browser opens this page, which says what was done. Loading it again repeats nothing.
pub fn done(path: &str, notice: Notice) -> Redirect {
    let uri = path.parse::<Uri>();
    let has_query = uri.is_ok_and(|uri| uri.query().is_some());
    let separator = if has_query { '&' } else { '?' };
    let (name, code) = (notice::PARAMETER, notice.code());
    Redirect::to(&format!("{path}{separator}{name}={code}"))
}

/// A file that a page of ours may show in a frame, such as a PDF; `name` is what it is saved as.
pub fn file(bytes: Bytes, media_type: &'static str, name: &str) -> Response {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_.".contains(*letter);
    let name: String = name.chars().filter(is_plain).collect();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(disposition) = HeaderValue::from_str(&format!("inline; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    let policy = HeaderValue::from_static("frame-ancestors 'self'");
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    (headers, bytes).into_response()
}

/// An error as a page.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    page: Layout,
    detail: &'a str,
    code: &'a str,
    errors: &'a [RequestProblem],
    trace_id: Option<&'a str>,
}

/// Shows problems as pages, and adds the headers of pages.
pub(super) async fn as_html(request: Request, next: Next) -> Response {
    let trace = request.extensions().get::<Trace>().and_then(Trace::id);
    let response = next.run(request).await;
    let visitor = response.extensions().get::<Visitor>().cloned();
    problem(response, visitor, trace.as_deref())
}

/// The answer with its problem as a page, if it has one.
pub(super) fn problem(
    mut response: Response,
    visitor: Option<Visitor>,
    trace_id: Option<&str>,
) -> Response {
    if let Some(problem) = response.extensions().get::<Problem>().cloned() {
        let html = ProblemPage {
            page: Layout::apart(problem.title(), visitor, None),
            detail: problem.detail(),
            code: problem.code(),
            errors: problem.errors(),
            trace_id,
        };
        if let Ok(html) = html.render() {
            let media_type = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, media_type);
            *response.body_mut() = html.into();
        }
    }
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::http::header::LOCATION;

    use super::*;

    #[test]
    fn the_page_after_an_action_has_its_notice() {
        for (path, expected) in [
            ("/replays/7", "/replays/7?notice=signed-out"),
            (
                "/dead-letters?code=a",
                "/dead-letters?code=a&notice=signed-out",
            ),
        ] {
            let response = done(path, Notice::SignedOut).into_response();
            assert_eq!(response.headers()[LOCATION], expected);
        }
    }

    #[test]
    fn a_name_of_a_file_cannot_change_its_header() {
        let file = file(
            Bytes::new(),
            "application/pdf",
            "a\"; x=\u{e9}\r\nb/c-1.pdf",
        );
        let disposition = &file.headers()[CONTENT_DISPOSITION];
        assert_eq!(disposition, "inline; filename=\"axbc-1.pdf\"");
    }

    #[test]
    fn a_problem_shows_markup_as_text() {
        let detail = "<script>alert(1)</script> & \"quotes\"";
        let problem = Problem::new(Code::NotFound, detail).into_response();
        let response = super::problem(problem, None, Some("0af7"));
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], POLICY);
        let html = ProblemPage {
            page: Layout::apart("There is nothing here", None, None),
            detail,
            code: "not_found",
            errors: &[],
            trace_id: Some("0af7"),
        };
        let html = html.render().expect("a page");
        assert!(
            !html.contains("<script>alert") && html.contains("alert(1)"),
            "{html}"
        );
        assert!(html.contains("0af7") && html.contains("not_found"));
    }
}
