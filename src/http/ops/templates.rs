//! `/templates`: the templates in use, with their samples as pictures.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use document::templates::samples;
use document::{Catalog, PageOrder, Pdf, PictureSize, RenderJob};

use super::layout::{Layout, Section};
use super::state::Ops;
use super::visitor::Visitor;
use super::{answer, show};
use crate::contract::{Status, TemplateList, path_part};
use crate::http::api::Api;
use crate::http::auth::Looker;
use crate::http::path::Texts;
use crate::http::preview::{picture, rendering};
use crate::http::problem::{Code, Problem};
use crate::http::templates::seen_by;

#[derive(Template)]
#[template(path = "templates.html")]
struct TemplatesPage {
    page: Layout,
    list: TemplateList,
    /// Of all files, hexadecimal.
    digest: String,
    missing_fonts: Vec<String>,
    status: Arc<Status>,
}

impl TemplatesPage {
    /// Whether workers that run have loaded different templates.
    fn differ(&self) -> bool {
        self.status
            .templates
            .as_ref()
            .is_some_and(|it| it.len() > 1)
    }
}

/// The page.
pub(super) async fn list(
    State(api): State<Api>,
    visitor: Visitor,
    Looker(caller): Looker,
) -> Result<Response, Problem> {
    let templates = api.templates.current();
    let catalog = &templates.catalog;
    let missing = catalog.without_font().into_iter();
    answer::page(&TemplatesPage {
        page: Layout::new(&visitor, Section::Templates, "Templates"),
        list: seen_by(&caller, catalog),
        digest: catalog.digest().to_string(),
        missing_fonts: missing.map(ToString::to_string).collect(),
        status: api.status.look().await,
    })
}

/// The name of a sample, without its folder and its extension.
pub(super) fn name_of(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.strip_suffix(".json").unwrap_or(name)
}

/// The request of a sample.
pub(super) fn sample_of<'a>(
    catalog: &'a Catalog,
    digest: &str,
    name: &str,
) -> Result<(&'a document::catalog::Template, &'a [u8]), Problem> {
    let template = catalog.with_digest(digest);
    let found = template.and_then(|template| {
        let mut all = catalog.samples(template);
        let (_, body) = all.find(|(path, _)| name_of(path) == name)?;
        Some((template, body))
    });
    found.ok_or_else(|| {
        let detail = "there is no such sample of a template that is loaded now";
        Problem::new(Code::NotFound, detail)
    })
}

/// A sample as a picture of its first page (`NAME.png`) or as the document (`NAME.pdf`), of the template with this digest.
pub(super) async fn sample(
    State(ops): State<Ops>,
    Looker(_caller): Looker,
    Texts([digest, file]): Texts<2>,
) -> Result<Response, Problem> {
    let templates = ops.api().templates.current();
    let (name, is_picture) = match file.rsplit_once('.') {
        Some((name, "png")) => (name, true),
        Some((name, "pdf")) => (name, false),
        Some(_) | None => (file.as_str(), false),
    };
    let (template, body) = sample_of(&templates.catalog, &digest, name)?;
    let render = async || -> Result<Pdf, Problem> {
        let invoice = samples::read(template, body);
        let invoice = invoice.map_err(|invalid| Problem::invalid(&invalid))?;
        let job = RenderJob::prepare(&templates.catalog, &invoice);
        let mut job = job.map_err(|error| rendering(&error))?;
        job.order.picture = is_picture.then_some(PageOrder {
            page: 1,
            size: PictureSize::Small,
        });
        let pdf = templates.pool.render(&job).await;
        pdf.map_err(|error| rendering(&error))
    };
    if !is_picture {
        let Ok(_slot) = ops.api().previews().try_acquire() else {
            let detail = "too many previews at once; try again in a moment";
            return Err(Problem::new(Code::Overloaded, detail));
        };
        let pdf = render().await?;
        let name = format!("{name}.pdf");
        return Ok(answer::file(pdf.bytes.into(), "application/pdf", &name));
    }
    // A brand is not part of a template's digest, and of that of all files.
    let key = format!("{} {digest} {name}", templates.catalog.digest());
    let picture = ops.pictures().get(&key, async || picture(render().await?));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("image/png")),
        (
            CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=600"),
        ),
    ];
    Ok((headers, picture.await?).into_response())
}
