//! `/test-invoice/{order}`: what became of a test invoice, until it has a document.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use invoice::InvoiceIdentity;
use time::OffsetDateTime;
use uuid::Uuid;

use super::layout::{Layout, Section};
use super::test_invoice::{ORDER, PLATFORM, SHOP};
use super::visitor::Visitor;
use super::{answer, show};
use crate::contract::{InvoiceLinks, InvoiceSummary, StatusProblem};
use crate::http::api::Api;
use crate::http::auth::Looker;
use crate::http::failures::database;
use crate::http::masked;
use crate::http::path::Texts;
use crate::http::problem::{Code, Problem};

#[derive(Template)]
#[template(path = "test_invoice_followed.html")]
struct FollowPage<'a> {
    page: Layout,
    path: String,
    record: Option<InvoiceSummary<'a>>,
    requested_at: OffsetDateTime,
    /// Why it may take long.
    problems: &'a [StatusProblem],
}

impl FollowPage<'_> {
    fn is_generated(&self) -> bool {
        let record = self.record.as_ref();
        record.is_some_and(|record| record.status == "generated")
    }
}

/// What became of a test invoice.
pub(super) async fn show(
    State(api): State<Api>,
    visitor: Visitor,
    Looker(caller): Looker,
    Texts([order]): Texts<1>,
) -> Result<Response, Problem> {
    let unknown = || Problem::new(Code::NotFound, "there is no test invoice of this order");
    let id = order.strip_prefix(ORDER).and_then(|id| id.parse().ok());
    let requested_at = id.and_then(requested_at).ok_or_else(unknown)?;
    let identity = InvoiceIdentity::from_parts([PLATFORM, SHOP, order.as_str(), "1", "1"]);
    let identity = identity.map_err(|_| unknown())?;
    caller.may_see(&identity)?;
    let record = api.database.find(&identity).await;
    let record = record.map_err(|error| database(&error))?;
    let record = record.map(|record| {
        if visitor.may_read() {
            record
        } else {
            masked::record(record)
        }
    });
    let record = record.as_ref().map(InvoiceSummary::try_from).transpose();
    let status = api.status.look().await;
    answer::page(&FollowPage {
        page: Layout::new(&visitor, Section::Templates, "Test invoice"),
        path: InvoiceLinks::page(&identity),
        record: record.map_err(|error| database(&error))?,
        requested_at,
        problems: &status.problems,
    })
}

/// When the program made this id.
fn requested_at(id: Uuid) -> Option<OffsetDateTime> {
    let (seconds, _) = id.get_timestamp()?.to_unix();
    OffsetDateTime::from_unix_timestamp(seconds.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_has_the_time_of_its_request() {
        let at = requested_at(Uuid::now_v7()).expect("a time");
        assert!(OffsetDateTime::now_utc() - at < time::Duration::minutes(1));
        assert_eq!(requested_at(Uuid::nil()), None);
    }
}
