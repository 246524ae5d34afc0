//! What is sent to a renderer for one document.

use invoice::{Invoice, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::error::RenderError;
pub use crate::job_file::JobFile;
use crate::view::View;

/// Documents with more lines than this hardly ever fit on one page.
const ONE_PAGE_LINES: usize = 20;

/// Everything needed to render one document.
#[derive(Clone, Debug)]
pub struct RenderJob {
    /// Template, logo and identifier of the document.
    pub order: Order,
    /// The data that the template reads: JSON.
    pub view: Vec<u8>,
    /// Files that the template reads beside it.
    pub files: Vec<JobFile>,
    /// What the document is rendered with.
    pub rendered_with: RenderedWith,
    /// Number of lines, which time and memory follow.
    pub lines: usize,
}

/// What a compiler has to know of a document beside its data and files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The template's folder.
    pub template: String,
    /// The logo of the document's brand: a path, which the template may read beside its own.
    pub logo: Option<String>,
    /// Identifies the document in the PDF.
    pub ident: String,
    /// Whether it is worth rendering it first as if it had one page.
    pub may_be_one_page: bool,
}

/// What a document was rendered with. It is kept with the object and in the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RenderedWith {
    /// Name of the template, as requests use it.
    pub template: String,
    /// Its version.
    pub version: String,
    /// Digest of its files, hexadecimal.
    pub digest: String,
    /// Digest of the shop's brand, hexadecimal; none where no brand applies.
    pub brand_digest: Option<String>,
}

impl RenderJob {
    /// Prepares an invoice for its template.
    ///
    /// # Errors
    ///
    /// Where there is no such template, version or language, or no font for the language or a letter of the request.
    pub fn prepare(catalog: &Catalog, invoice: &Invoice) -> Result<Self, RenderError> {
        let (template, language) = catalog.choose(invoice)?;
        let brand = catalog.brands().of(&invoice.identity);
        let view = View::of(invoice, language, catalog, &brand)?;
        Ok(Self {
            order: Order {
                template: template.folder.clone(),
                logo: brand.logo.clone(),
                ident: invoice.identity.to_string(),
                may_be_one_page: invoice.lines.len() <= ONE_PAGE_LINES,
            },
            view: view.json,
            files: view.files,
            rendered_with: RenderedWith {
                template: template.name.clone(),
                version: template.version(),
                digest: template.digest.to_string(),
                brand_digest: brand.digest.as_ref().map(Sha256Digest::to_string),
            },
            lines: invoice.lines.len(),
        })
    }
}
