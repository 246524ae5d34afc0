//! Setting samples, so that a broken template is found before a request meets it.

use std::fmt;

use futures_util::future::join_all;

use super::catalog::{Catalog, Template};
use super::compiler::Pdf;
use super::error::RenderError;
use super::pool::Pool;
use super::report::{self, Findings};
use super::view::RenderJob;
use invoice::model::TemplateChoice;
use invoice::{self, InvalidRequest, Invoice};

/// Samples are read whatever the limit for requests is.
const MAX_BYTES: usize = 16 << 20;

/// A sample that does not become a document.
#[derive(Debug)]
pub struct SampleFault {
    /// The sample: its path in the templates folder.
    pub sample: String,
    /// Why.
    pub problem: SampleProblem,
}

/// Why a sample does not become a document.
#[derive(Debug, thiserror::Error)]
pub enum SampleProblem {
    /// It is no valid request.
    #[error("{0}")]
    Request(#[from] InvalidRequest),
    /// Its template does not compile with it.
    #[error("{0}")]
    Render(#[from] RenderError),
}

impl fmt::Display for SampleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.sample, self.problem)
    }
}

impl SampleFault {
    /// What is wrong, for a terminal: several lines, with the lines of the template that are meant.
    pub fn explain(&self, catalog: &Catalog) -> String {
        match &self.problem {
            SampleProblem::Request(invalid) => invalid
                .problems()
                .map(|problem| format!("error: {problem}"))
                .collect::<Vec<_>>()
                .join("\n"),
            SampleProblem::Render(error) => report::render_error(error, catalog),
        }
    }
}

/// All faults for a terminal.
pub fn report(faults: &[SampleFault], catalog: &Catalog) -> Findings {
    let mut findings = Findings::default();
    for fault in faults {
        findings.add(fault.explain(catalog), &fault.sample);
    }
    findings
}

/// Sets every sample of every template once; the faults are in the order of the samples.
pub async fn set_all(catalog: &Catalog, pool: &Pool) -> Vec<SampleFault> {
    let samples = catalog.templates().flat_map(|template| {
        catalog
            .samples(template)
            .map(move |(path, body)| (template, path, body))
    });
    let setting = samples.map(async |(template, path, body)| {
        let set = async {
            let invoice = read(template, body)?;
            Ok(set(catalog, pool, &invoice).await?)
        };
        match set.await {
            Ok::<Pdf, SampleProblem>(_) => None,
            // Not to have every font is no fault of a template.
            Err(SampleProblem::Render(RenderError::FontMissing(_))) => None,
            Err(problem) => Some(SampleFault {
                sample: path.to_owned(),
                problem,
            }),
        }
    });
    join_all(setting).await.into_iter().flatten().collect()
}

/// A sample as a request for its own template, whichever it names.
pub fn read(template: &Template, body: &[u8]) -> Result<Invoice, InvalidRequest> {
    let mut invoice = invoice::parse(body, MAX_BYTES)?.invoice?;
    invoice.template = TemplateChoice {
        name: template.name.clone(),
        version: Some(template.version()),
        paper: invoice.template.paper,
    };
    Ok(invoice)
}

/// Sets one sample.
pub async fn set(catalog: &Catalog, pool: &Pool, invoice: &Invoice) -> Result<Pdf, RenderError> {
    pool.render(&RenderJob::prepare(catalog, invoice)?).await
}
