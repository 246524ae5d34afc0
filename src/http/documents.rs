//! The document of an invoice, its e-invoice, and the request that it was made from.

use std::time::Duration;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::IntoParams;

use super::api::Api;
use super::auth::Reader;
use super::body;
use super::failures::storage;
use super::invoices::record;
use super::openapi::IdentityPath;
use super::path::Identity;
use super::problem::{Code, Problem};
use super::query::Query;
use crate::database::Status;
use crate::database::sales_invoice::Model;
use crate::e_invoices::issued_xml;
use crate::invoices;
use crate::moment;
use crate::storage::Disposition;

/// How long a presigned URL opens the document: long enough for a slow start of the download.
pub(super) const URL_LIFE: Duration = Duration::from_secs(300);

/// The most memory that one document takes of that for bodies, in bytes: a larger one must not wait forever.
const PASSING_MAX: usize = 16 << 20;

/// How a browser opens the document.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DocumentQuery {
    /// `inline` shows it, `attachment` saves it.
    #[param(value_type = Option<String>, example = "inline")]
    pub(super) disposition: Option<Disposition>,
}

/// Open a document
///
/// Redirects to a presigned URL that ends after five minutes. The document is private: anyone who has the URL can read it.
#[utoipa::path(
    get,
    path = "/v1/invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}/document",
    operation_id = "openDocument",
    tag = "invoices",
    security(("token" = ["read"])),
    params(
        IdentityPath,
        DocumentQuery,
        ("If-None-Match" = Option<String>, Header, description = "The ETag that the client has"),
    ),
    responses(
        (
            status = 302, description = "`Location` opens the PDF",
            headers(
                ("Location" = String, description = "A presigned URL, which ends after five minutes"),
                ("ETag" = String, description = "The SHA-256 of the document, in quotes"),
            ),
        ),
        (
            status = 304, description = "The client has it: a document never changes",
            headers(("ETag" = String, description = "The SHA-256 of the document, in quotes")),
        ),
        (status = 404, description = "No request of this identity was processed yet"),
        (status = 409, description = "`document_missing`: its request failed"),
        (status = 410, description = "`erased`: its document was erased"),
    ),
)]
pub(super) async fn open(
    State(api): State<Api>,
    Reader(caller): Reader,
    Identity(identity): Identity,
    Query(query): Query<DocumentQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.may_see(&identity)?;
    let record = record(&api, &identity).await?;
    let disposition = query.disposition.unwrap_or(Disposition::Inline);
    let url = invoices::open(&api.storage, &record, disposition, URL_LIFE);
    let Some(url) = url.await.map_err(|error| storage(&error))? else {
        return Err(missing(&record));
    };
    let etag = record
        .sha256
        .as_deref()
        .map(|sha256| format!("\"{sha256}\""));
    let mut answer = match &etag {
        Some(etag) if has(&headers, etag) => StatusCode::NOT_MODIFIED.into_response(),
        Some(_) | None => (StatusCode::FOUND, [(LOCATION, url)]).into_response(),
    };
    // A redirect that is kept would outlive its URL.
    let cache = (CACHE_CONTROL, "private, no-store".to_owned());
    let etag = etag.map(|etag| (ETAG, etag));
    for (name, value) in std::iter::once(cache).chain(etag) {
        insert(&mut answer, name, &value);
    }
    Ok(answer)
}

/// The request failed, or the document was erased.
fn missing(record: &Model) -> Problem {
    if let Some(at) = record.documents_erased_at {
        let at = moment::seconds(at);
        return Problem::new(Code::Erased, format!("the document was erased at {at}"));
    }
    let code = record.error_code.as_deref().unwrap_or("unknown");
    let detail = format!("the request failed with {code}; the record has the details");
    Problem::new(Code::DocumentMissing, detail)
}

fn insert(answer: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// Whether `If-None-Match` names this ETag.
fn has(headers: &HeaderMap, etag: &str) -> bool {
    let given = headers.get_all(IF_NONE_MATCH).iter();
    let given = given.filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == etag || one == "*")
}

/// Show the request of an invoice
///
/// As it arrived, without its envelope.
#[utoipa::path(
    get,
    path = "/v1/invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}/request",
    operation_id = "showRequest",
    tag = "invoices",
    security(("token" = ["read"])),
    params(IdentityPath),
    responses(
        (status = 200, description = "The request", body = super::openapi::StoredRequest, content_type = "application/json"),
        (status = 404, description = "No request of this identity was processed yet"),
        (status = 410, description = "`erased`: its personal data were erased; the record has what was kept"),
    ),
)]
pub(super) async fn request(
    State(api): State<Api>,
    Reader(caller): Reader,
    Identity(identity): Identity,
) -> Result<Response, Problem> {
    caller.may_see(&identity)?;
    let record = record(&api, &identity).await?;
    if let Some(at) = record.erased_at.filter(|_| record.is_erased()) {
        let at = moment::seconds(at);
        let detail = format!("the request was erased at {at}; the record has what was kept of it");
        return Err(Problem::new(Code::Erased, detail));
    }
    let media_type = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(([media_type], record.request).into_response())
}

/// Show the XML of an e-invoice
///
/// The bytes that were issued: those in the document, or those stored beside it. They never change.
#[utoipa::path(
    get,
    path = "/v1/invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}/xml",
    operation_id = "showXml",
    tag = "invoices",
    security(("token" = ["read"])),
    params(
        IdentityPath,
        ("If-None-Match" = Option<String>, Header, description = "The ETag that the client has"),
    ),
    responses(
        (
            status = 200, description = "The XML: CII, or UBL for `peppol-bis-3`", body = super::openapi::Xml,
            content_type = "application/xml",
            headers(("ETag" = String, description = "The SHA-256 of the XML, in quotes")),
        ),
        (
            status = 304, description = "The client has it: an e-invoice never changes",
            headers(("ETag" = String, description = "The SHA-256 of the XML, in quotes")),
        ),
        (status = 404, description = "No request of this identity was processed yet, or its document has no e-invoice"),
        (status = 409, description = "`document_missing`: its request failed"),
        (status = 410, description = "`erased`: it was erased with its document"),
    ),
)]
pub(super) async fn xml(
    State(api): State<Api>,
    Reader(caller): Reader,
    Identity(identity): Identity,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.may_see(&identity)?;
    let record = record(&api, &identity).await?;
    let etag = format!("\"{}\"", xml_digest(&record)?);
    let mut answer = if has(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let xml = xml_of(&api, &record).await?;
        let media_type = HeaderValue::from_static("application/xml");
        ([(CONTENT_TYPE, media_type)], xml).into_response()
    };
    insert(&mut answer, CACHE_CONTROL, "private, no-cache");
    insert(&mut answer, ETAG, &etag);
    Ok(answer)
}

/// The digest of the XML of an e-invoice, hexadecimal.
fn xml_digest(record: &Model) -> Result<&str, Problem> {
    if record.status == Status::Failed || record.documents_erased_at.is_some() {
        return Err(missing(record));
    }
    record.xml_sha256.as_deref().ok_or_else(|| {
        let detail = "the document has no e-invoice: its request asks for none";
        Problem::new(Code::NotFound, detail)
    })
}

/// The XML of an e-invoice that was issued.
pub(super) async fn xml_of(api: &Api, record: &Model) -> Result<Vec<u8>, Problem> {
    xml_digest(record)?;
    let xml = issued_xml(&api.storage, record).await;
    Ok(xml.map_err(|error| storage(&error))?.unwrap_or_default())
}

/// A document that passes through this server, and its part of the memory for bodies until it is sent.
struct Passing {
    bytes: Vec<u8>,
    _slot: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Passing {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The stored document, for a page that shows it: browsers follow no redirect to another server within a frame of the page. All
/// servers of S3 can be asked for a whole object, and viewers of PDF need no parts of it.
pub(super) async fn stored(api: &Api, record: &Model) -> Result<Bytes, Problem> {
    let size = record.size_bytes.and_then(|size| size.try_into().ok());
    let slot = body::slot(size, PASSING_MAX, api.bodies())?;
    let bytes = invoices::document(&api.storage, record).await;
    let bytes = bytes.map_err(|error| storage(&error))?;
    let bytes = bytes.ok_or_else(|| missing(record))?;
    Ok(Bytes::from_owner(Passing { bytes, _slot: slot }))
}
