//! Setting documents in this process: one after the other, in one thread.

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst::syntax::DiagSpan;
use typst::{World, WorldExt as _};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use super::catalog::{Catalog, CatalogError};
use super::error::{Diagnostic, Location, RenderError};
use super::fonts::Fonts;
use super::frame::Load;
use super::picture;
use super::world::{MAIN_FOLDER, Request, RequestWorld, SharedWorld};

/// Most pages of a document: three times what the ten thousand lines of the largest invoice take.
pub const MAX_PAGES: usize = 1_000;

/// A document that was set.
#[derive(Debug)]
pub struct Pdf {
    /// The file.
    pub bytes: Vec<u8>,
    /// Number of pages.
    pub pages: usize,
    /// Time taken for layout.
    pub layout: Duration,
    /// Time taken for writing the PDF.
    pub export: Duration,
    /// What the template should mend though the document was set, such as a font that there is not.
    pub warnings: Vec<Diagnostic>,
}

/// What a compiler has to know of a document beside its view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The template's folder.
    pub template: String,
    /// The logo of the document's brand: a path, which the template may read beside its own.
    pub logo: Option<String>,
    /// Names the document for good; goes into the PDF's identifier.
    pub ident: String,
    /// Whether it is worth trying to set it as if it had one page.
    pub may_be_one_page: bool,
    /// Bytes at the end of the view that are the pixels of the payment code.
    pub pixels: usize,
}

impl Order {
    /// Cuts the pixels off the view, whose JSON remains.
    pub fn take_pixels(&self, view: &mut Vec<u8>) -> Vec<u8> {
        view.split_off(view.len().saturating_sub(self.pixels))
    }
}

/// Compiles templates to PDF.
pub struct Compiler {
    world: SharedWorld,
}

/// Archivable with its source (PDF/A-3a) and readable by assistive technology (PDF/UA-1).
static STANDARDS: LazyLock<PdfStandards> = LazyLock::new(|| {
    PdfStandards::new(&[PdfStandard::A_3a, PdfStandard::Ua_1]).unwrap_or_default()
});

impl Compiler {
    /// Takes everything that it needs from the catalog.
    pub fn new(catalog: &Catalog) -> Self {
        Self {
            world: SharedWorld::new(
                catalog.files(),
                catalog.templates().map(|template| &*template.folder),
                catalog.fonts(),
            ),
        }
    }

    /// Takes templates as they came through a pipe, and more fonts from a folder.
    pub(super) fn received(
        load: Load,
        contents: &[u8],
        extra_fonts: Option<&Path>,
    ) -> Result<Self, CatalogError> {
        let files = load.files(contents);
        let fonts = Fonts::load(&files, extra_fonts)?;
        Ok(Self {
            world: SharedWorld::new(&files, load.folders.iter().map(String::as_str), &fonts),
        })
    }

    /// Sets one document. `view` is the JSON that the template reads, and the pixels of the payment code: the same order
    /// and view give the same bytes.
    pub fn compile(&self, order: &Order, view: Vec<u8>) -> Result<Pdf, RenderError> {
        self.compile_with(order, view, |_| ()).map(|(pdf, ())| pdf)
    }

    /// Sets one document; answers a PNG of each page beside the PDF.
    pub fn compile_with_pictures(
        &self,
        order: &Order,
        view: Vec<u8>,
    ) -> Result<(Pdf, Vec<Vec<u8>>), RenderError> {
        self.compile_with(order, view, picture::of_pages)
    }

    /// Sets one document, and shows its pages to `look` before they are gone.
    fn compile_with<T>(
        &self,
        order: &Order,
        mut view: Vec<u8>,
        look: impl FnOnce(&PagedDocument) -> T,
    ) -> Result<(Pdf, T), RenderError> {
        let _evict = EvictOnDrop;
        let logo = order.logo.as_deref();
        let one_page = order.may_be_one_page;
        let pixels = order.take_pixels(&mut view);
        let request = Request { view, pixels };
        let world = self
            .world
            .with_request(&order.template, logo, request, one_page);
        let Some(mut world) = world else {
            return Err(RenderError::TemplateUnknown {
                known: String::new(),
            });
        };
        let started = Instant::now();
        let mut compiled = typst::compile::<PagedDocument>(&world);
        // A page that asks how many there are is laid out twice. Most documents have one: so they are told so, and the
        // few that turn out longer are set once more.
        if one_page && (compiled.output.as_ref()).is_ok_and(|set| set.pages().len() > 1) {
            world = world.with_pages();
            compiled = typst::compile(&world);
        }
        let document = compiled
            .output
            .map_err(|errors| RenderError::Template(diagnostics(&world, &errors)))?;
        let laid_out = Instant::now();
        let pages = document.pages().len();
        if pages > MAX_PAGES {
            return Err(RenderError::PagesTooMany {
                pages,
                limit: MAX_PAGES,
            });
        }
        let options = PdfOptions {
            ident: Smart::Custom(order.ident.clone()),
            creator: Smart::Custom(Some("invoice-worker".to_owned())),
            standards: STANDARDS.clone(),
            ..PdfOptions::default()
        };
        let bytes = typst_pdf::pdf(&document, &options)
            .map_err(|errors| RenderError::Template(diagnostics(&world, &errors)))?;
        let pdf = Pdf {
            bytes,
            pages,
            layout: laid_out - started,
            export: laid_out.elapsed(),
            warnings: diagnostics(&world, &compiled.warnings),
        };
        Ok((pdf, look(&document)))
    }
}

/// Forgets what the last document left in typst's memory, however it ended. Without this a renderer grows by almost
/// two megabytes a document.
struct EvictOnDrop;

impl Drop for EvictOnDrop {
    fn drop(&mut self) {
        // typst's own comemo: a second copy of the crate would make this a silent no-op.
        typst::comemo::evict(1);
    }
}

fn diagnostics(world: &RequestWorld<'_>, errors: &[SourceDiagnostic]) -> Vec<Diagnostic> {
    errors
        .iter()
        .map(|error| Diagnostic {
            location: location(world, error.span),
            message: error.message.to_string(),
            hints: error.hints.iter().map(|hint| hint.v.to_string()).collect(),
            calls: error
                .trace
                .iter()
                .filter_map(|point| location(world, point.span))
                .filter(|call| !call.file.starts_with(MAIN_FOLDER))
                .collect(),
        })
        .collect()
}

fn location(world: &RequestWorld<'_>, span: impl Into<DiagSpan>) -> Option<Location> {
    let span = span.into();
    let id = span.id()?;
    let range = world.range(span)?;
    let source = world.source(id).ok()?;
    let lines = source.lines();
    let (line, column) = lines.byte_to_line_column(range.start)?;
    let (last_line, last_column) = lines.byte_to_line_column(range.end)?;
    let end = if last_line == line {
        last_column
    } else {
        let line = source.text().lines().nth(line).unwrap_or_default();
        line.chars().count()
    };
    Some(Location {
        file: id.get().vpath().get_with_slash().to_owned(),
        line: line + 1,
        column: column + 1,
        width: end.saturating_sub(column).max(1),
    })
}
