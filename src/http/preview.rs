//! What a request would give, without storing anything.

use std::num::NonZeroU16;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use document::{PageOrder, Pdf, PictureSize, RenderError, RenderJob};
use invoice::{FailureCode, RequestLimits};
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::auth::{Caller, Requester};
use super::problem::{Code, Problem};
use super::query::Query;
use super::submit;
use crate::contract::{RequestProblem, ValidRequest};
use crate::e_invoices::embedded;
use crate::requests::submit::Valid;

/// Validate a request
///
/// All problems at once, also those of the e-invoice that it asks for; nothing is rendered or published.
#[utoipa::path(
    post,
    path = "/v1/validate",
    operation_id = "validateRequest",
    tag = "requests",
    security(("token" = ["request"])),
    params(ValidateQuery),
    request_body = super::openapi::InvoiceRequest,
    responses(
        (status = 200, description = "The request is valid", body = ValidRequest),
    ),
)]
pub(super) async fn validate(
    State(api): State<Api>,
    Requester(caller): Requester,
    Query(query): Query<ValidateQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let limits = api.limits(query.strict);
    let mut valid = read(&api, &caller, &headers, body, limits).await?;
    valid.look_at_templates(&api.templates.current().catalog);
    Ok(Json(valid.described()).into_response())
}

/// How a request is validated.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ValidateQuery {
    /// Whether members that are no field are problems; otherwise they are ignored.
    #[param(value_type = Option<bool>, example = "true")]
    strict: Option<bool>,
}

async fn read(
    api: &Api,
    caller: &Caller,
    headers: &HeaderMap,
    body: Body,
    limits: RequestLimits,
) -> Result<Valid, Problem> {
    let (_, valid) = submit::read(api, headers, body, limits).await?;
    caller.may_see(&valid.identity)?;
    Ok(valid)
}

/// What a preview shows.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PreviewQuery {
    /// Of a picture: the page, from 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    page: Option<NonZeroU16>,
    /// Whether members that are no field are problems; otherwise they are ignored.
    #[param(value_type = Option<bool>, example = "true")]
    strict: Option<bool>,
}

/// Preview a document
///
/// With `Accept: image/png` a picture of one page, otherwise the PDF: the same bytes that a worker would store now. Nothing is
/// stored, recorded or published.
#[utoipa::path(
    post,
    path = "/v1/preview",
    operation_id = "previewDocument",
    tag = "requests",
    security(("token" = ["request"])),
    params(PreviewQuery),
    request_body = super::openapi::InvoiceRequest,
    responses(
        (
            status = 200, description = "The PDF, or a picture of a page",
            content(
                (super::openapi::File = "application/pdf"),
                (super::openapi::Bytes = "image/png"),
            ),
            headers(("X-Pages" = u32, description = "Number of pages")),
        ),
        (status = 406, description = "`not_acceptable`: `Accept` permits neither a PDF nor a PNG"),
    ),
)]
pub(super) async fn preview(
    State(api): State<Api>,
    Requester(caller): Requester,
    Query(query): Query<PreviewQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let form = Form::accepted(&headers)?;
    let limits = api.limits(query.strict);
    let valid = read(&api, &caller, &headers, body, limits).await?;
    let page = query.page.map_or(1, NonZeroU16::get);
    let picture = (form == Form::Png).then_some(PageOrder {
        page: page.into(),
        size: PictureSize::Sharp,
    });
    let pdf = rendered(&api, &valid, picture).await?;
    let pages = HeaderValue::from(pdf.pages);
    let (media_type, file) = match form {
        Form::Pdf => ("application/pdf", pdf.bytes),
        Form::Png => ("image/png", self::picture(pdf)?),
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (HeaderName::from_static("x-pages"), pages),
    ];
    Ok((headers, file).into_response())
}

/// The document that a worker would store now for a request, with its e-invoice; and the picture of a page.
pub(super) async fn rendered(
    api: &Api,
    valid: &Valid,
    picture: Option<PageOrder>,
) -> Result<Pdf, Problem> {
    let Ok(_slot) = api.previews().try_acquire() else {
        let detail = "too many previews at once; try again in a moment";
        return Err(Problem::new(Code::Overloaded, detail));
    };
    let templates = api.templates.current();
    let job = RenderJob::prepare(&templates.catalog, &valid.invoice);
    let mut job = job.map_err(|error| rendering(&error))?;
    job.order.picture = picture;
    let pdf = templates.pool.render(&job).await;
    let pdf = pdf.map_err(|error| rendering(&error))?;
    let pdf = embedded(pdf, &valid.invoice, valid.e_invoice.as_ref()).await;
    pdf.map_err(|error| Problem::failed(FailureCode::EInvoiceEmbedFailed, error.to_string()))
}

/// The picture of the page that was asked for.
pub(super) fn picture(pdf: Pdf) -> Result<Vec<u8>, Problem> {
    pdf.picture.ok_or_else(|| {
        let detail = format!("page: the document has {} pages", pdf.pages);
        Problem::new(Code::ParameterInvalid, detail)
    })
}

/// The form of a preview.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Pdf,
    Png,
}

impl Form {
    /// What the client accepts, the PDF first. Weights are not looked at: there are two forms.
    fn accepted(headers: &HeaderMap) -> Result<Self, Problem> {
        let given = headers.get_all(ACCEPT).iter();
        let given = given.filter_map(|value| value.to_str().ok());
        let types: Vec<String> = given
            .flat_map(|value| value.split(','))
            .filter_map(|one| one.split(';').next())
            .map(|one| one.trim().to_ascii_lowercase())
            .collect();
        let accepts = |names: &[&str]| types.iter().any(|one| names.contains(&one.as_str()));
        if types.is_empty() || accepts(&["application/pdf", "application/*", "*/*"]) {
            Ok(Self::Pdf)
        } else if accepts(&["image/png", "image/*"]) {
            Ok(Self::Png)
        } else {
            let detail = "Accept has to permit application/pdf or image/png";
            Err(Problem::new(Code::NotAcceptable, detail))
        }
    }
}

/// A document that cannot be rendered.
pub(super) fn rendering(error: &RenderError) -> Problem {
    if error.is_transient() {
        Problem::new(Code::RendererUnavailable, error.to_string())
    } else {
        let errors = RequestProblem::list(&error.problems());
        Problem::failed(error.code(), error.to_string()).with_errors(errors)
    }
}
