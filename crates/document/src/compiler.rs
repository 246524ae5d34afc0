//! Compiling documents in this process: one after the other, in one thread.

mod picture;
mod world;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst::syntax::DiagSpan;
use typst::{World, WorldExt as _};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use self::world::{MAIN_FOLDER, RequestWorld, SharedWorld};
use crate::catalog::Catalog;
use crate::error::{Diagnostic, Location, RenderError};
use crate::fonts::Fonts;
use crate::job::{JobFile, Order};

/// Most pages of a document: three times what the ten thousand lines of the largest invoice take.
pub const MAX_PAGES: usize = 1_000;

/// A rendered document.
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
    /// Faults of the template that did not prevent the document, such as a font that does not exist.
    pub warnings: Vec<Diagnostic>,
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
    /// From a loaded templates folder.
    pub fn new(catalog: &Catalog) -> Self {
        Self {
            world: SharedWorld::new(
                catalog.files(),
                catalog.templates().map(|template| &*template.folder),
                catalog.fonts(),
            ),
        }
    }

    /// Takes templates as a renderer process receives them.
    pub(crate) fn with_files<'a>(
        files: &BTreeMap<String, Vec<u8>>,
        folders: impl Iterator<Item = &'a str>,
        fonts: &Fonts,
    ) -> Self {
        Self {
            world: SharedWorld::new(files, folders, fonts),
        }
    }

    /// Renders one document. The same order, view and files give the same bytes.
    pub fn compile(
        &self,
        order: &Order,
        view: Vec<u8>,
        files: Vec<JobFile>,
    ) -> Result<Pdf, RenderError> {
        self.compile_with(order, view, files, |_| ())
            .map(|(pdf, ())| pdf)
    }

    /// Renders one document, and a PNG of each page.
    pub fn compile_with_pictures(
        &self,
        order: &Order,
        view: Vec<u8>,
        files: Vec<JobFile>,
    ) -> Result<(Pdf, Vec<Vec<u8>>), RenderError> {
        self.compile_with(order, view, files, picture::of_pages)
    }

    /// Renders one document, and passes its pages to `look`.
    fn compile_with<T>(
        &self,
        order: &Order,
        view: Vec<u8>,
        files: Vec<JobFile>,
        look: impl FnOnce(&PagedDocument) -> T,
    ) -> Result<(Pdf, T), RenderError> {
        let _evict = EvictOnDrop;
        let Some(mut world) = self.world.with_job(order, view, files) else {
            return Err(RenderError::TemplateUnknown {
                known: String::new(),
            });
        };
        let started = Instant::now();
        let mut compiled = typst::compile::<PagedDocument>(&world);
        // A page that asks how many there are is laid out twice. Most documents have one: so that is assumed, and the few
        // that turn out longer are laid out again.
        if order.may_be_one_page
            && (compiled.output.as_ref()).is_ok_and(|set| set.pages().len() > 1)
        {
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

/// Drops what the last document left in typst's memory, however it ended. Without this a renderer grows by almost two
/// megabytes a document.
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
