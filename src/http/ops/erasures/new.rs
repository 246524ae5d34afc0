//! `/erasures/new`: an erasure, with its dry run before it.

use std::num::NonZeroU32;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::contract::ErasurePlan;
use crate::database::{By, ErasureFilter};
use crate::erasure::{self, Orders};
use crate::http::api::Api;
use crate::http::auth::Eraser;
use crate::http::dead_letters::Reason;
use crate::http::erasures::{checked, control, planned};
use crate::http::ops::form::Posted;
use crate::http::ops::layout::{Layout, Section};
use crate::http::ops::notice::Notice;
use crate::http::ops::visitor::Visitor;
use crate::http::ops::{answer, given, show};
use crate::http::problem::{Code, Problem};
use crate::http::query::{Query, moment};

/// Whose data, and what of it; an empty field is not given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Fields {
    platform: String,
    shop: String,
    order: String,
    package: String,
    sequence: String,
    buyer: String,
    before: String,
    /// `true` where documents are deleted, too.
    documents: String,
    /// `true` where open dead letters are erased, too.
    open: String,
}

/// The same with what the plan asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Confirmed {
    platform: String,
    shop: String,
    order: String,
    package: String,
    sequence: String,
    buyer: String,
    before: String,
    documents: String,
    open: String,
    rate: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "erasures/new.html")]
struct NewPage {
    page: Layout,
    typed: Fields,
    /// Why nothing can be erased.
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "erasures/plan.html")]
struct PlanPage {
    page: Layout,
    plan: ErasurePlan,
    /// The fields of the form before, which are sent again.
    hidden: Vec<(&'static str, String)>,
    deletes_documents: bool,
    is_empty: bool,
}

impl Fields {
    fn orders<'a>(&self, by: By<'a>) -> Result<Orders<'a>, Problem> {
        let text = |text: &str| given::filled(text).map(ToOwned::to_owned);
        let before = given::filled(&self.before);
        let before = before.map(|before| moment("before", &given::since(before)));
        Ok(Orders {
            filter: checked(ErasureFilter {
                platform: text(&self.platform),
                shop_id: text(&self.shop),
                order_id: text(&self.order),
                package_id: text(&self.package),
                sequence_number: text(&self.sequence),
                buyer: text(&self.buyer),
                before: before.transpose()?,
            })?,
            documents: self.documents == "true",
            with_open: self.open == "true",
            rate: None,
            by,
        })
    }

    fn hidden(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("platform", &self.platform),
            ("shop", &self.shop),
            ("order", &self.order),
            ("package", &self.package),
            ("sequence", &self.sequence),
            ("buyer", &self.buyer),
            ("before", &self.before),
            ("documents", &self.documents),
            ("open", &self.open),
        ];
        let given = all.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (name, value.clone())).collect()
    }
}

impl From<Confirmed> for Fields {
    fn from(fields: Confirmed) -> Self {
        Self {
            platform: fields.platform,
            shop: fields.shop,
            order: fields.order,
            package: fields.package,
            sequence: fields.sequence,
            buyer: fields.buyer,
            before: fields.before,
            documents: fields.documents,
            open: fields.open,
        }
    }
}

/// The form. The page of an invoice leads to it with its identity; a name is in no address.
pub(crate) async fn form(
    visitor: Visitor,
    Eraser(_caller): Eraser,
    Query(typed): Query<Fields>,
) -> Result<Response, Problem> {
    page(&visitor, typed, None)
}

/// What would be erased. Nothing is changed. What is not valid is shown with what was typed.
pub(crate) async fn plan(
    State(api): State<Api>,
    visitor: Visitor,
    Eraser(caller): Eraser,
    form: Posted<Fields>,
) -> Result<Response, Problem> {
    let typed = form.fields;
    let by = By {
        actor: caller.name(),
        reason: None,
    };
    let orders = match typed.orders(by) {
        Ok(orders) => orders,
        Err(problem) => return refused(&visitor, typed, &problem),
    };
    let plan = planned(&api, &orders).await?;
    answer::page(&PlanPage {
        page: Layout::new(&visitor, Section::Erasures, "Erase personal data"),
        is_empty: plan.records.is_empty() && plan.dead_letters.is_empty() && plan.complete,
        hidden: typed.hidden(),
        deletes_documents: orders.documents,
        plan,
    })
}

/// Creates the erasure, which a process that serves runs.
pub(crate) async fn create(
    State(api): State<Api>,
    visitor: Visitor,
    Eraser(caller): Eraser,
    form: Posted<Confirmed>,
) -> Result<Response, Problem> {
    let confirmed = form.fields;
    let reason = Reason::try_from(confirmed.reason.clone());
    let reason = reason.map_err(|detail| Problem::new(Code::ParameterInvalid, detail))?;
    let rate = given::count("rate", &confirmed.rate)?;
    let typed = Fields::from(confirmed);
    let orders = match typed.orders(caller.by(&reason.0)) {
        Ok(orders) => orders,
        Err(problem) => return refused(&visitor, typed, &problem),
    };
    let orders = Orders {
        rate: rate.map(NonZeroU32::get),
        ..orders
    };
    let row = erasure::create(&api.database, &orders).await;
    let path = format!("/erasures/{}", row.map_err(control)?.id);
    Ok(answer::done(&path, Notice::ErasureCreated).into_response())
}

fn refused(visitor: &Visitor, typed: Fields, problem: &Problem) -> Result<Response, Problem> {
    let again = page(visitor, typed, Some(problem.detail().to_owned()))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}

fn page(visitor: &Visitor, typed: Fields, error: Option<String>) -> Result<Response, Problem> {
    answer::page(&NewPage {
        page: Layout::new(visitor, Section::Erasures, "Erase personal data"),
        typed,
        error,
    })
}
