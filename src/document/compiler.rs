//! Setting documents in this process: one after the other, in one thread.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst::{World, WorldExt as _};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use super::catalog::Catalog;
use super::error::{Diagnostic, Location, RenderError};
use super::world::{RequestWorld, SharedWorld};

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
}

/// What a compiler has to know of a document beside its view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The template's name.
    pub template: String,
    /// The logo of the document's brand: a path, which the template may read beside its own.
    pub logo: Option<String>,
    /// Names the document for good; goes into the PDF's identifier.
    pub ident: String,
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
            world: SharedWorld::new(catalog),
        }
    }

    /// Sets one document. `view` is the JSON that the template reads: the same order and view give the same bytes.
    pub fn compile(&self, order: &Order, view: Vec<u8>) -> Result<Pdf, RenderError> {
        let _evict = EvictOnDrop;
        let world = self
            .world
            .with_request(&order.template, order.logo.as_deref(), view);
        let Some(world) = world else {
            return Err(RenderError::TemplateUnknown {
                known: String::new(),
            });
        };
        let started = Instant::now();
        let document: PagedDocument = typst::compile(&world)
            .output
            .map_err(|errors| RenderError::Template(diagnostics(&world, &errors)))?;
        let laid_out = Instant::now();
        let options = PdfOptions {
            ident: Smart::Custom(order.ident.clone()),
            creator: Smart::Custom(Some("invoice-worker".to_owned())),
            standards: STANDARDS.clone(),
            ..PdfOptions::default()
        };
        let bytes = typst_pdf::pdf(&document, &options)
            .map_err(|errors| RenderError::Template(diagnostics(&world, &errors)))?;
        Ok(Pdf {
            bytes,
            pages: document.pages().len(),
            layout: laid_out - started,
            export: laid_out.elapsed(),
        })
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
            location: location(world, error),
            message: error.message.to_string(),
            hints: error.hints.iter().map(|hint| hint.v.to_string()).collect(),
        })
        .collect()
}

fn location(world: &RequestWorld<'_>, error: &SourceDiagnostic) -> Option<Location> {
    let id = error.span.id()?;
    let start = world.range(error.span)?.start;
    let (line, column) = world.source(id).ok()?.lines().byte_to_line_column(start)?;
    Some(Location {
        file: id.get().vpath().get_with_slash().to_owned(),
        line: line + 1,
        column: column + 1,
    })
}
