//! Pictures of pages, to look at while a template is written.

use typst::utils::Scalar;
use typst_layout::PagedDocument;
use typst_render::RenderOptions;

/// Two pixels a point: sharp on a screen, and still quick.
const PIXELS_PER_POINT: f64 = 2.0;

/// A PNG of each page.
pub(super) fn of_pages(document: &PagedDocument) -> Vec<Vec<u8>> {
    let options = RenderOptions {
        pixel_per_pt: Scalar::new(PIXELS_PER_POINT),
        render_bleed: false,
    };
    let pages = document.pages().iter();
    pages
        // Encoding fails for pictures without pixels only.
        .filter_map(|page| typst_render::render(page, &options).encode_png().ok())
        .collect()
}
