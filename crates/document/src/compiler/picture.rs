//! Pictures of pages, for template authors.

use typst::utils::Scalar;
use typst_layout::{Page, PagedDocument};
use typst_render::RenderOptions;

/// Two pixels a point are sharp on a screen, and quick to render.
const PIXELS_PER_POINT: f64 = 2.0;

/// One is enough for a picture among many others.
const SMALL_PIXELS_PER_POINT: f64 = 1.0;

/// A PNG of each page.
pub(super) fn of_pages(document: &PagedDocument) -> Vec<Vec<u8>> {
    let pages = document.pages().iter();
    pages
        .filter_map(|page| of(page, PIXELS_PER_POINT))
        .collect()
}

/// A PNG of a page, from 1; none where there is no such page.
pub(super) fn of_page(document: &PagedDocument, page: usize, is_small: bool) -> Option<Vec<u8>> {
    let pixels_per_point = if is_small {
        SMALL_PIXELS_PER_POINT
    } else {
        PIXELS_PER_POINT
    };
    of(
        document.pages().get(page.checked_sub(1)?)?,
        pixels_per_point,
    )
}

/// Encoding fails only for pictures without pixels.
fn of(page: &Page, pixels_per_point: f64) -> Option<Vec<u8>> {
    let options = RenderOptions {
        pixel_per_pt: Scalar::new(pixels_per_point),
        render_bleed: false,
    };
    typst_render::render(page, &options).encode_png().ok()
}
