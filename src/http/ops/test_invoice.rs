//! `/test-invoice`: requests an invoice of a test shop.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use document::Catalog;
use invoice::content::{self, envelope_max};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::code::{Line, lines};
use super::form::Posted;
use super::layout::{Layout, Section};
use super::notice::Notice;
use super::templates::{name_of, sample_of};
use super::visitor::Visitor;
use super::{answer, show};
use crate::broker::Lane;
use crate::http::api::Api;
use crate::http::auth::{Caller, Requester};
use crate::http::problem::{Code, Problem};
use crate::http::submit::Submitted;
use crate::http::trace::Trace;

/// Platform and shop of test invoices, so that they are never taken for those of a shop.
pub(super) const PLATFORM: &str = "test";
pub(super) const SHOP: &str = "test";

/// What the order of a test invoice begins with; a UUID follows, which has the time.
pub(super) const ORDER: &str = "page-";

/// The fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wish {
    /// Digest of a template and name of one of its samples, with a slash between them.
    sample: String,
    /// A language instead of that of the sample.
    locale: String,
    /// A buyer's name instead of that of the sample.
    buyer: String,
    /// A request as JSON, instead of a sample.
    request: String,
}

#[derive(Template)]
#[template(path = "test_invoice.html")]
struct FormPage<'a> {
    page: Layout,
    wish: &'a Wish,
    samples: Vec<(String, String)>,
    problem: Option<Problem>,
    lines: Vec<Line>,
}

/// The form.
pub(super) async fn form(
    State(api): State<Api>,
    visitor: Visitor,
    Requester(caller): Requester,
) -> Result<Response, Problem> {
    caller.may_see_shop(PLATFORM, SHOP)?;
    let templates = api.templates.current();
    answer::page(&FormPage::new(
        &visitor,
        &templates.catalog,
        &Wish::default(),
    ))
}

impl<'a> FormPage<'a> {
    fn new(visitor: &Visitor, catalog: &Catalog, wish: &'a Wish) -> Self {
        let samples = catalog.templates().flat_map(|template| {
            catalog.samples(template).map(move |(path, _)| {
                let name = name_of(path);
                let value = format!("{}/{name}", template.digest);
                (
                    value,
                    format!("{} {}: {name}", template.name, template.version()),
                )
            })
        });
        Self {
            page: Layout::new(visitor, Section::Templates, "Test invoice"),
            wish,
            samples: samples.collect(),
            problem: None,
            lines: Vec::new(),
        }
    }
}

/// Publishes the request, and leads to the page that follows it.
pub(super) async fn request(
    State(api): State<Api>,
    visitor: Visitor,
    Requester(caller): Requester,
    trace: Trace,
    form: Posted<Wish>,
) -> Result<Response, Problem> {
    let order = format!("{ORDER}{}", Uuid::now_v7());
    let templates = api.templates.current();
    let wish = &form.fields;
    let request = wish.request(&templates.catalog, &order);
    let submitted = match &request {
        Ok(request) => submit(&api, &caller, trace, request).await,
        Err(problem) => Err(problem.clone()),
    };
    let Err(problem) = submitted else {
        let path = format!("/test-invoice/{order}");
        return Ok(answer::done(&path, Notice::TestRequested).into_response());
    };
    let mut page = FormPage::new(&visitor, &templates.catalog, wish);
    let is_small = wish.request.len() <= envelope_max(api.request_limits.max_bytes);
    if is_small && let Ok(request) = &request {
        page.lines = lines(request, problem.errors());
    }
    let status = problem.clone().into_response().status();
    page.problem = Some(problem);
    Ok((status, answer::page(&page)?).into_response())
}

/// The same way as a call of the API.
async fn submit(api: &Api, caller: &Caller, trace: Trace, request: &Value) -> Result<(), Problem> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content::JSON));
    let body = Body::from(request.to_string());
    let limits = api.limits(None);
    let submitted = Submitted::read(api, trace, &headers, body, limits).await?;
    caller.may_see(submitted.identity())?;
    submitted.run(api, Lane::Ordinary, None).await.map(drop)
}

impl Wish {
    /// The request of this order.
    fn request(&self, catalog: &Catalog, order: &str) -> Result<Value, Problem> {
        let mut request = match self.request.trim() {
            "" => self.of_sample(catalog)?,
            given => serde_json::from_str(given).map_err(|error| {
                Problem::new(
                    Code::BodyInvalid,
                    format!("the request is no JSON: {error}"),
                )
            })?,
        };
        let Some(members) = request.as_object_mut() else {
            let detail = "the request has to be a JSON object";
            return Err(Problem::new(Code::BodyInvalid, detail));
        };
        // What else the marketplace has, such as its region, stays.
        let marketplace = members.entry("marketplace").or_insert_with(|| json!({}));
        if !marketplace.is_object() {
            *marketplace = json!({});
        }
        for (name, value) in [
            ("platform", PLATFORM),
            ("shopId", SHOP),
            ("orderId", order),
            ("packageId", "1"),
            ("sequenceNumber", "1"),
        ] {
            marketplace[name] = value.into();
        }
        Ok(request)
    }

    fn of_sample(&self, catalog: &Catalog) -> Result<Value, Problem> {
        let (digest, name) = self.sample.split_once('/').unwrap_or_default();
        let (template, body) = sample_of(catalog, digest, name)?;
        let request = serde_json::from_slice(body);
        let mut request: Value = request.map_err(|error| {
            Problem::new(Code::BodyInvalid, format!("the sample is no JSON: {error}"))
        })?;
        request["template"]["name"] = template.name.as_str().into();
        let locale = self.locale.trim();
        if !locale.is_empty() {
            request["locale"] = locale.into();
        }
        let buyer = self.buyer.trim();
        if !buyer.is_empty() {
            request["buyer"]["name"] = buyer.into();
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn catalog() -> Catalog {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        Catalog::load(&root).expect("the templates")
    }

    #[test]
    fn a_test_invoice_is_of_the_test_shop_whatever_is_asked_for() {
        let catalog = catalog();
        let order = format!("{ORDER}{}", Uuid::now_v7());
        let real = json!({ "platform": "tiktok", "shopId": "own", "region": "DE" });
        let given = json!({ "number": "R-1", "marketplace": real });
        for request in [
            given.to_string(),
            "{}".to_owned(),
            r#"{"marketplace":7}"#.to_owned(),
        ] {
            let wish = Wish {
                request,
                ..Wish::default()
            };
            let request = wish.request(&catalog, &order).expect("a request");
            let marketplace = &request["marketplace"];
            assert_eq!(marketplace["platform"], PLATFORM);
            assert_eq!(marketplace["shopId"], SHOP);
            assert_eq!(marketplace["orderId"], order.as_str());
        }
        for request in ["[]", "{", "1"] {
            let wish = Wish {
                request: request.to_owned(),
                ..Wish::default()
            };
            assert!(wish.request(&catalog, &order).is_err(), "{request}");
        }
    }

    #[test]
    fn each_sample_can_be_requested() {
        let catalog = catalog();
        for template in catalog.templates() {
            for (path, _) in catalog.samples(template) {
                let wish = Wish {
                    sample: format!("{}/{}", template.digest, name_of(path)),
                    buyer: "Zoë".to_owned(),
                    ..Wish::default()
                };
                let request = wish.request(&catalog, "page-1").expect("a request");
                assert_eq!(request["template"]["name"], template.name.as_str());
                assert_eq!(request["buyer"]["name"], "Zoë");
            }
        }
        let unknown = Wish::default().request(&catalog, "page-1");
        assert!(unknown.is_err());
    }
}
