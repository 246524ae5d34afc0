//! Renders a document once more, as it was issued.

use document::{Pdf, RenderError, RenderJob, RenderedWith, TemplateSnapshot};
use invoice::Invoice;

use crate::database::sales_invoice::Model;

/// The document of a row, rendered with the templates in use. They need not be those that it was issued with, which the row
/// names by their digests (`template_digest`, `brand_digest`): the caller compares the bytes.
pub(super) async fn as_issued(
    templates: &TemplateSnapshot,
    invoice: &Invoice,
    _record: &Model,
) -> Result<(Pdf, RenderedWith), RenderError> {
    let job = RenderJob::prepare(&templates.catalog, invoice)?;
    let pdf = templates.pool.render(&job).await?;
    Ok((pdf, job.rendered_with))
}
