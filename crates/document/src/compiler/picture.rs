//! Pictures of pages, for template authors.

use typst::utils::Scalar;
use typst_layout::PagedDocument;
use typst_render::RenderOptions;

/// Two pixels a point are sharp on a screen, and quick to render.
const PIXELS_PER_POINT: f64 = 2.0;

/// A PNG of each page.
pub(super) fn of_pages(document: &PagedDocument) -> Vec<Vec<u8>> {
    let options = RenderOptions {
        pixel_per_pt: Scalar::new(PIXELS_PER_POINT),
        render_bleed: false,
    };
    let pages = document.pages().iter();
    pages
        // Encoding fails only for pictures without pixels.
        .filter_map(|page| typst_render::render(page, &options).encode_png().ok())
        .collect()
}
