//! Patches that would repair a group.

use axum::Json;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::contract::RepairProposals;
use crate::http::auth::Reader;
use crate::http::query::Query;
use crate::repairs::{self, Asked};

/// The problem of a group of dead letters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProposalQuery {
    /// Its code.
    #[param(example = "e_invoice_invalid")]
    code: String,
    /// The rule that is broken, where a standard names one.
    #[param(example = "BR-DE-7")]
    rule: Option<String>,
    /// Where: a JSON pointer; `*` or `#` stands for any item of a list.
    #[param(example = "/seller/contact/email")]
    pointer: Option<String>,
    /// The value that the requests are to have, as JSON; what is no JSON is a text.
    value: Option<String>,
}

/// Propose repairs
///
/// Patches for a group of dead letters, from the code, rule and pointer of its problem. A proposal whose `value` is not null has
/// `{value}` where a value has to be given, unless that is a parameter of this call. Each is a `patch` of a repair, with its
/// `problem`.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/proposals",
    operation_id = "proposeRepairs",
    security(("token" = ["read"])),
    tag = "repairs",
    params(ProposalQuery),
    responses((status = 200, description = "The proposals, the most probable first", body = RepairProposals)),
)]
pub(crate) async fn proposals(
    Reader(_caller): Reader,
    Query(query): Query<ProposalQuery>,
) -> Json<RepairProposals> {
    let asked = Asked {
        code: query.code,
        rule: query.rule,
        pointer: query.pointer,
        value: query.value,
    };
    let proposals = repairs::proposals(&asked);
    Json(RepairProposals { proposals })
}
