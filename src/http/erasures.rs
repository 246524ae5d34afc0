//! `/v1/erasures`: personal data of requests are erased, by any process that serves.

use std::num::NonZeroU32;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::api::Api;
use super::auth::{AllShopsReader, Caller, Eraser};
use super::body;
use super::dead_letters::{Reason, scan_slot};
use super::failures::{database, storage};
use super::page::{PageQuery, Paged};
use super::path::Number;
use super::problem::{Code, Problem};
use super::replays::ReasonBody;
use super::run_status::StatusFilter;
use crate::contract::{ErasurePage, ErasurePlan, ErasureResource};
use crate::database::{By, ErasureFilter, RunStatus};
use crate::erasure::{self, ControlError, ErasureError, Orders};

/// An erasure to be created.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ErasureBody {
    /// Whose data. One filter is required, and all given ones have to match.
    filter: ErasureFilterBody,
    /// Delete the documents, too. Those that the object store holds stay, and are named.
    #[serde(default)]
    documents: bool,
    /// Discard and erase open dead letters, too, whose requests were not processed yet.
    #[serde(default)]
    open: bool,
    /// Only find out what would be erased.
    #[serde(default)]
    dry_run: bool,
    /// Records and dead letters a second at most.
    #[schema(value_type = Option<u32>, minimum = 1)]
    rate: Option<NonZeroU32>,
    /// Why, for the record, without personal data. Only a dry run needs none.
    reason: Option<Reason>,
}

/// Whose personal data are erased.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ErasureFilter)]
pub(super) struct ErasureFilterBody {
    /// Of this marketplace platform.
    #[schema(min_length = 1, max_length = 500)]
    platform: Option<String>,
    /// Of this shop of the platform.
    #[schema(min_length = 1, max_length = 500)]
    shop_id: Option<String>,
    /// Of this order of the shop.
    #[schema(min_length = 1, max_length = 500)]
    order_id: Option<String>,
    /// Of this package of the order.
    #[schema(min_length = 1, max_length = 500)]
    package_id: Option<String>,
    /// With this sequence number; with an order only.
    #[schema(min_length = 1, max_length = 500)]
    sequence_number: Option<String>,
    /// Whose buyer's name has these words; of dead letters, those whose request or detail has them.
    #[schema(min_length = 1, max_length = 500)]
    buyer: Option<String>,
    /// Issued, or failed last, before this moment, which has passed.
    #[serde(default, with = "time::serde::rfc3339::option")]
    before: Option<OffsetDateTime>,
}

impl ErasureFilterBody {
    fn checked(self) -> Result<ErasureFilter, Problem> {
        checked(ErasureFilter {
            platform: self.platform,
            shop_id: self.shop_id,
            order_id: self.order_id,
            package_id: self.package_id,
            sequence_number: self.sequence_number,
            buyer: self.buyer,
            before: self.before,
        })
    }
}

/// The filter, if an erasure may have it.
pub(super) fn checked(filter: ErasureFilter) -> Result<ErasureFilter, Problem> {
    erasure::checked(filter).map_err(|wrong| Problem::new(Code::BodyInvalid, wrong.to_string()))
}

/// Erase personal data
///
/// What is erased cannot be brought back: see what a dry run answers first. A process that serves runs the erasure; it survives the
/// end of that process, and is run once however many there are. What was erased before is passed over, so the same erasure can be
/// created again after one that was cancelled or has failed.
#[utoipa::path(
    post,
    path = "/v1/erasures",
    operation_id = "createErasure",
    security(("token" = ["erase"])),
    tag = "erasures",
    request_body = ErasureBody,
    responses(
        (status = 200, description = "Of a dry run: what would be erased", body = ErasurePlan),
        (status = 201, description = "The erasure, which has not begun", body = ErasureResource),
        (status = 409, description = "The server's user of the database has not the rights to erase"),
        (status = 422, description = "The body is not valid"),
    ),
)]
pub(super) async fn create(
    State(api): State<Api>,
    Eraser(caller): Eraser,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let new: ErasureBody = body::json(&headers, body).await?;
    let mut orders = Orders {
        filter: new.filter.checked()?,
        documents: new.documents,
        with_open: new.open,
        rate: new.rate.map(NonZeroU32::get),
        by: By {
            actor: caller.name(),
            reason: None,
        },
    };
    if new.dry_run {
        let plan = planned(&api, &orders).await?;
        return Ok(Json(plan).into_response());
    }
    let reason = new.reason.ok_or_else(|| {
        let detail = "reason is missing: an erasure needs one, unless it is a dry run";
        Problem::new(Code::BodyInvalid, detail)
    })?;
    orders.by = caller.by(&reason.0);
    let erasure = erasure::create(&api.database, &orders).await;
    let erasure = erasure.map_err(control)?;
    let location = (LOCATION, format!("/v1/erasures/{}", erasure.id));
    let erasure = Json(ErasureResource::from(erasure));
    Ok((StatusCode::CREATED, [location], erasure).into_response())
}

/// What an erasure would do.
pub(super) async fn planned(api: &Api, orders: &Orders<'_>) -> Result<ErasurePlan, Problem> {
    let _slot = scan_slot(api)?;
    let documents = orders.documents.then_some(&api.storage);
    let plan = erasure::plan(&api.database, documents, orders, api.stopping()).await;
    let plan = plan.map_err(|error| match error {
        ErasureError::Database(error) => database(&error),
        ErasureError::Storage(error) => storage(&error),
        ErasureError::Write(error) => Problem::new(Code::Internal, error.to_string()),
    })?;
    Ok(plan.into())
}

/// Which erasures.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ErasureQuery {
    /// In this state.
    #[param(inline)]
    status: Option<StatusFilter>,
}

/// List erasures
///
/// The newest first: those that were created here, and those of the retention. An erasure that the command line has run is among the
/// changes.
#[utoipa::path(
    get,
    path = "/v1/erasures",
    operation_id = "listErasures",
    security(("token" = ["read"])),
    tag = "erasures",
    params(ErasureQuery, PageQuery),
    responses((status = 200, description = "A page", body = ErasurePage)),
)]
pub(super) async fn list(
    State(api): State<Api>,
    AllShopsReader(_caller): AllShopsReader,
    paged: Paged<ErasureQuery>,
) -> Result<Response, Problem> {
    let status = paged.filter.status.map(StatusFilter::status);
    let page = listed(&api, status, &paged).await?;
    Ok(paged.answer(&page, page.next_cursor.as_deref()))
}

/// A page of erasures.
pub(super) async fn listed<T>(
    api: &Api,
    status: Option<RunStatus>,
    paged: &Paged<T>,
) -> Result<ErasurePage, Problem> {
    let described = format!("erasures {status:?}");
    let read = async |after, limit| {
        let page = api.database.erasures(status, after, limit).await;
        page.map_err(|error| database(&error))
    };
    let (items, next_cursor) = paged.numbered(&described, read).await?;
    Ok(ErasurePage {
        items: items.into_iter().map(ErasureResource::from).collect(),
        next_cursor,
    })
}

/// Show an erasure
///
/// With its progress, and with what stays although it was to be erased or deleted.
#[utoipa::path(
    get,
    path = "/v1/erasures/{id}",
    operation_id = "showErasure",
    security(("token" = ["read"])),
    tag = "erasures",
    params(("id" = i64, Path, description = "Its number")),
    responses(
        (status = 200, description = "The erasure", body = ErasureResource),
        (status = 404, description = "There is none of this number"),
    ),
)]
pub(super) async fn show(
    State(api): State<Api>,
    AllShopsReader(_caller): AllShopsReader,
    Number(id): Number,
) -> Result<Json<ErasureResource>, Problem> {
    let erasure = erasure::find(&api.database, id).await.map_err(control)?;
    Ok(Json(erasure.into()))
}

/// Cancel an erasure
///
/// The process that runs it stops after the row that is in work. What was erased stays erased.
#[utoipa::path(
    post,
    path = "/v1/erasures/{id}/cancel",
    operation_id = "cancelErasure",
    security(("token" = ["erase"])),
    tag = "erasures",
    params(("id" = i64, Path, description = "Its number")),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The erasure; it may still say `running` until its row is done", body = ErasureResource),
        (status = 404, description = "There is none of this number"),
        (status = 409, description = "It is over"),
        (status = 422, description = "The body is not valid"),
    ),
)]
pub(super) async fn cancel(
    State(api): State<Api>,
    Eraser(caller): Eraser,
    Number(id): Number,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ErasureResource>, Problem> {
    let ReasonBody { reason } = body::json(&headers, body).await?;
    cancelled(&api, &caller, id, &reason).await.map(Json)
}

/// An erasure that is cancelled, or asked to stop.
pub(super) async fn cancelled(
    api: &Api,
    caller: &Caller,
    id: i64,
    reason: &Reason,
) -> Result<ErasureResource, Problem> {
    let erasure = erasure::cancel(&api.database, id, caller.by(&reason.0)).await;
    Ok(erasure.map_err(control)?.into())
}

pub(super) fn control(error: ControlError) -> Problem {
    match error {
        ControlError::Unknown(_) => Problem::new(Code::NotFound, error.to_string()),
        ControlError::Over { .. } | ControlError::NotPermitted(_) => {
            Problem::new(Code::StateConflict, error.to_string())
        }
        ControlError::Database(error) => database(&error),
    }
}
