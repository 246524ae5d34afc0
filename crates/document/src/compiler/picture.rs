//! Pictures of pages, for template authors and previews.

use std::collections::HashMap;

use typst::utils::Scalar;
use typst_layout::PagedDocument;
use typst_render::RenderOptions;

use crate::order::{PageOrder, PictureSize};

/// Two pixels a point are sharp on a screen, and quick to render.
const PIXELS_PER_POINT: f64 = 2.0;

/// One is enough for a picture among many others.
const SMALL_PIXELS_PER_POINT: f64 = 1.0;

/// The largest picture that a web page has inside, in bytes: in base64, with all the rest, it stays below 100 KB.
const INLINE_BYTES: usize = 40_000;

/// A PNG of each page.
pub(super) fn of_pages(document: &PagedDocument) -> Vec<Vec<u8>> {
    let pages = document.pages().iter();
    pages
        .filter_map(|page| {
            let drawn = typst_render::render(page, &options(PIXELS_PER_POINT));
            // It fails only for pictures without pixels.
            drawn.encode_png().ok()
        })
        .collect()
}

/// A light PNG of a page; none where there is no such page. Its colours may be rounded: people look at it, and do not compare it.
pub(super) fn of_page(document: &PagedDocument, wanted: PageOrder) -> Option<Vec<u8>> {
    let page = document.pages().get(wanted.page.checked_sub(1)?)?;
    let drawn = |pixels_per_point| {
        let drawn = typst_render::render(page, &options(pixels_per_point));
        let light = with_palette(drawn.width(), drawn.height(), drawn.data());
        light.or_else(|| drawn.encode_png().ok())
    };
    match wanted.size {
        PictureSize::Sharp => drawn(PIXELS_PER_POINT),
        PictureSize::Small => drawn(SMALL_PIXELS_PER_POINT),
        PictureSize::Inline => [PIXELS_PER_POINT, 1.5]
            .into_iter()
            .filter_map(drawn)
            .find(|png| png.len() <= INLINE_BYTES)
            .or_else(|| drawn(SMALL_PIXELS_PER_POINT)),
    }
}

fn options(pixels_per_point: f64) -> RenderOptions {
    RenderOptions {
        pixel_per_pt: Scalar::new(pixels_per_point),
        render_bleed: false,
    }
}

/// A PNG with a palette, which has a third of the bytes of one with all channels; none where these pixels (RGBA) are not opaque, or have
/// too many colours even when these are rounded, as a photograph has.
fn with_palette(width: u32, height: u32, pixels: &[u8]) -> Option<Vec<u8>> {
    /// A channel has 16 steps, of which black and white are two: the edges of letters need no more.
    fn rounded(channel: u8) -> u8 {
        channel.saturating_add(8) / 17 * 17
    }
    let (palette, indices) =
        indexed(pixels, |channel| channel).or_else(|| indexed(pixels, rounded))?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&indices).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

/// The colours of opaque pixels, and the index of each pixel in them; none where they are more than a palette has.
fn indexed(pixels: &[u8], change: impl Fn(u8) -> u8) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut palette = Vec::new();
    let mut places: HashMap<[u8; 3], u8> = HashMap::new();
    let mut indices = Vec::with_capacity(pixels.len() / 4);
    // Most pixels are like the one before.
    let mut last = None;
    for pixel in pixels.chunks_exact(4) {
        let &[red, green, blue, u8::MAX] = pixel else {
            return None;
        };
        let given = [red, green, blue];
        let index = match last {
            Some((colour, index)) if colour == given => index,
            Some(_) | None => {
                let colour = given.map(&change);
                let next = u8::try_from(places.len());
                match places.get(&colour) {
                    Some(index) => *index,
                    None => {
                        palette.extend(colour);
                        *places.entry(colour).or_insert(next.ok()?)
                    }
                }
            }
        };
        last = Some((given, index));
        indices.push(index);
    }
    Some((palette, indices))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Vec<u8> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("a picture");
        assert_eq!(info.color_type, png::ColorType::Rgb);
        pixels
    }

    fn opaque(colours: &[[u8; 3]]) -> Vec<u8> {
        let rgba = |[red, green, blue]: &[u8; 3]| [*red, *green, *blue, u8::MAX];
        colours.iter().flat_map(rgba).collect()
    }

    #[test]
    fn few_colours_stay_as_they_are() {
        let colours: Vec<_> = (0..=u8::MAX).map(|grey| [grey, 7, 255 - grey]).collect();
        let png = with_palette(16, 16, &opaque(&colours)).expect("a PNG");
        assert_eq!(decoded(&png), colours.concat());
    }

    #[test]
    fn more_colours_are_rounded_and_black_and_white_stay() {
        let mut colours: Vec<_> = (0..=u8::MAX).map(|grey| [grey, grey, grey]).collect();
        colours.extend((0..=u8::MAX).map(|red| [red, 0, 0]));
        let png = with_palette(32, 16, &opaque(&colours)).expect("a PNG");
        let pixels = decoded(&png);
        for (pixel, colour) in pixels.chunks(3).zip(&colours) {
            for (channel, exact) in pixel.iter().zip(colour) {
                assert!(channel.abs_diff(*exact) <= 8, "{pixel:?} is {colour:?}");
            }
        }
        assert_eq!(pixels[..3], [0, 0, 0]);
        assert_eq!(pixels[255 * 3..256 * 3], [255, 255, 255]);
    }

    #[test]
    fn photographs_and_pictures_to_see_through_have_no_palette() {
        let channels = (0..=15).map(|step: u8| step * 17);
        let many: Vec<_> = channels
            .clone()
            .flat_map(|red| channels.clone().map(move |green| [red, green, 0]))
            .chain([[0, 0, 255]])
            .collect();
        assert!(with_palette(257, 1, &opaque(&many)).is_none());
        assert!(with_palette(1, 1, &[0, 0, 0, 254]).is_none());
    }
}
