//! `POST /invoice/get_pdf`: the route of a service that this program replaces.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::api::Api;
use super::auth::Requester;
use super::documents::URL_LIFE;
use super::failures::{database, storage};
use super::problem::Problem;
use super::submit::{Answer, Submitted};
use super::trace::Trace;
use crate::broker::Lane;
use crate::contract::{GetPdf, InvoiceSummary};
use crate::invoices;
use crate::storage::Disposition;

/// How long the client waits for its document.
const WAIT: Duration = Duration::from_secs(30);

/// Request an invoice and wait for its document
///
/// For those who move from a service with this route; see `POST /v1/invoices` for new programs.
#[utoipa::path(
    post,
    path = "/invoice/get_pdf",
    operation_id = "getPdf",
    tag = "requests",
    security(("token" = ["request"])),
    request_body = super::openapi::InvoiceRequest,
    responses(
        (status = 200, description = "The invoice, its path, and a URL that opens it for five minutes", body = GetPdf),
        (
            status = 202, description = "It takes longer than 30 seconds", body = crate::contract::AcceptedRequest,
            headers(
                ("Location" = String, description = "The path that the invoice will have"),
                ("Retry-After" = u32, description = "After how many seconds to look there"),
            ),
        ),
        (status = 409, description = "`conflict`: another request was issued under this identity; its document stays as it is"),
        (status = 503, description = "The request was not accepted for certain: send the same one again. `broker_unavailable` or `overloaded`"),
    ),
)]
pub(super) async fn get_pdf(
    State(api): State<Api>,
    Requester(caller): Requester,
    trace: Trace,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let submitted = Submitted::read(&api, trace, &headers, body, api.request_limits).await?;
    caller.may_see(submitted.identity())?;
    let record = match submitted.run(&api, Lane::Ordinary, Some(WAIT)).await? {
        Answer::Known(record) | Answer::Generated(record) => record,
        Answer::Accepted(accepted) => return Ok(accepted.response()),
    };
    let url = invoices::open(&api.storage, &record, Disposition::Inline, URL_LIFE).await;
    let url = url.map_err(|error| storage(&error))?;
    let invoice = InvoiceSummary::try_from(&*record).map_err(|error| database(&error))?;
    let answer = GetPdf {
        file_path: record.file_path.as_deref(),
        url,
        expires_in: URL_LIFE.as_secs(),
        invoice,
    };
    Ok((StatusCode::OK, Json(answer)).into_response())
}
