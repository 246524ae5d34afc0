//! Jobs: the input of a renderer for one document.

use icu_locale::LanguageIdentifier;
use invoice::{Invoice, Sha256Digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::attached;
use crate::bundle::KeptBrand;
use crate::catalog::brand::Brand;
use crate::catalog::{Catalog, Template};
use crate::content_check::collect;
use crate::error::RenderError;
pub use crate::job_file::JobFile;
use crate::locale::Formats;
use crate::order::{LOGO_TRIAL, SHEET};
pub use crate::order::{Order, PageOrder, PictureSize};
use crate::priority::Priority;
use crate::view::View;

/// A document with more lines than this almost never fits on one page.
const ONE_PAGE_LINES: usize = 20;

/// Everything needed to render one document.
#[derive(Clone, Debug)]
pub struct RenderJob {
    /// Template, logo and identifier of the document.
    pub order: Order,
    /// The data that the template reads: JSON.
    pub view: Vec<u8>,
    /// What the pages have to show: JSON, or empty where nothing is compared.
    pub facts: Vec<u8>,
    /// Further files that the template reads.
    pub files: Vec<JobFile>,
    /// What the document is rendered with.
    pub rendered_with: RenderedWith,
    /// Number of lines of the invoice, on which time and memory depend.
    pub lines: usize,
    /// How urgent it is.
    pub priority: Priority,
}

/// What a document was rendered with. The object's metadata and the record have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RenderedWith {
    /// Name of the template, as requests use it.
    pub template: String,
    /// Its version.
    pub version: String,
    /// Digest of its files, hexadecimal.
    pub digest: String,
    /// Digest of the shop's brand, hexadecimal; none if no brand applies.
    pub brand_digest: Option<String>,
}

impl RenderJob {
    /// Prepares an invoice for its template.
    ///
    /// # Errors
    ///
    /// The template, its version or the language does not exist, or no font has a letter of the language or of the request.
    pub fn prepare(catalog: &Catalog, invoice: &Invoice) -> Result<Self, RenderError> {
        let brand = catalog.brands().of(&invoice.identity);
        Self::prepare_with_brand(catalog, invoice, &brand)
    }

    /// Prepares an invoice with this brand instead of the shop's.
    ///
    /// # Errors
    ///
    /// Those of [`prepare`](Self::prepare).
    pub(crate) fn prepare_with_brand(
        catalog: &Catalog,
        invoice: &Invoice,
        brand: &Brand,
    ) -> Result<Self, RenderError> {
        let (template, language) = catalog.choose(invoice)?;
        Self::with_template(catalog, template, language, invoice, brand)
    }

    /// Prepares an invoice as it was prepared before, for this template, whatever the request names, and with this brand.
    /// The logo goes with the job: `catalog` need not have it.
    ///
    /// # Errors
    ///
    /// Those of [`prepare`](Self::prepare).
    pub fn prepare_again(
        catalog: &Catalog,
        template: &Template,
        invoice: &Invoice,
        brand: &KeptBrand,
    ) -> Result<Self, RenderError> {
        let language = template.language(invoice)?;
        let mut job = Self::with_template(catalog, template, language, invoice, &brand.brand)?;
        // The document has been issued: it is what it is.
        job.facts = Vec::new();
        job.files.extend(brand.logo.clone());
        Ok(job)
    }

    /// A document with nothing but this logo, by which it is tried.
    pub(crate) fn of_logo(catalog: &Catalog, path: &str) -> Self {
        let mut job = Self::of_ours(catalog, LOGO_TRIAL, json!({ "logo": path }));
        job.order.logo = Some(path.to_owned());
        job.order.ident = path.to_owned();
        job
    }

    /// A contact sheet with this data and these pictures, and a picture of it.
    pub(crate) fn of_sheet(catalog: &Catalog, data: Value, pictures: Vec<JobFile>) -> Self {
        let mut job = Self::of_ours(catalog, SHEET, data);
        job.order.picture = Some(PageOrder {
            page: 1,
            size: PictureSize::Sharp,
        });
        job.files = pictures;
        job
    }

    /// A document that is no invoice, of a template of the program's own.
    fn of_ours(catalog: &Catalog, template: &str, mut data: Value) -> Self {
        data["fonts"] = json!(catalog.fonts().families(&LanguageIdentifier::UNKNOWN));
        Self {
            order: Order {
                template: template.to_owned(),
                logo: None,
                ident: template.to_owned(),
                may_be_one_page: true,
                picture: None,
            },
            view: data.to_string().into_bytes(),
            facts: Vec::new(),
            files: Vec::new(),
            rendered_with: RenderedWith {
                template: template.to_owned(),
                version: String::new(),
                digest: String::new(),
                brand_digest: None,
            },
            lines: 0,
            priority: Priority::Ordinary,
        }
    }

    fn with_template(
        catalog: &Catalog,
        template: &Template,
        language: &str,
        invoice: &Invoice,
        brand: &Brand,
    ) -> Result<Self, RenderError> {
        let formats = Formats::for_locale(&invoice.locale, invoice.currency);
        let view = View::of(invoice, template, language, catalog, brand, &formats)?;
        let texts = catalog.labels(template, language);
        let coverage = catalog.fonts().coverage();
        let facts = collect::facts(invoice, template, texts, &formats, coverage);
        let mut files = view.files;
        files.extend(attached::files(&invoice.attachments));
        Ok(Self {
            order: Order {
                template: template.folder.clone(),
                logo: brand.logo.clone(),
                ident: invoice.identity.to_string(),
                may_be_one_page: invoice.lines.len() <= ONE_PAGE_LINES,
                picture: None,
            },
            view: view.json,
            facts,
            files,
            rendered_with: RenderedWith {
                template: template.name.clone(),
                version: template.version(),
                digest: template.digest.to_string(),
                brand_digest: brand.digest.as_ref().map(Sha256Digest::to_string),
            },
            lines: invoice.lines.len(),
            priority: Priority::Ordinary,
        })
    }
}
