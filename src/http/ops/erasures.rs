//! `/erasures`: erasures of personal data, running and past.

mod new;

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};
use invoice::InvoiceIdentity;
use serde::Deserialize;

pub(super) use self::new::{create, form, plan};

use super::form::{Posted, ReasonForm};
use super::layout::{Layout, Section};
use super::notice::Notice;
use super::visitor::Visitor;
use super::{answer, show};
use crate::contract::{ErasureResource, InvoiceLinks};
use crate::erasure;
use crate::http::api::Api;
use crate::http::auth::{AllShopsLooker, Eraser};
use crate::http::erasures::{cancelled, control, listed};
use crate::http::masked;
use crate::http::page::Paged;
use crate::http::path::Number;
use crate::http::problem::Problem;
use crate::http::run_status::{choices, chosen};

/// Which erasures.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Filter {
    status: String,
}

#[derive(Template)]
#[template(path = "erasures/list.html")]
struct ErasuresPage {
    page: Layout,
    status: String,
    statuses: Vec<(&'static str, &'static str)>,
    items: Vec<Listed>,
    next: Option<String>,
}

/// An erasure, with its filter in words.
struct Listed {
    erasure: ErasureResource,
    filter: String,
}

#[derive(Template)]
#[template(path = "erasures/show.html")]
struct ErasurePage {
    page: Layout,
    erasure: ErasureResource,
    filter: Vec<(&'static str, String)>,
    /// Requested, but not over.
    is_live: bool,
    can_be_cancelled: bool,
    cancel: String,
}

/// The newest first.
pub(super) async fn list(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    paged: Paged<Filter>,
) -> Result<Response, Problem> {
    let status = chosen(&paged.filter.status, "erasures")?;
    let mut list = listed(&api, status, &paged).await?;
    if !visitor.may_read() {
        list.items.iter_mut().for_each(mask);
    }
    let items = list.items.into_iter();
    answer::page(&ErasuresPage {
        page: Layout::new(&visitor, Section::Erasures, "Erasures"),
        status: paged.filter.status.clone(),
        statuses: choices(),
        next: list.next_cursor.map(|cursor| paged.next(&cursor)),
        items: items.map(Listed::from).collect(),
    })
}

/// An erasure with its progress.
pub(super) async fn show_one(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    Number(id): Number,
) -> Result<Response, Problem> {
    let row = erasure::find(&api.database, id).await.map_err(control)?;
    let is_live = !row.status.is_over();
    let mut erasure = ErasureResource::from(row);
    if !visitor.may_read() {
        mask(&mut erasure);
    }
    answer::page(&ErasurePage {
        page: Layout::new(&visitor, Section::Erasures, format!("Erasure {id}")),
        filter: described(&erasure),
        is_live,
        can_be_cancelled: is_live && erasure.cancel_requested_at.is_none(),
        cancel: format!("/erasures/{id}/cancel"),
        erasure,
    })
}

/// Cancels an erasure; the process that runs it stops after the row that is in work.
pub(super) async fn cancel(
    State(api): State<Api>,
    Eraser(caller): Eraser,
    Number(id): Number,
    form: Posted<ReasonForm>,
) -> Result<Redirect, Problem> {
    cancelled(&api, &caller, id, &form.fields.reason).await?;
    let path = format!("/erasures/{id}");
    Ok(answer::done(&path, Notice::ErasureCancelled))
}

impl From<ErasureResource> for Listed {
    fn from(erasure: ErasureResource) -> Self {
        let filter = described(&erasure).into_iter();
        let filter: Vec<String> = filter
            .map(|(name, text)| format!("{name}: {text}"))
            .collect();
        Self {
            filter: filter.join(", "),
            erasure,
        }
    }
}

/// The page of an invoice; none where a part of its identity is none, or not known, as that of a dead letter may be.
fn path_of(invoice: &str) -> Option<String> {
    if invoice.split('/').any(|part| part == "-") {
        return None;
    }
    let identity: InvoiceIdentity = invoice.parse().ok()?;
    Some(InvoiceLinks::page(&identity))
}

/// Without what may quote a person.
fn mask(erasure: &mut ErasureResource) {
    erasure.reason = masked::reason(erasure.reason.take());
    erasure.error = erasure.error.as_deref().map(masked::detail);
    for kept in &mut erasure.kept {
        kept.detail = kept.detail.as_deref().map(masked::detail);
    }
}

/// Whose data it is about, in words.
fn described(erasure: &ErasureResource) -> Vec<(&'static str, String)> {
    let Some(filter) = &erasure.filter else {
        return vec![("Whose data", "a filter of a later version".to_owned())];
    };
    let buyer = filter.by_buyer.then(|| "given, not shown".to_owned());
    let all = [
        ("Platform", filter.platform.clone()),
        ("Shop", filter.shop_id.clone()),
        ("Order", filter.order_id.clone()),
        ("Package", filter.package_id.clone()),
        ("Sequence number", filter.sequence_number.clone()),
        ("Name of the buyer", buyer),
        ("Before", filter.before.map(crate::moment::seconds)),
    ];
    let given = all.into_iter();
    given
        .filter_map(|(name, text)| Some((name, text?)))
        .collect()
}
