//! The page of an invoice: its record, what happened to it, its request, and its document beside them.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use axum::response::Response;
use bytes::Bytes;
use invoice::{ClaimedIdentity, InvoiceIdentity};
use serde_json::Value;
use url::form_urlencoded;

use super::code::{Line, lines};
use super::layout::{Layout, Section};
use super::visitor::Visitor;
use super::{answer, show};
use crate::contract::{InvoiceLinks, InvoiceSummary, MovedInvoice};
use crate::database::sales_invoice::Model;
use crate::http::api::Api;
use crate::http::auth::{Looker, Reader, Role};
use crate::http::documents::{DocumentQuery, stored, xml_of};
use crate::http::failures::database;
use crate::http::invoices::{record, seen};
use crate::http::masked;
use crate::http::path::Identity;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::invoices::timeline::{self, Step, What};
use crate::invoices::{Letters, file_name};
use crate::storage::Disposition;

#[derive(Template)]
#[template(path = "invoice.html")]
struct InvoicePage<'a> {
    page: Layout,
    record: InvoiceSummary<'a>,
    path: String,
    timeline: Vec<Step>,
    moved_to: Option<MovedInvoice>,
    request: Vec<Line>,
    /// The form of an erasure with the identity.
    erase_path: String,
}

impl InvoicePage<'_> {
    /// Whether there is a document, and the visitor may read it.
    fn has_document(&self) -> bool {
        let is_issued = self.record.status == "generated";
        self.page.may_read() && is_issued && self.record.documents_erased_at.is_none()
    }

    /// Where the visitor may erase the personal data, or the document, if there is something left.
    fn erase(&self) -> Option<String> {
        let is_left = self.record.documents_erased_at.is_none();
        (self.page.may_erase() && is_left).then(|| self.erase_path.clone())
    }

    fn title(&self) -> String {
        let kind = self.record.document_type.unwrap_or("document");
        let number = self.record.number.unwrap_or_default();
        format!("{kind} {number}")
    }
}

/// The page.
pub(super) async fn show(
    State(api): State<Api>,
    visitor: Visitor,
    Looker(caller): Looker,
    Identity(identity): Identity,
) -> Result<Response, Problem> {
    let (record, letters) = seen(&api, &caller, &identity).await?;
    let summary = InvoiceSummary::try_from(&record).map_err(|error| database(&error))?;
    let problems = summary.error.as_ref().map(|error| error.errors.as_slice());
    let request = match serde_json::from_str::<Value>(&record.request) {
        Ok(request) => lines(&request, problems.unwrap_or_default()),
        Err(_) => as_text(&record.request),
    };
    let timeline = timeline(&api, &visitor, &record, &letters).await?;
    let title = format!("Invoice of order {}", identity.order_id());
    answer::page(&InvoicePage {
        page: Layout::new(&visitor, Section::Invoices, title),
        path: InvoiceLinks::page(&identity),
        record: summary,
        timeline,
        moved_to: letters.moved_to,
        request,
        erase_path: erase_path(&identity),
    })
}

/// The form of an erasure of this invoice.
fn erase_path(identity: &InvoiceIdentity) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let names = ["platform", "shop", "order", "package", "sequence"];
    query.extend_pairs(names.into_iter().zip(identity.parts()));
    format!("/erasures/new?{}", query.finish())
}

/// A text that is no JSON.
fn as_text(text: &str) -> Vec<Line> {
    let lines = text.lines().map(|line| Line {
        text: line.to_owned(),
        why: Vec::new(),
        places: Vec::new(),
    });
    lines.collect()
}

/// What happened, with what people changed for those who see dead letters.
async fn timeline(
    api: &Api,
    visitor: &Visitor,
    record: &Model,
    letters: &Letters,
) -> Result<Vec<Step>, Problem> {
    if !visitor.sees_all_shops() {
        return Ok(timeline::of(record, letters));
    }
    let steps = timeline::with_changes(&api.database, record, letters).await;
    let mut steps = steps.map_err(|error| database(&error))?;
    if !visitor.caller().may(Role::Read) {
        for step in &mut steps {
            if let What::Edited { reason, .. } | What::Discarded { reason, .. } = &mut step.what {
                *reason = masked::reason(reason.take());
            }
        }
    }
    Ok(steps)
}

/// The page of an identity, where all its parts are known and can be those of an invoice.
fn path_of(identity: &ClaimedIdentity) -> Option<String> {
    let [platform, shop, order, package, sequence] = identity.parts();
    let parts = [platform?, shop?, order?, package?, sequence?];
    let identity = InvoiceIdentity::from_parts(parts).ok()?;
    Some(InvoiceLinks::page(&identity))
}

/// The document, shown or saved.
pub(super) async fn document(
    State(api): State<Api>,
    Reader(caller): Reader,
    Identity(identity): Identity,
    Query(query): Query<DocumentQuery>,
) -> Result<Response, Problem> {
    caller.may_see(&identity)?;
    let record = record(&api, &identity).await?;
    let bytes = stored(&api, &record).await?;
    let name = file_name(&record, "pdf");
    Ok(file(bytes, "application/pdf", &name, query.disposition))
}

/// The XML of the e-invoice, shown or saved.
pub(super) async fn xml(
    State(api): State<Api>,
    Reader(caller): Reader,
    Identity(identity): Identity,
    Query(query): Query<DocumentQuery>,
) -> Result<Response, Problem> {
    caller.may_see(&identity)?;
    let record = record(&api, &identity).await?;
    let xml = xml_of(&api, &record).await?;
    let name = file_name(&record, "xml");
    let mut response = file(xml.into(), "application/xml", &name, query.disposition);
    // A browser that shows XML could run what is in it.
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'self'");
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

fn file(
    bytes: Bytes,
    media_type: &'static str,
    name: &str,
    disposition: Option<Disposition>,
) -> Response {
    let mut response = answer::file(bytes, media_type, name);
    let disposition = disposition.unwrap_or(Disposition::Inline).header(name);
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        response
            .headers_mut()
            .insert(CONTENT_DISPOSITION, disposition);
    }
    response
}
