//! Pages of the shipped templates, whole ones and broken ones.

mod bases;
mod beyond;
mod contrived;
mod generated;
mod labels;
mod mutants;
mod requests;
mod samples;

use invoice::Invoice;

use crate::catalog::Catalog;
use crate::compiler::Compiler;
use crate::error::RenderError;
use crate::job::RenderJob;

/// What the check says of the pages of an invoice; an error is any other reason why there is no document.
fn mismatches(
    catalog: &Catalog,
    compiler: &Compiler,
    invoice: &Invoice,
) -> Result<Vec<String>, RenderError> {
    let job = RenderJob::prepare(catalog, invoice)?;
    match compiler.compile(&job.order, job.view, job.files, &job.facts) {
        Ok(_) => Ok(Vec::new()),
        Err(RenderError::ContentMismatch(mismatches)) => {
            Ok(mismatches.iter().map(ToString::to_string).collect())
        }
        Err(other) => Err(other),
    }
}
