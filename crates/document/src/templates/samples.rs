//! Samples are rendered so that a broken template is found before a request needs it.

use std::fmt;

use futures_util::future::join_all;

use super::report::{self, Findings};
use crate::catalog::{Catalog, Template};
use crate::compiler::Pdf;
use crate::error::{Diagnostic, RenderError};
use crate::job::RenderJob;
use crate::renderer::Pool;
use invoice::model::TemplateChoice;
use invoice::{InvalidRequest, Invoice};

/// Largest sample, in bytes; the limit for requests does not apply.
const MAX_BYTES: usize = 16 << 20;

/// A sample, or the logo of a brand, that cannot be rendered.
#[derive(Debug)]
pub struct SampleFault {
    /// Its path, as the user named the folder.
    pub sample: String,
    /// The reason.
    pub problem: SampleProblem,
}

/// Why a sample cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum SampleProblem {
    /// It is not a valid request.
    #[error("{0}")]
    Request(#[from] InvalidRequest),
    /// Its template does not compile with it.
    #[error("{0}")]
    Render(#[from] RenderError),
    /// It is the logo of a brand, and no document can have it.
    #[error("the logo cannot be in a document: {0}")]
    Logo(String),
}

impl fmt::Display for SampleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.sample, self.problem)
    }
}

impl SampleFault {
    /// The fault as text for a terminal, with the lines of the template that it is about.
    pub fn explain(&self, catalog: &Catalog) -> String {
        match &self.problem {
            SampleProblem::Request(invalid) => invalid
                .problems()
                .map(|problem| format!("error: {problem}"))
                .collect::<Vec<_>>()
                .join("\n"),
            SampleProblem::Render(error) => report::render_error(error, catalog),
            problem @ SampleProblem::Logo(_) => format!("error: {problem}"),
        }
    }
}

/// All faults as text for a terminal.
pub fn report(faults: &[SampleFault], catalog: &Catalog) -> Findings {
    let mut findings = Findings::default();
    for fault in faults {
        findings.add(fault.explain(catalog), &fault.sample);
    }
    findings
}

/// Renders every sample of every template once. The faults are in the order of the samples.
pub async fn render_all(catalog: &Catalog, pool: &Pool) -> Vec<SampleFault> {
    let samples = catalog.templates().flat_map(|template| {
        catalog
            .samples(template)
            .map(move |(path, body)| (template, path, body))
    });
    let rendering = samples.map(async |(template, path, body)| {
        let rendered = async {
            let invoice = read(template, body)?;
            Ok(render(catalog, pool, &invoice).await?)
        };
        match rendered.await {
            Ok::<Pdf, SampleProblem>(pdf) => unknown_families(pdf).map(|problem| SampleFault {
                sample: catalog.shown(path),
                problem,
            }),
            // A missing font is not a fault of the template.
            Err(SampleProblem::Render(RenderError::FontMissing(_))) => None,
            Err(problem) => Some(SampleFault {
                sample: catalog.shown(path),
                problem,
            }),
        }
    });
    join_all(rendering).await.into_iter().flatten().collect()
}

/// Font families that the template names and no file has: the document would be in another font.
fn unknown_families(pdf: Pdf) -> Option<SampleProblem> {
    let warnings = pdf.warnings.into_iter();
    let unknown: Vec<Diagnostic> = warnings
        .filter(|warning| warning.unknown_family().is_some())
        .collect();
    if unknown.is_empty() {
        return None;
    }
    Some(SampleProblem::Render(RenderError::Template(unknown)))
}

/// Parses a sample as a request for its own template, also if it names another one.
///
/// # Errors
///
/// The sample is not a valid request.
pub fn read(template: &Template, body: &[u8]) -> Result<Invoice, InvalidRequest> {
    let mut invoice = invoice::parse(body, MAX_BYTES)?.invoice?;
    invoice.template = TemplateChoice {
        name: template.name.clone(),
        version: Some(template.version()),
        paper: invoice.template.paper,
    };
    Ok(invoice)
}

/// Renders one sample.
///
/// # Errors
///
/// The sample cannot be rendered.
async fn render(catalog: &Catalog, pool: &Pool, invoice: &Invoice) -> Result<Pdf, RenderError> {
    pool.render(&RenderJob::prepare(catalog, invoice)?).await
}
