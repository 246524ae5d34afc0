//! `/invoices`: searching records.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use time::OffsetDateTime;
use url::form_urlencoded;

use super::layout::{Layout, Section};
use super::visitor::Visitor;
use super::{answer, given, show};
use crate::contract::{InvoiceLinks, InvoiceSummary};
use crate::http::api::Api;
use crate::http::auth::Looker;
use crate::http::failures::database;
use crate::http::invoices::{ListQuery, StatusParameter, find};
use crate::http::page::Paged;
use crate::http::problem::{Code, Problem};

/// The fields of the form. A browser sends those that are empty, too.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Search {
    text: String,
    platform: String,
    shop: String,
    order: String,
    package: String,
    sequence: String,
    number: String,
    status: String,
    since: String,
    until: String,
}

#[derive(Template)]
#[template(path = "invoices.html")]
struct InvoicesPage<'a> {
    page: Layout,
    search: &'a Search,
    since: &'a str,
    until: &'a str,
    statuses: [(&'static str, &'static str); 3],
    items: Vec<Item<'a>>,
    next: Option<String>,
    /// Where the page has ended before it was full.
    searched_to: Option<OffsetDateTime>,
}

struct Item<'a> {
    record: InvoiceSummary<'a>,
    path: String,
}

/// The list, with the form above it.
pub(super) async fn list(
    State(api): State<Api>,
    visitor: Visitor,
    Looker(caller): Looker,
    paged: Paged<Search>,
) -> Result<Response, Problem> {
    let search = &paged.filter;
    let cursor = paged.cursor.as_deref();
    let list = find(&api, &caller, &search.query()?, cursor, paged.limit).await?;
    let items = list.items.iter().map(|row| {
        let record = InvoiceSummary::try_from(row)?;
        let path = InvoiceLinks::page(&record.marketplace);
        Ok(Item { record, path })
    });
    let items = items.collect::<Result<Vec<_>, _>>();
    answer::page(&InvoicesPage {
        page: Layout::new(&visitor, Section::Invoices, "Invoices"),
        search,
        since: given::of_field(&search.since),
        until: given::of_field(&search.until),
        statuses: [
            ("", "Any"),
            ("generated", "Generated"),
            ("failed", "Failed"),
        ],
        items: items.map_err(|error| database(&error))?,
        next: list.next.map(|cursor| paged.next(&cursor)),
        searched_to: list.searched_to,
    })
}

impl Search {
    /// The same as the API is asked for it.
    fn query(&self) -> Result<ListQuery, Problem> {
        let filled = |text: &str| given::filled(text).map(str::to_owned);
        let status = match self.status.as_str() {
            "" => None,
            "generated" => Some(StatusParameter::Generated),
            "failed" => Some(StatusParameter::Failed),
            other => {
                let detail = format!("status is {other:?}, expected generated or failed");
                return Err(Problem::new(Code::ParameterInvalid, detail));
            }
        };
        Ok(ListQuery {
            text: filled(&self.text),
            platform: filled(&self.platform),
            shop: filled(&self.shop),
            order: filled(&self.order),
            package: filled(&self.package),
            sequence: filled(&self.sequence),
            number: filled(&self.number),
            status,
            since: filled(&self.since).map(|text| given::moment_of_field(&text).into_owned()),
            until: filled(&self.until).map(|text| given::moment_of_field(&text).into_owned()),
        })
    }

    /// The form of an export of what is looked for, as far as an export can select it.
    fn export(&self) -> String {
        let fields = [
            ("platform", &self.platform),
            ("shop", &self.shop),
            ("since", &self.since),
            ("until", &self.until),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, text) in fields {
            if let Some(text) = given::filled(text) {
                query.append_pair(name, text);
            }
        }
        match query.finish() {
            query if query.is_empty() => "/export".to_owned(),
            query => format!("/export?{query}"),
        }
    }

    /// Whether something is looked for.
    fn is_filtered(&self) -> bool {
        let fields = [
            &self.text,
            &self.number,
            &self.since,
            &self.until,
            &self.platform,
            &self.shop,
            &self.order,
            &self.package,
            &self.sequence,
            &self.status,
        ];
        fields.into_iter().any(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_fields_are_no_filters() {
        let search = Search {
            text: "  ord ".to_owned(),
            ..Search::default()
        };
        let query = search.query().expect("valid");
        assert_eq!(query.text.as_deref(), Some("ord"));
        assert_eq!(search.export(), "/export");
        let of_shop = Search {
            shop: "a&b".to_owned(),
            since: "2026-11-29T12:30".to_owned(),
            ..Search::default()
        };
        let expected = "/export?shop=a%26b&since=2026-11-29T12%3A30";
        assert_eq!(of_shop.export(), expected);
        assert!(query.platform.is_none() && query.status.is_none() && query.since.is_none());
        assert!(search.is_filtered() && !Search::default().is_filtered());
        let wrong = Search {
            status: "lost".to_owned(),
            ..Search::default()
        };
        assert!(wrong.query().is_err());
    }
}
