//! One document from a request, in this process: what template authors look at.

use invoice::InvalidRequest;

use crate::catalog::Catalog;
use crate::compiler::{Compiler, Pdf};
use crate::error::RenderError;
use crate::job::RenderJob;

/// A document to look at.
#[derive(Debug)]
pub struct Preview {
    /// The same bytes as a worker's.
    pub pdf: Pdf,
    /// A PNG of each page, where pictures were asked for.
    pub pictures: Vec<Vec<u8>>,
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The request is not valid.
    #[error("the request is not valid")]
    Request(#[from] InvalidRequest),
    /// The document cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// Renders one request of at most `max_bytes`.
pub fn preview(
    catalog: &Catalog,
    body: &[u8],
    max_bytes: usize,
    with_pictures: bool,
) -> Result<Preview, PreviewError> {
    let invoice = invoice::parse(body, max_bytes)?.invoice?;
    let RenderJob {
        order, view, files, ..
    } = RenderJob::prepare(catalog, &invoice)?;
    let compiler = Compiler::new(catalog);
    let (pdf, pictures) = if with_pictures {
        compiler.compile_with_pictures(&order, view, files)?
    } else {
        (compiler.compile(&order, view, files)?, Vec::new())
    };
    Ok(Preview { pdf, pictures })
}
