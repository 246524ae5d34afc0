//! Images of templates and brands: their kind and size.

use super::image_parts;
use typst::foundations::Bytes;
use typst::visualize::{ExchangeFormat, RasterImage, SvgImage};

/// Largest image file, in bytes. An ordinary logo has a hundredth of it, and every document has a copy of its images.
const MAX_BYTES: usize = 2 << 20;

/// Longest side in pixels: that of an A4 page at 360 dpi. A small file can have a huge image, which takes four bytes of
/// memory a pixel when it is decoded.
const MAX_PIXELS: usize = 4_200;

/// Whether a file of this name is an image.
pub(crate) fn is_image(path: &str) -> bool {
    kind(path).is_some()
}

/// Refuses an image that is too large. It reads the head of the file and decodes nothing.
pub(crate) fn check_size(path: &str, content: &[u8]) -> Result<(), String> {
    if content.len() > MAX_BYTES {
        return Err(format!(
            "has {} bytes, expected at most {MAX_BYTES} for an image",
            content.len()
        ));
    }
    match kind(path) {
        None | Some(Kind::Svg) => Ok(()),
        Some(Kind::Raster(format)) => {
            let size = imagesize::blob_size(content).map_err(|_| no_image(format))?;
            if size.width.max(size.height) > MAX_PIXELS {
                return Err(format!(
                    "has {} x {} pixels, expected at most {MAX_PIXELS} a side",
                    size.width, size.height
                ));
            }
            Ok(())
        }
    }
}

/// The width of an image divided by its height. An image that cannot be decoded is refused, and so is one that could take
/// much more memory than its pixels: it is decoded in this process, which has no limit.
pub(crate) fn ratio(path: &str, content: &[u8]) -> Result<f64, String> {
    check_size(path, content)?;
    match kind(path) {
        None => {}
        Some(Kind::Svg) => image_parts::check_svg(content)?,
        Some(Kind::Raster(ExchangeFormat::Png)) => image_parts::check_png(content)?,
        Some(Kind::Raster(ExchangeFormat::Jpg)) => image_parts::check_jpeg(content)?,
        Some(Kind::Raster(ExchangeFormat::Gif)) => image_parts::check_gif(content)?,
        Some(Kind::Raster(ExchangeFormat::Webp)) => image_parts::check_webp(content)?,
    }
    let bytes = Bytes::new(content.to_vec());
    let (width, height) = match kind(path) {
        None => return Err("is not an image, expected svg, png, jpg, gif or webp".to_owned()),
        Some(Kind::Svg) => {
            let image = SvgImage::new(bytes).map_err(|_| "is no SVG image")?;
            (image.width(), image.height())
        }
        Some(Kind::Raster(format)) => {
            let image = RasterImage::plain(bytes, format).map_err(|_| no_image(format))?;
            (f64::from(image.width()), f64::from(image.height()))
        }
    };
    if width > 0.0 && height > 0.0 {
        Ok(width / height)
    } else {
        Err("has no width or no height".to_owned())
    }
}

/// What is wrong with a file that is not what its name says.
fn no_image(format: ExchangeFormat) -> String {
    let name = match format {
        ExchangeFormat::Png => "PNG",
        ExchangeFormat::Jpg => "JPEG",
        ExchangeFormat::Gif => "GIF",
        ExchangeFormat::Webp => "WebP",
    };
    format!("is no {name} image, or is damaged")
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
    fn a_logo_whose_colour_profile_could_become_gigabytes_is_refused_undecoded() {
        let mut bomb = png(4, 4);
        bomb.extend([0; 4]);
        bomb.extend(900_000_u32.to_be_bytes());
        bomb.extend(b"iCCPprofile\0\0");
        bomb.resize(bomb.len() + 900_000, 0);
        let refusal = ratio("/brands/logo.png", &bomb).expect_err("a bomb");
        assert!(refusal.contains("ancillary chunks"), "{refusal}");
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
