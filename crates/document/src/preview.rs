//! Previews: one document from a request, rendered in this process, for template authors.

use invoice::{InvalidRequest, RequestLimits};

use crate::catalog::Catalog;
use crate::compiler::{Compiler, Pdf};
use crate::error::RenderError;
use crate::job::RenderJob;

/// A rendered document and pictures of it.
#[derive(Debug)]
pub struct Preview {
    /// The same bytes that a worker renders.
    pub pdf: Pdf,
    /// A PNG of each page, if pictures were requested.
    pub pictures: Vec<Vec<u8>>,
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The request is not valid.
    #[error("the request is not valid")]
    Request(#[from] InvalidRequest),
    /// The document cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// Renders one request within these limits.
///
/// # Errors
///
/// The request is not valid, or it cannot be rendered.
pub fn preview(
    catalog: &Catalog,
    body: &[u8],
    limits: RequestLimits,
    with_pictures: bool,
) -> Result<Preview, PreviewError> {
    let invoice = invoice::parse(body, limits)?.invoice?;
    let RenderJob {
        order,
        view,
        files,
        facts,
        ..
    } = RenderJob::prepare(catalog, &invoice)?;
    let compiler = Compiler::new(catalog);
    let (pdf, pictures) = if with_pictures {
        compiler.compile_with_pictures(&order, view, files, &facts)?
    } else {
        (compiler.compile(&order, view, files, &facts)?, Vec::new())
    };
    Ok(Preview { pdf, pictures })
}
