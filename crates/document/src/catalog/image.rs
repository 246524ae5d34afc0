//! Images of templates and brands: what kind they are, and that they are not too large to be set.

use typst::foundations::Bytes;
use typst::visualize::{ExchangeFormat, RasterImage, SvgImage};

/// Largest image file. A logo takes a hundredth of it, and every document carries its images.
const MAX_BYTES: usize = 2 << 20;

/// Longest side in pixels: a page of A4 at 360 dpi. A small file can hold a huge image, which takes four bytes a pixel
/// once it is decoded.
const MAX_PIXELS: usize = 4_200;

/// Whether a file of this name is an image.
pub(crate) fn is_image(path: &str) -> bool {
    kind(path).is_some()
}

/// Refuses an image that is too large, judging by its file and its first bytes.
pub(crate) fn check_size(path: &str, content: &[u8]) -> Result<(), String> {
    if content.len() > MAX_BYTES {
        return Err(format!(
            "has {} bytes; an image may have {MAX_BYTES}",
            content.len()
        ));
    }
    match kind(path) {
        None | Some(Kind::Svg) => Ok(()),
        Some(Kind::Raster(_)) => {
            let size = imagesize::blob_size(content)
                .map_err(|error| format!("is no image of its kind: {error}"))?;
            if size.width.max(size.height) > MAX_PIXELS {
                return Err(format!(
                    "has {} x {} pixels; a side may have {MAX_PIXELS}",
                    size.width, size.height
                ));
            }
            Ok(())
        }
    }
}

/// Width by height of an image that can be decoded.
pub(crate) fn ratio(path: &str, content: &[u8]) -> Result<f64, String> {
    check_size(path, content)?;
    let bytes = Bytes::new(content.to_vec());
    let (width, height) = match kind(path) {
        None => return Err("is no image: svg, png, jpg, gif or webp".to_owned()),
        Some(Kind::Svg) => {
            let image = SvgImage::new(bytes).map_err(|_| "is no SVG image")?;
            (image.width(), image.height())
        }
        Some(Kind::Raster(format)) => {
            let image = RasterImage::plain(bytes, format).map_err(|error| error.to_string())?;
            (f64::from(image.width()), f64::from(image.height()))
        }
    };
    if width > 0.0 && height > 0.0 {
        Ok(width / height)
    } else {
        Err("has no width or no height".to_owned())
    }
}

enum Kind {
    Svg,
    Raster(ExchangeFormat),
}

fn kind(path: &str) -> Option<Kind> {
    match path.rsplit_once('.')?.1 {
        "svg" => Some(Kind::Svg),
        "png" => Some(Kind::Raster(ExchangeFormat::Png)),
        "jpg" | "jpeg" => Some(Kind::Raster(ExchangeFormat::Jpg)),
        "gif" => Some(Kind::Raster(ExchangeFormat::Gif)),
        "webp" => Some(Kind::Raster(ExchangeFormat::Webp)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a PNG of this size.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend(width.to_be_bytes());
        png.extend(height.to_be_bytes());
        png.extend([8, 6, 0, 0, 0]);
        png
    }

    #[test]
    fn a_small_file_with_a_huge_image_is_refused_undecoded() {
        assert_eq!(check_size("/a.png", &png(4_200, 4_200)), Ok(()));
        let refusal = check_size("/a.png", &png(60_000, 60_000)).expect_err("too large");
        assert!(refusal.contains("60000 x 60000 pixels"), "{refusal}");
        let refusal = check_size("/a.svg", &vec![b' '; MAX_BYTES + 1]).expect_err("too large");
        assert!(refusal.contains("2097153 bytes"), "{refusal}");
    }

    #[test]
    fn a_logo_has_to_be_an_image_of_the_kind_that_its_name_says() {
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"/>"#;
        assert_eq!(ratio("/logo.svg", svg), Ok(4.0));
        for (path, content) in [
            ("/logo.svg", &b"<svg"[..]),
            ("/logo.png", svg),
            ("/logo.png", &png(10, 10)),
            ("/logo.txt", svg),
            ("/logo", svg),
        ] {
            assert!(ratio(path, content).is_err(), "{path}");
        }
    }
}
