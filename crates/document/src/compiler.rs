//! The compiler: renders documents in this process, one after the other, in one thread.

mod picture;
mod world;

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst::model::Document as _;
use typst::syntax::DiagSpan;
use typst::{World, WorldExt as _};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use self::world::{MAIN_FOLDER, NO_PACKAGES, RequestWorld, SharedWorld};
use crate::catalog::Catalog;
use crate::content_check;
use crate::error::{Diagnostic, Location, RenderError};
use crate::files::Files;
use crate::fonts::Fonts;
use crate::job::{JobFile, Order};
use crate::near::near;

/// Most pages of a document: three times the pages of the largest invoice, which has ten thousand lines.
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
    /// A PNG of the page that was asked for; none where there is no such page.
    pub picture: Option<Vec<u8>>,
    /// Faults of the template in spite of which the document was rendered, such as a font that does not exist.
    pub warnings: Vec<Diagnostic>,
    /// The renderer process that rendered it; none where it was rendered in this one.
    pub renderer: Option<RendererRun>,
}

/// The work of a renderer process on one document.
#[derive(Clone, Copy, Debug)]
pub struct RendererRun {
    /// Its process id.
    pub pid: Option<u32>,
    /// When it was sent the document.
    pub began: SystemTime,
    /// How long it took, with sending and reading.
    pub took: Duration,
}

/// Compiles templates to PDF.
pub struct Compiler {
    world: SharedWorld,
}

/// PDF/A-3a, for archives, which permits attached files; and PDF/UA-1, for assistive technology.
static STANDARDS: LazyLock<PdfStandards> = LazyLock::new(|| {
    PdfStandards::new(&[PdfStandard::A_3a, PdfStandard::Ua_1]).unwrap_or_default()
});

impl Compiler {
    /// A compiler for the templates of a loaded folder.
    pub fn new(catalog: &Catalog) -> Self {
        Self {
            world: SharedWorld::new(
                catalog.files(),
                catalog.templates().map(|template| &*template.folder),
                catalog.fonts(),
            ),
        }
    }

    /// A compiler for templates that a renderer process has received.
    pub(crate) fn with_files<'a>(
        files: &Files,
        folders: impl Iterator<Item = &'a str>,
        fonts: &Fonts,
    ) -> Self {
        Self {
            world: SharedWorld::new(files, folders, fonts),
        }
    }

    /// Renders one document, and compares it with its facts. The same order, view and files give the same bytes.
    ///
    /// # Errors
    ///
    /// The template does not exist or does not compile with this view, the document has more than [`MAX_PAGES`], or its pages do not
    /// show what the facts say.
    pub fn compile(
        &self,
        order: &Order,
        view: Vec<u8>,
        files: Vec<JobFile>,
        facts: &[u8],
    ) -> Result<Pdf, RenderError> {
        self.compile_with(order, view, files, facts, |_| ())
            .map(|(pdf, ())| pdf)
    }

    /// Renders one document, and a PNG of each page.
    ///
    /// # Errors
    ///
    /// Those of [`compile`](Self::compile).
    pub fn compile_with_pictures(
        &self,
        order: &Order,
        view: Vec<u8>,
        files: Vec<JobFile>,
        facts: &[u8],
    ) -> Result<(Pdf, Vec<Vec<u8>>), RenderError> {
        self.compile_with(order, view, files, facts, picture::of_pages)
    }

    /// Renders one document, and passes its pages to `look`.
    fn compile_with<T>(
        &self,
        order: &Order,
        view: Vec<u8>,
        files: Vec<JobFile>,
        facts: &[u8],
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
        // A page that prints the number of pages is laid out twice. Most documents have one page, so this is assumed first, and
        // the few longer ones are laid out again.
        if order.may_be_one_page
            && (compiled.output.as_ref()).is_ok_and(|document| document.pages().len() > 1)
        {
            world = world.with_pages();
            compiled = typst::compile(&world);
        }
        let mut document = compiled
            .output
            .map_err(|errors| RenderError::Template(diagnostics(&world, &errors)))?;
        if let (Smart::Custom(None), Some(date)) = (document.info().date, world.date_of_files()) {
            document.info_mut().date = Smart::Custom(Some(date));
        }
        let laid_out = Instant::now();
        let pages = document.pages().len();
        if pages > MAX_PAGES {
            return Err(RenderError::PagesTooMany {
                pages,
                limit: MAX_PAGES,
            });
        }
        let mismatches = content_check::check(&document, facts);
        if !mismatches.is_empty() {
            return Err(RenderError::ContentMismatch(mismatches));
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
            picture: order
                .picture
                .and_then(|wanted| picture::of_page(&document, wanted)),
            warnings: warnings(&world, &compiled.warnings),
            renderer: None,
        };
        Ok((pdf, look(&document)))
    }
}

/// Drops the entries of a document in typst's cache, also if its compilation failed. Without this a renderer grows by almost
/// two megabytes a document.
struct EvictOnDrop;

impl Drop for EvictOnDrop {
    fn drop(&mut self) {
        // This must be typst's own comemo: a second copy of the crate would evict nothing, without an error.
        typst::comemo::evict(1);
    }
}

fn diagnostics(world: &RequestWorld<'_>, errors: &[SourceDiagnostic]) -> Vec<Diagnostic> {
    errors
        .iter()
        .map(|error| {
            let location = location(world, error.span);
            let is_own = |location: &Location| !location.file.starts_with(MAIN_FOLDER);
            let mut hints: Vec<String> =
                error.hints.iter().map(|hint| hint.v.to_string()).collect();
            // What is within an image has no place in a source.
            if location.is_none()
                && let Some(logo) = world.svg_logo()
            {
                hints.push(format!("it is probably in the logo of the brand, {logo}"));
            }
            Diagnostic {
                message: match &location {
                    Some(location) if !is_own(location) => {
                        world.message_of_call(&message(&error.message))
                    }
                    Some(_) | None => message(&error.message),
                },
                location: location.filter(is_own),
                hints,
                calls: error
                    .trace
                    .iter()
                    .filter_map(|point| self::location(world, point.span))
                    .filter(is_own)
                    .collect(),
            }
        })
        .collect()
}

/// What the compiler puts before the words of a `panic`.
const PANICKED: &str = "panicked with: ";

/// A message in the words of template authors.
fn message(message: &str) -> String {
    if message.contains(NO_PACKAGES) {
        return NO_PACKAGES.to_owned();
    }
    // A template stops the document with words of its own.
    let message = message.strip_prefix(PANICKED).unwrap_or(message);
    // Paths begin at the templates folder.
    message.replace("(searched at /", "(searched at ")
}

/// Warnings; one about a font family that no file has names those that were probably meant.
fn warnings(world: &RequestWorld<'_>, warnings: &[SourceDiagnostic]) -> Vec<Diagnostic> {
    let mut warnings = diagnostics(world, warnings);
    for warning in &mut warnings {
        if let Some(family) = warning.unknown_family() {
            let near = near(family, world.book().families().map(|(name, _)| name));
            if !near.is_empty() {
                warning.hints.push(format!("there is {}", near.join(", ")));
            }
            let list = "`invoice-worker templates fonts` lists all families; FONTS_DIR names a folder with more";
            warning.hints.push(list.to_owned());
        }
    }
    warnings
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

#[cfg(test)]
mod tests;
