//! `render`: a document from a request, on this machine, without servers.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::error::WrongUsage;
use crate::config::Settings;
use crate::document::{Catalog, Compiler, RenderJob};
use crate::invoice;

/// Set one document from a request, without any server.
///
/// The same code as in the worker, and the same bytes.
#[derive(Debug, Args)]
pub struct Render {
    /// File with a request in JSON
    #[arg(value_name = "FILE")]
    request: PathBuf,
    /// Where to write the PDF
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl Render {
    pub(super) fn run(&self, settings: &Settings) -> anyhow::Result<()> {
        let body = fs::read(&self.request).map_err(|error| {
            WrongUsage(format!("cannot read {}: {error}", self.request.display()))
        })?;
        let documents = &settings.documents;
        let catalog = Catalog::load(&documents.templates_dir)?;
        let max_bytes = documents
            .request_max_bytes
            .try_into()
            .context("REQUEST_MAX_BYTES")?;
        let invoice = match invoice::parse(&body, max_bytes).and_then(|parsed| parsed.invoice) {
            Ok(invoice) => invoice,
            Err(invalid) => {
                for problem in invalid.problems() {
                    eprintln!("{} {problem}", problem.code.as_str());
                }
                anyhow::bail!("the request is not valid");
            }
        };
        let job = RenderJob::prepare(&catalog, &invoice)?;
        let pdf = Compiler::new(&catalog).compile(&job.order, job.view)?;
        fs::write(&self.output, &pdf.bytes)
            .with_context(|| format!("cannot write {}", self.output.display()))?;
        println!(
            "{}: {} pages, {} bytes",
            self.output.display(),
            pdf.pages,
            pdf.bytes.len()
        );
        Ok(())
    }
}
