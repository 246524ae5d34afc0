//! Logos of brands are tried before a document needs them: an image that can be decoded need not fit into an archivable PDF.

use futures_util::future::join_all;

use super::samples::{SampleFault, SampleProblem};
use crate::catalog::Catalog;
use crate::error::RenderError;
use crate::job::RenderJob;
use crate::renderer::Pool;

/// Renders a small document with each logo. The faults are in the order of the logos' paths.
pub async fn try_all(catalog: &Catalog, pool: &Pool) -> Vec<SampleFault> {
    let trying = catalog.brands().logos().map(async |path| {
        let error = pool
            .render(&RenderJob::of_logo(catalog, path))
            .await
            .err()?;
        Some(SampleFault {
            sample: catalog.shown(path),
            problem: problem(error),
        })
    });
    join_all(trying).await.into_iter().flatten().collect()
}

fn problem(error: RenderError) -> SampleProblem {
    let RenderError::Template(diagnostics) = error else {
        return SampleProblem::Render(error);
    };
    // The place is in the trial, which no person has written.
    let reasons = diagnostics.into_iter().map(|mut diagnostic| {
        diagnostic.location = None;
        diagnostic.to_string()
    });
    SampleProblem::Logo(reasons.collect::<Vec<_>>().join("; "))
}
