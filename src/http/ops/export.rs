//! `/export`: the documents of a period for accountants.

use std::str::FromStr;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::layout::{Layout, Section};
use super::visitor::Visitor;
use super::{answer, given};
use crate::http::api::Api;
use crate::http::auth::{Caller, Reader};
use crate::http::export::{ExportQuery, zip};
use crate::http::problem::{Code, Problem};
use crate::http::query::Query;

/// The fields of the form, under the names that the API has. A browser sends those that are empty, too.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Wish {
    platform: String,
    shop: String,
    since: String,
    until: String,
    issued_since: String,
    issued_until: String,
    datev_consultant: String,
    datev_client: String,
    datev_fiscal_year: String,
    datev_account_length: String,
    datev_debtor: String,
    datev_revenue: String,
}

#[derive(Template)]
#[template(path = "export.html")]
struct ExportPage<'a> {
    page: Layout,
    wish: &'a Wish,
    since: &'a str,
    until: &'a str,
    problem: Option<Problem>,
}

/// The form.
pub(super) async fn form(
    visitor: Visitor,
    Reader(_caller): Reader,
    Query(wish): Query<Wish>,
) -> Result<Response, Problem> {
    answer::page(&ExportPage::new(&visitor, &wish, None))
}

/// The ZIP, or the form again with what is wrong. It changes nothing, so it is a link like that of a document.
pub(super) async fn download(
    State(api): State<Api>,
    visitor: Visitor,
    Reader(caller): Reader,
    Query(wish): Query<Wish>,
) -> Result<Response, Problem> {
    match sent(&api, &caller, &wish).await {
        Ok(zip) => Ok(zip),
        Err(problem) => {
            let status = problem.clone().into_response().status();
            let page = ExportPage::new(&visitor, &wish, Some(problem));
            Ok((status, answer::page(&page)?).into_response())
        }
    }
}

async fn sent(api: &Api, caller: &Caller, wish: &Wish) -> Result<Response, Problem> {
    zip(api, caller, &wish.query()?).await
}

impl<'a> ExportPage<'a> {
    fn new(visitor: &Visitor, wish: &'a Wish, problem: Option<Problem>) -> Self {
        Self {
            page: Layout::new(visitor, Section::Invoices, "Export for accountants"),
            wish,
            since: given::of_field(&wish.since),
            until: given::of_field(&wish.until),
            problem,
        }
    }
}

impl Wish {
    /// The same as the API is asked for it.
    fn query(&self) -> Result<ExportQuery, Problem> {
        let text = |text: &str| given::filled(text).map(str::to_owned);
        let moment = |text: &str| {
            let text = given::filled(text);
            text.map(|text| given::moment_of_field(text).into_owned())
        };
        Ok(ExportQuery {
            platform: text(&self.platform),
            shop: text(&self.shop),
            since: moment(&self.since),
            until: moment(&self.until),
            issued_since: text(&self.issued_since),
            issued_until: text(&self.issued_until),
            datev_consultant: number("The tax consultant's number", &self.datev_consultant)?,
            datev_client: number("The client's number", &self.datev_client)?,
            datev_fiscal_year: text(&self.datev_fiscal_year),
            datev_account_length: number("The length of accounts", &self.datev_account_length)?,
            datev_debtor: text(&self.datev_debtor),
            datev_revenue: text(&self.datev_revenue),
            ..ExportQuery::default()
        })
    }

    /// Whether booking batches are asked for, so that their fields are shown.
    fn has_bookings(&self) -> bool {
        let fields = [
            &self.datev_consultant,
            &self.datev_client,
            &self.datev_fiscal_year,
            &self.datev_account_length,
            &self.datev_debtor,
            &self.datev_revenue,
        ];
        fields.into_iter().any(|text| given::filled(text).is_some())
    }
}

fn number<T: FromStr>(name: &str, text: &str) -> Result<Option<T>, Problem> {
    let number = given::filled(text).map(str::parse).transpose();
    number.map_err(|_| {
        let detail = format!("{name} has to be a whole number, or empty");
        Problem::new(Code::ParameterInvalid, detail)
    })
}
