//! `/templates/try`: what a request would look like on a template. Nothing is stored, recorded or published.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use document::{Catalog, PageOrder, PictureSize};
use invoice::content::{self, envelope_max};
use serde::Deserialize;
use serde_json::{Value, json};

use super::code::{Line, lines};
use super::form::Posted;
use super::layout::{Layout, Section};
use super::templates::sample_of;
use super::visitor::Visitor;
use super::{answer, show};
use crate::http::api::Api;
use crate::http::auth::{Caller, Requester};
use crate::http::preview::{picture, rendered};
use crate::http::problem::{Code, Problem};
use crate::http::query::Query;
use crate::requests::submit::{Body, Valid, validate_apart};

/// What the form begins with.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TrialQuery {
    /// The digest of a template.
    template: String,
    /// The name of one of its samples.
    sample: String,
}

/// The fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Trial {
    /// The request, as JSON.
    request: String,
    /// The digest of a template, instead of the one that the request names.
    template: String,
    /// A language instead of that of the request.
    locale: String,
    /// Of the picture: the page, from 1.
    page: String,
    /// `picture` or `pdf`.
    form: String,
}

#[derive(Template)]
#[template(path = "trial.html")]
struct TrialPage<'a> {
    page: Layout,
    trial: &'a Trial,
    templates: Vec<(String, String)>,
    problem: Option<Problem>,
    lines: Vec<Line>,
    /// The PNG, in base64.
    picture: Option<String>,
    pages: usize,
}

/// The form, with a sample if one is named.
pub(super) async fn form(
    State(api): State<Api>,
    visitor: Visitor,
    Requester(_caller): Requester,
    Query(query): Query<TrialQuery>,
) -> Result<Response, Problem> {
    let templates = api.templates.current();
    let mut trial = Trial::default();
    if !query.sample.is_empty() {
        let (_, body) = sample_of(&templates.catalog, &query.template, &query.sample)?;
        trial.request = String::from_utf8_lossy(body).into_owned();
        trial.template = query.template;
    }
    answer::page(&TrialPage::new(&visitor, &templates.catalog, &trial))
}

/// Renders the request: a PDF, or the page again with a picture or with what is wrong.
pub(super) async fn run(
    State(api): State<Api>,
    visitor: Visitor,
    Requester(caller): Requester,
    form: Posted<Trial>,
) -> Result<Response, Problem> {
    let trial = &form.fields;
    let templates = api.templates.current();
    let mut page = TrialPage::new(&visitor, &templates.catalog, trial);
    let picture_of = (trial.form != "pdf").then(|| trial.picture());
    let pdf = async {
        let valid = valid(&api, &caller, trial, &templates.catalog).await?;
        rendered(&api, &valid, picture_of.transpose()?).await
    };
    let problem = match pdf.await {
        Ok(pdf) if trial.form == "pdf" => {
            return Ok(answer::file(
                pdf.bytes.into(),
                "application/pdf",
                "trial.pdf",
            ));
        }
        Ok(pdf) => {
            page.pages = pdf.pages;
            match picture(pdf) {
                Ok(png) => {
                    page.picture = Some(BASE64_STANDARD.encode(png));
                    return answer::page(&page);
                }
                Err(problem) => problem,
            }
        }
        Err(problem) => problem,
    };
    let is_small = trial.request.len() <= envelope_max(api.request_limits.max_bytes);
    if let Some(request) = is_small
        .then(|| serde_json::from_str(&trial.request).ok())
        .flatten()
    {
        page.lines = lines(&request, problem.errors());
    }
    let status = problem.clone().into_response().status();
    page.problem = Some(problem);
    Ok((status, answer::page(&page)?).into_response())
}

/// The request of the form, if it is valid.
async fn valid(
    api: &Api,
    caller: &Caller,
    trial: &Trial,
    catalog: &Catalog,
) -> Result<Valid, Problem> {
    let bytes = trial.changed(catalog)?;
    let body = Body {
        bytes: &bytes,
        content_type: content::JSON,
    };
    let valid = validate_apart(body, api.limits(None)).await;
    let valid = valid.map_err(|invalid| Problem::invalid(&invalid))?;
    caller.may_see(&valid.identity)?;
    Ok(valid)
}

impl Trial {
    /// The request with the template and the language that the form names. What is no object is left as it is; validation
    /// says what is wrong with it.
    fn changed(&self, catalog: &Catalog) -> Result<Vec<u8>, Problem> {
        let as_it_is = || self.request.trim().as_bytes().to_vec();
        let Ok(mut request) = serde_json::from_str::<Value>(&self.request) else {
            return Ok(as_it_is());
        };
        let Some(members) = request.as_object_mut() else {
            return Ok(as_it_is());
        };
        if !self.template.is_empty() {
            let template = catalog.with_digest(&self.template);
            let template = template.ok_or_else(|| {
                let detail = "the template has changed meanwhile; choose one again";
                Problem::new(Code::ParameterInvalid, detail)
            })?;
            let mut chosen = json!({ "name": template.name, "version": template.version() });
            if let Some(paper) = members.get("template").and_then(|it| it.get("paper")) {
                chosen["paper"] = paper.clone();
            }
            members.insert("template".to_owned(), chosen);
        }
        let locale = self.locale.trim();
        if !locale.is_empty() {
            members.insert("locale".to_owned(), locale.into());
        }
        Ok(request.to_string().into_bytes())
    }

    fn picture(&self) -> Result<PageOrder, Problem> {
        let page = match self.page.trim() {
            "" => Ok(1),
            page => page.parse().ok().filter(|page| *page > 0).ok_or_else(|| {
                Problem::new(
                    Code::ParameterInvalid,
                    "page has to be a whole number from 1",
                )
            }),
        };
        Ok(PageOrder {
            page: page?,
            size: PictureSize::Inline,
        })
    }
}

impl<'a> TrialPage<'a> {
    fn new(visitor: &Visitor, catalog: &Catalog, trial: &'a Trial) -> Self {
        let mut templates = vec![(String::new(), "As the request says".to_owned())];
        templates.extend(catalog.templates().map(|template| {
            let name = format!("{} {}", template.name, template.version());
            (template.digest.to_string(), name)
        }));
        Self {
            page: Layout::new(visitor, Section::Templates, "Try a request"),
            trial,
            templates,
            problem: None,
            lines: Vec::new(),
            picture: None,
            pages: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_form_changes_the_template_and_the_language_and_nothing_else() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let catalog = Catalog::load(&root).expect("the templates");
        let receipt = catalog
            .templates()
            .find(|template| template.name == "receipt");
        let receipt = receipt.expect("a receipt");
        let changed = |request: &str, template: &str, locale: &str| {
            let trial = Trial {
                request: request.to_owned(),
                template: template.to_owned(),
                locale: locale.to_owned(),
                ..Trial::default()
            };
            let bytes = trial.changed(&catalog);
            bytes.map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
        };
        let request = r#"{"a":1,"template":{"name":"invoice","paper":"a4"}}"#;
        assert_eq!(changed(request, "", " ").expect("valid"), request);
        let other = changed(request, &receipt.digest.to_string(), "fr-FR").expect("valid");
        let other: Value = serde_json::from_str(&other).expect("JSON");
        let template = json!({ "name": "receipt", "version": receipt.version(), "paper": "a4" });
        assert_eq!(
            other,
            json!({ "a": 1, "template": template, "locale": "fr-FR" })
        );
        for text in ["", "[1]", "{", "\"x\""] {
            assert_eq!(changed(text, "", "de").expect("left alone"), text);
        }
        assert!(changed(request, "0123", "").is_err());
    }

    #[test]
    fn a_page_is_a_number_from_one() {
        for (text, expected) in [("", Some(1)), (" 3 ", Some(3)), ("0", None), ("x", None)] {
            let trial = Trial {
                page: text.to_owned(),
                ..Trial::default()
            };
            let page = trial.picture().ok().map(|wanted| wanted.page);
            assert_eq!(page, expected, "{text}");
        }
    }
}
