//! The letters of a repair.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{of_all_shops, refusal};
use crate::contract::{RepairLetter, RepairLetterPage};
use crate::database::RepairVerdict;
use crate::http::api::Api;
use crate::http::auth::Reader;
use crate::http::page::{PageQuery, Paged};
use crate::http::path::Number;
use crate::http::problem::Problem;
use crate::repairs::{self, Letter};

/// Which letters of a repair.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LetterQuery {
    /// With this verdict.
    #[param(inline)]
    verdict: Option<VerdictFilter>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum VerdictFilter {
    WouldIssue,
    Conflict,
    AlreadyGenerated,
    Invalid,
    RenderFailed,
    WouldFail,
    PatchFailed,
    Unchanged,
}

/// List the letters of a repair
///
/// Each with what the trial says of it, and what became of it. In the order of their numbers.
#[utoipa::path(
    get,
    path = "/v1/repairs/{id}/letters",
    operation_id = "listRepairLetters",
    security(("token" = ["read"])),
    tag = "repairs",
    params(("id" = i64, Path, description = "Number of the repair"), LetterQuery, PageQuery),
    responses(
        (status = 200, description = "A page", body = RepairLetterPage),
        (status = 404, description = "There is no repair of this number"),
    ),
)]
pub(crate) async fn letters(
    State(api): State<Api>,
    Reader(caller): Reader,
    Number(id): Number,
    paged: Paged<LetterQuery>,
) -> Result<Response, Problem> {
    of_all_shops(&caller)?;
    let verdict = paged.filter.verdict.map(|verdict| match verdict {
        VerdictFilter::WouldIssue => RepairVerdict::WouldIssue,
        VerdictFilter::Conflict => RepairVerdict::Conflict,
        VerdictFilter::AlreadyGenerated => RepairVerdict::AlreadyGenerated,
        VerdictFilter::Invalid => RepairVerdict::Invalid,
        VerdictFilter::RenderFailed => RepairVerdict::RenderFailed,
        VerdictFilter::WouldFail => RepairVerdict::WouldFail,
        VerdictFilter::PatchFailed => RepairVerdict::PatchFailed,
        VerdictFilter::Unchanged => RepairVerdict::Unchanged,
    });
    let (items, next_cursor) = listed(&api, id, verdict, &paged).await?;
    let page = RepairLetterPage {
        items: items.into_iter().map(RepairLetter::from).collect(),
        next_cursor,
    };
    Ok(paged.answer(&page, page.next_cursor.as_deref()))
}

/// A page of the letters of a repair, and the cursor of the next one.
pub(crate) async fn listed<T>(
    api: &Api,
    id: i64,
    verdict: Option<RepairVerdict>,
    paged: &Paged<T>,
) -> Result<(Vec<Letter>, Option<String>), Problem> {
    let described = format!("letters of repair {id} {verdict:?}");
    let read = async |after, limit| {
        let page = repairs::letters(&api.database, id, verdict, after, limit).await;
        page.map_err(refusal)
    };
    paged.numbered(&described, read).await
}
