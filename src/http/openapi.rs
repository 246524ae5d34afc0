//! The description of the API: OpenAPI 3.1, and a page of it for people.

mod answers;
mod examples;
mod reference;
mod schemas;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::get;
use serde_json::{Value, json};
use tower_http::compression::CompressionLayer;
use utoipa::openapi::{Info, OpenApi, OpenApiBuilder};

pub(super) use self::schemas::{
    Bytes, File, IdentityPart, IdentityPath, InvoiceRequest, StoredRequest, Xml, Zip,
};

/// What the document says about all calls.
const ABOUT: &str = "\
Turns requests into PDF invoices.

Errors are `application/problem+json` (RFC 9457) with a stable `code`; what is wrong with a request is listed in `errors`. Answers may \
get further members, and lists of values further values: ignore what you do not know. A path without such a method is answered with \
405 and `Allow`, one that does not exist with 404; a head of more than 32 KiB may be answered with 431, without a body.

Send `Authorization: Bearer TOKEN`. A token has roles, and each operation names the one that it needs: `look` is to see records, \
templates and the status, with personal data masked; `read` is to read documents and requests, dead letters, repairs, replays, erasures and changes, and \
includes `look`; `request` is to request invoices, to validate and to preview, and includes `read`; `operate` is to change dead letters, \
repairs and replays, and includes `read`; `erase` is to erase personal data and documents, and includes `read`. A token that is limited \
to shops sees no dead letters, repairs, replays, erasures and changes. A server without tokens \
answers to its own machine only, and needs none.";

/// The document before its routes.
pub(super) fn head() -> OpenApi {
    let mut info = Info::new("invoice-worker", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    OpenApiBuilder::new().info(info).build()
}

/// The document with the schema of a request, and with what holds for all routes.
pub(super) fn complete(document: OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    schemas::add(&mut document);
    answers::add(&mut document);
    examples::add(&mut document);
    document["components"]["securitySchemes"] = json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of the server's list. It has the role look, read, request, operate or erase, or several, and may be limited to \
                            some shops, to a rate, and to a time.",
        },
    });
    document["security"] = json!([{ "token": [] }]);
    document
}

/// The document as it is served, and as the file in `docs` has it.
pub fn text(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// The document and its page. Both are the same for all callers.
pub(super) fn router<S: Clone + Send + Sync + 'static>(document: Value) -> Router<S> {
    let page = reference::page(&document);
    let text = text(&document);
    let cache = (
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    let json = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        cache.clone(),
    ];
    let html = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        cache.clone(),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
        ),
    ];
    let style = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/css; charset=utf-8"),
        ),
        cache,
    ];
    Router::new()
        .route(
            "/openapi.json",
            get(async move || (json, text).into_response()),
        )
        .route("/docs", get(async move || (html, page).into_response()))
        .route(
            "/docs/style.css",
            get(async move || (style, reference::STYLE).into_response()),
        )
        // It is hundreds of kilobytes, and has no secret that its compressed size could betray.
        .layer(CompressionLayer::new())
}
