//! `/templates/{digest}/{sample}/sheet`: a sample in every language of its template at a glance.

use std::num::NonZeroU16;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use document::catalog::Template;
use document::templates::sheet::{self, Sample, SheetError, Side};
use document::{Pdf, Priority, TemplateSnapshot};
use serde::Deserialize;

use super::answer;
use super::state::Ops;
use super::templates::name_of;
use crate::http::auth::Looker;
use crate::http::path::Texts;
use crate::http::preview::rendering;
use crate::http::problem::{Code, Problem};
use crate::http::query::Query;

/// Which part of a contact sheet that has several: a page has 48 pictures at most.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SheetQuery {
    /// From 1.
    part: Option<NonZeroU16>,
}

/// The contact sheet of a sample as a PDF. It takes some dozens of documents, so sheets are made one by one and kept, and their
/// documents come after those of previews.
pub(super) async fn sheet(
    State(ops): State<Ops>,
    Looker(_caller): Looker,
    Texts([digest, name]): Texts<2>,
    Query(query): Query<SheetQuery>,
) -> Result<Response, Problem> {
    let templates = ops.api().templates.current();
    let catalog = &templates.catalog;
    let found = catalog.with_digest(&digest).and_then(|template| {
        let mut samples = Sample::all(catalog, template).into_iter();
        let sample = samples.find(|it| it.in_every_language && name_of(it.path) == name)?;
        Some((template, sample))
    });
    let (template, sample) = found.ok_or_else(|| {
        let detail = "there is no such sample of a template that is loaded now";
        Problem::new(Code::NotFound, detail)
    })?;
    let part = usize::from(query.part.map_or(1, NonZeroU16::get));
    let count = sheet::count_of(template);
    if part > count {
        return Err(no_part(count));
    }
    let key = |part: usize| format!("{} {digest} {name} {part}", catalog.digest());
    let file = |pdf| answer::file(pdf, "application/pdf", &format!("{name}-sheet.pdf"));
    if let Some(pdf) = ops.sheets().kept(&key(part)) {
        return Ok(file(pdf));
    }
    let Ok(_slot) = ops.sheet_calls().try_acquire() else {
        let detail = "too many contact sheets at once; try again in a moment";
        return Err(Problem::new(Code::Overloaded, detail));
    };
    let make = async || {
        let mut made = None;
        // All parts are made together, so all are kept.
        for (index, pdf) in made_of(&templates, template, sample)
            .await?
            .into_iter()
            .enumerate()
        {
            if index + 1 == part {
                made = Some(pdf.bytes);
            } else {
                ops.sheets().keep(&key(index + 1), Bytes::from(pdf.bytes));
            }
        }
        made.ok_or_else(|| no_part(count))
    };
    Ok(file(ops.sheets().get(&key(part), make).await?))
}

/// The parts of the contact sheet of a sample.
async fn made_of(
    templates: &TemplateSnapshot,
    template: &Template,
    sample: Sample<'_>,
) -> Result<Vec<Pdf>, Problem> {
    let side = Side {
        catalog: &templates.catalog,
        pool: &templates.pool,
        priority: Priority::Bulk,
    };
    let sheets = sheet::of_sample(side, None, template, sample, &[], false).await;
    Ok(sheets.map_err(refusal)?.pages)
}

fn no_part(count: usize) -> Problem {
    let detail = format!("part: the contact sheet has {count} parts");
    Problem::new(Code::ParameterInvalid, detail)
}

/// Why there is no sheet.
fn refusal(error: SheetError) -> Problem {
    match error {
        SheetError::Sample(invalid) => Problem::invalid(&invalid),
        SheetError::Document { language, source } if !source.is_transient() => {
            Problem::failed(source.code(), format!("in {language}: {source}"))
        }
        SheetError::Document { source, .. } | SheetError::Sheet(source) => rendering(&source),
    }
}
