//! Previews: one document of an invoice, rendered in this process, for template authors.

use invoice::Invoice;

use crate::catalog::Catalog;
use crate::compiler::{Compiler, Pdf};
use crate::error::RenderError;
use crate::job::RenderJob;

/// A rendered document and pictures of it.
#[derive(Debug)]
pub struct Preview {
    /// The same bytes that a renderer gives a worker.
    pub pdf: Pdf,
    /// A PNG of each page, if pictures were requested.
    pub pictures: Vec<Vec<u8>>,
}

/// Renders one document.
///
/// # Errors
///
/// It cannot be rendered.
pub fn preview(
    catalog: &Catalog,
    invoice: &Invoice,
    with_pictures: bool,
) -> Result<Preview, RenderError> {
    let RenderJob {
        order, view, files, ..
    } = RenderJob::prepare(catalog, invoice)?;
    let compiler = Compiler::new(catalog);
    let (pdf, pictures) = if with_pictures {
        compiler.compile_with_pictures(&order, view, files)?
    } else {
        (compiler.compile(&order, view, files)?, Vec::new())
    };
    Ok(Preview { pdf, pictures })
}
