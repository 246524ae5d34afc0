//! `/v1/invoices`: request an invoice, look invoices up.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use invoice::InvoiceIdentity;
use invoice::identity::refuse_part;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::auth::{Caller, Looker, Requester, Role};
use super::failures::{database, searching};
use super::openapi::{IdentityPart, IdentityPath};
use super::page::{PageQuery, Paged, longest};
use super::path::Identity;
use super::problem::{Code, Problem};
use super::query::{Query, moment};
use super::submit::{self, Answer, Submitted};
use super::trace::Trace;
use super::{cursor, masked, prefer};
use crate::broker::Lane;
use crate::contract::{
    AcceptedRequest, InvoicePage, InvoiceResource, InvoiceSummary, MovedInvoice, RequestWarning,
};
use crate::database::Listed;
use crate::database::sales_invoice::Model;
use crate::database::{InvoiceFilter, Status};
use crate::invoices::{self, Letters, LookupError};

/// How a request is published.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SubmitQuery {
    /// `ordinary`, or `bulk` for requests that no client waits for: they keep no ordinary ones waiting.
    #[param(value_type = Option<String>, example = "ordinary")]
    lane: Option<Lane>,
    /// Whether members that are no field are problems; otherwise they are ignored.
    #[param(value_type = Option<bool>, example = "true")]
    strict: Option<bool>,
}

/// Request an invoice
///
/// The body is the same as in the queue. It is validated at once, published, and confirmed by the broker before the answer.
/// The identity in `marketplace` is the key: the same request gives the same document however often it is sent, and
/// `Idempotency-Key` is accepted and not needed.
#[utoipa::path(
    post,
    path = "/v1/invoices",
    operation_id = "requestInvoice",
    tag = "invoices",
    security(("token" = ["request"])),
    params(
        SubmitQuery,
        ("Prefer" = Option<String>, Header, description = "`wait=N` (RFC 7240): wait up to N seconds for the document, 60 at most", example = "wait=10"),
        ("Idempotency-Key" = Option<String>, Header, description = "Accepted; the identity of the invoice is the key"),
        ("traceparent" = Option<String>, Header, description = "W3C trace context"),
    ),
    request_body = super::openapi::InvoiceRequest,
    responses(
        (
            status = 200, description = "The same request was generated before", body = InvoiceResource,
            headers(("Location" = String, description = "The path of the invoice")),
        ),
        (
            status = 201, description = "Generated while the client waited", body = InvoiceResource,
            headers(
                ("Location" = String, description = "The path of the invoice"),
                ("Preference-Applied" = String, description = "`wait=N`: how long the server was ready to wait"),
            ),
        ),
        (
            status = 202, description = "The broker has confirmed the request; a worker will process it", body = AcceptedRequest,
            headers(
                ("Location" = String, description = "The path that the invoice will have; 404 until it is processed"),
                ("Preference-Applied" = String, description = "`wait=N`, after a wait that was asked for"),
                ("Retry-After" = u32, description = "After how many seconds to look there"),
            ),
        ),
        (status = 409, description = "`conflict`: another request was issued under this identity; its document stays as it is"),
        (status = 503, description = "The request was not accepted for certain: send the same one again. `broker_unavailable` or `overloaded`"),
    ),
)]
pub(super) async fn submit(
    State(api): State<Api>,
    Requester(caller): Requester,
    Query(query): Query<SubmitQuery>,
    trace: Trace,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let wait = prefer::wait(&headers);
    let lane = query.lane.unwrap_or(Lane::Ordinary);
    let limits = api.limits(query.strict);
    let submitted = Submitted::read(&api, trace, &headers, body, limits).await?;
    caller.may_see(submitted.identity())?;
    let warnings = submitted.warnings().to_vec();
    let answer = submitted.run(&api, lane, wait).await?;
    let has_waited = answer.has_waited();
    let mut response = match answer {
        Answer::Known(record) => known(&api, StatusCode::OK, &record, warnings).await?,
        Answer::Generated(record) => known(&api, StatusCode::CREATED, &record, warnings).await?,
        Answer::Accepted(accepted) => accepted.response(),
    };
    if let Some(wait) = wait.filter(|_| has_waited) {
        let (name, value) = prefer::applied(wait);
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// The record of a request that the broker has confirmed, or that was generated before. That its history cannot be read does
/// not matter any more.
async fn known(
    api: &Api,
    status: StatusCode,
    record: &Model,
    warnings: Vec<RequestWarning>,
) -> Result<Response, Problem> {
    let identity = record.identity().map_err(|error| database(&error))?;
    let letters = invoices::letters_of(&api.database, record).await;
    let letters = letters.unwrap_or_default();
    answer(status, record, &identity, letters, Some(warnings))
}

fn answer(
    status: StatusCode,
    record: &Model,
    identity: &InvoiceIdentity,
    letters: Letters,
    warnings: Option<Vec<RequestWarning>>,
) -> Result<Response, Problem> {
    let Letters { own, moved_to } = letters;
    let mut resource =
        InvoiceResource::new(record, &own, moved_to).map_err(|error| database(&error))?;
    resource.warnings = warnings;
    let location = submit::location(identity);
    Ok((status, [location], Json(resource)).into_response())
}

/// Which invoices.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Marketplace platform.
    #[param(value_type = Option<IdentityPart>, example = "tiktok")]
    pub(super) platform: Option<String>,
    /// Shop on the platform.
    #[param(value_type = Option<IdentityPart>, example = "shop123")]
    pub(super) shop: Option<String>,
    /// Order in the shop.
    #[param(value_type = Option<IdentityPart>, example = "order456")]
    pub(super) order: Option<String>,
    /// Package of the order.
    #[param(value_type = Option<IdentityPart>, example = "pkg789")]
    pub(super) package: Option<String>,
    /// Sequence number of the invoice.
    #[param(value_type = Option<IdentityPart>, example = "12345")]
    pub(super) sequence: Option<String>,
    /// Number on the document.
    #[param(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\x00-\x1f\x7f]+$",
        example = "12345"
    )]
    pub(super) number: Option<String>,
    /// The beginning of the order, the package or the number, or words of the buyer's name, of which the last one may be the beginning
    /// of a word; whatever the case of letters. Records of
    /// versions before this search, and of failures, have no buyer; a token with the role `look` finds no buyers. Records with a text that only old ones have
    /// are on later pages.
    #[param(min_length = 1, max_length = 255, pattern = r"\S", example = "order4")]
    pub(super) text: Option<String>,
    /// Whether there is a document.
    #[param(inline)]
    pub(super) status: Option<StatusParameter>,
    /// First recorded at this moment or later (RFC 3339).
    #[param(format = DateTime)]
    pub(super) since: Option<String>,
    /// First recorded before this moment (RFC 3339).
    #[param(format = DateTime)]
    pub(super) until: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum StatusParameter {
    Generated,
    Failed,
}

/// List invoices
///
/// The newest first. Pages are stable: what is recorded meanwhile comes before the first one. A page that would take long to fill ends
/// before, with `searchedBackTo`; the next one goes on from there.
#[utoipa::path(
    get,
    path = "/v1/invoices",
    operation_id = "listInvoices",
    tag = "invoices",
    security(("token" = ["look"])),
    params(ListQuery, PageQuery),
    responses((status = 200, description = "A page", body = InvoicePage)),
)]
pub(super) async fn list(
    State(api): State<Api>,
    Looker(caller): Looker,
    paged: Paged<ListQuery>,
) -> Result<Response, Problem> {
    let cursor = paged.cursor.as_deref();
    let list = find(&api, &caller, &paged.filter, cursor, paged.limit).await?;
    let items = list.items.iter().map(InvoiceSummary::try_from);
    let items = items.collect::<Result<Vec<_>, _>>();
    let page = InvoicePage {
        items: items.map_err(|error| database(&error))?,
        next_cursor: list.next,
        searched_back_to: list.searched_to,
    };
    Ok(paged.answer(&page, page.next_cursor.as_deref()))
}

/// A page of the records that the caller may see, masked for one that may not see personal data, and the cursor of the next
/// page.
pub(super) async fn find(
    api: &Api,
    caller: &Caller,
    query: &ListQuery,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<Model, String>, Problem> {
    let filter = query.filter(caller)?;
    // What a cursor is bound to.
    let described = format!("{filter:?}");
    let below = cursor.map(|text| cursor::read(&described, text));
    let longest = Some(longest(cursor));
    let below = below.transpose()?;
    let listed = api.database.invoices(&filter, below, limit, longest);
    let listed = listed.await;
    let listed = listed.map_err(|error| searching(&error, filter.text.as_deref()))?;
    let rows = listed.items.into_iter();
    Ok(Listed {
        items: rows.map(|row| shown_to(caller, row)).collect(),
        next: listed.next.map(|id| cursor::after(&described, id)),
        searched_to: listed.searched_to,
    })
}

/// A record as the caller may see it.
fn shown_to(caller: &Caller, record: Model) -> Model {
    if caller.may(Role::Read) {
        record
    } else {
        masked::record(record)
    }
}

impl ListQuery {
    fn filter(&self, caller: &Caller) -> Result<InvoiceFilter, Problem> {
        for (name, part) in [
            ("platform", &self.platform),
            ("shop", &self.shop),
            ("order", &self.order),
            ("package", &self.package),
            ("sequence", &self.sequence),
        ] {
            if let Some(problem) = part.as_deref().and_then(refuse_part) {
                let detail = format!("{name} {problem}");
                return Err(Problem::new(Code::ParameterInvalid, detail));
            }
        }
        if self.number.as_deref().is_some_and(|it| !is_number(it)) {
            let detail = "number has to have 1 to 255 characters, and no control characters";
            return Err(Problem::new(Code::ParameterInvalid, detail));
        }
        if self.text.as_deref().is_some_and(|it| !is_text(it)) {
            let detail = "text has to have 1 to 255 characters, and not only spaces";
            return Err(Problem::new(Code::ParameterInvalid, detail));
        }
        if let (Some(platform), Some(shop)) = (&self.platform, &self.shop) {
            caller.may_see_shop(platform, shop)?;
        }
        let moment = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| moment(name, text)).transpose()
        };
        let shops = caller.shops().map(|shops| {
            let shops = shops.iter();
            shops
                .map(|shop| (shop.platform.clone(), shop.shop_id.clone()))
                .collect()
        });
        Ok(InvoiceFilter {
            platform: self.platform.clone(),
            shop_id: self.shop.clone(),
            order_id: self.order.clone(),
            package_id: self.package.clone(),
            sequence_number: self.sequence.clone(),
            number: self.number.clone(),
            text: self.text.clone(),
            // Who finds a person's invoices by the name knows what the records hide.
            without_names: !caller.may(Role::Read),
            status: self.status.map(|status| match status {
                StatusParameter::Generated => Status::Generated,
                StatusParameter::Failed => Status::Failed,
            }),
            since: moment("since", &self.since)?,
            until: moment("until", &self.until)?,
            shops,
        })
    }
}

/// Whether a document can have this number: PostgreSQL, for one, cannot even be asked for a text with a zero byte.
fn is_number(text: &str) -> bool {
    (1..=255).contains(&text.chars().count()) && !text.contains(char::is_control)
}

/// Whether this can be looked for.
fn is_text(text: &str) -> bool {
    text.chars().count() <= 255 && !text.trim().is_empty()
}

/// Show an invoice
///
/// A token with the role `look` gets the request and the details of errors with personal data masked by `***`.
#[utoipa::path(
    get,
    path = "/v1/invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}",
    operation_id = "showInvoice",
    tag = "invoices",
    security(("token" = ["look"])),
    params(IdentityPath),
    responses(
        (
            status = 200, description = "The record", body = InvoiceResource,
            headers(("Location" = String, description = "The path of the invoice")),
        ),
        (status = 404, description = "No request of this identity was processed yet"),
    ),
)]
pub(super) async fn show(
    State(api): State<Api>,
    Looker(caller): Looker,
    Identity(identity): Identity,
) -> Result<Response, Problem> {
    let (record, letters) = seen(&api, &caller, &identity).await?;
    answer(StatusCode::OK, &record, &identity, letters, None)
}

/// What the caller may see of an invoice: its record, masked for one that may not see personal data, and its dead letters.
pub(super) async fn seen(
    api: &Api,
    caller: &Caller,
    identity: &InvoiceIdentity,
) -> Result<(Model, Letters), Problem> {
    caller.may_see(identity)?;
    let may_see = |moved: &MovedInvoice| {
        let [platform, shop, ..] = moved.marketplace.parts();
        let (platform, shop) = (platform.unwrap_or_default(), shop.unwrap_or_default());
        caller.may_see_shop(platform, shop).is_ok()
    };
    let record = match invoices::record(&api.database, identity).await {
        Ok(record) => record,
        Err(LookupError::Moved { identity, moved }) if may_see(&moved) => {
            let error = LookupError::Moved { identity, moved };
            return Err(Problem::new(Code::NotFound, error.to_string()));
        }
        Err(LookupError::Database(error)) => return Err(database(&error)),
        Err(
            LookupError::Unknown(_)
            | LookupError::Moved { .. }
            | LookupError::Failed(_)
            | LookupError::Erased(_)
            | LookupError::Storage(_),
        ) => return Err(unprocessed()),
    };
    let letters = invoices::letters_of(&api.database, &record).await;
    let mut letters = letters.map_err(|error| database(&error))?;
    letters.moved_to = letters.moved_to.filter(may_see);
    Ok((shown_to(caller, record), letters))
}

/// The record of an invoice.
pub(super) async fn record(api: &Api, identity: &InvoiceIdentity) -> Result<Model, Problem> {
    let found = api.database.find(identity).await;
    let found = found.map_err(|error| database(&error))?;
    found.ok_or_else(unprocessed)
}

fn unprocessed() -> Problem {
    let detail = "no request of this identity was processed yet; one that was accepted may wait in the queue";
    Problem::new(Code::NotFound, detail)
}
