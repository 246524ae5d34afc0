//! Checks the parts of an image file without decoding them. A decoder allocates what the file declares, so a part of a
//! kilobyte can become gigabytes of memory. Logos are decoded in the worker's own process, so they are checked before.

/// Most bytes of what is not the picture itself: colour profile, texts, camera data, animation. They are compressed up to a
/// thousand times. An ordinary colour profile has three kilobytes.
const MAX_ANCILLARY_BYTES: usize = 64 << 10;

/// Refuses a PNG with large ancillary chunks (PNG, section 5.3: the first letter of their type is in lower case).
pub(super) fn check_png(content: &[u8]) -> Result<(), String> {
    let mut ancillary = 0;
    let mut rest = content.get(8..).unwrap_or_default();
    while let Some((head, after)) = rest.split_at_checked(8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if head[4].is_ascii_lowercase() {
            ancillary += length;
        }
        if ancillary > MAX_ANCILLARY_BYTES {
            return Err(format!(
                "has more than {MAX_ANCILLARY_BYTES} bytes of colour profile, texts and other ancillary chunks: \
                 remove them, for example with `oxipng --strip all`"
            ));
        }
        // The checksum has four bytes.
        rest = after.get(length.saturating_add(4)..).unwrap_or_default();
    }
    Ok(())
}

/// Refuses a GIF with a frame that is larger than its screen (GIF89a, sections 18 to 20).
pub(super) fn check_gif(content: &[u8]) -> Result<(), String> {
    let broken = || "is not a complete GIF image".to_owned();
    let byte = |at: usize| content.get(at).copied().ok_or_else(broken);
    let number = |at: usize| Ok::<_, String>(u16::from_le_bytes([byte(at)?, byte(at + 1)?]));
    let colours = |packed: u8| match packed & 0x80 {
        0 => 0,
        _ => 3 << ((packed & 7) + 1),
    };
    let (width, height) = (number(6)?, number(8)?);
    let mut at = 13 + colours(byte(10)?);
    loop {
        match byte(at)? {
            0x21 => at += 2,
            0x2c => {
                let right = u32::from(number(at + 1)?) + u32::from(number(at + 5)?);
                let bottom = u32::from(number(at + 3)?) + u32::from(number(at + 7)?);
                if right > width.into() || bottom > height.into() {
                    return Err(format!(
                        "has a frame that reaches to {right} x {bottom} pixels, expected it within {width} x {height}"
                    ));
                }
                at += 10 + colours(byte(at + 9)?) + 1;
            }
            _ => return Ok(()),
        }
        // Blocks of data up to an empty one.
        loop {
            let length = usize::from(byte(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
    }
}

/// Refuses a JPEG with several frames (ITU-T T.81, section B.2.1): the first has the size that was checked.
pub(super) fn check_jpeg(content: &[u8]) -> Result<(), String> {
    let mut frames = 0;
    let mut rest = content.get(2..).unwrap_or_default();
    while let [0xff, marker, after @ ..] = rest {
        match marker {
            0xff => rest = &rest[1..],
            // Markers without content.
            0x01 | 0xd0..=0xd8 => rest = after,
            // The picture begins, or the file ends.
            0xd9 | 0xda => break,
            _ => {
                frames += usize::from(matches!(marker, 0xc0..=0xc3));
                let [high, low, ..] = after else { break };
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = after.get(length..).unwrap_or_default();
            }
        }
    }
    match frames {
        1 => Ok(()),
        _ => Err(format!(
            "has {frames} frame headers before its picture, expected one"
        )),
    }
}

/// Refuses a WebP that is animated, or whose picture has another size than its head says.
pub(super) fn check_webp(content: &[u8]) -> Result<(), String> {
    let mut sizes = Vec::new();
    let mut rest = content.get(12..).unwrap_or_default();
    while let Some((head, after)) = rest.split_at_checked(8) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        match (&head[..4], after) {
            (b"ANIM" | b"ANMF", _) => {
                return Err("is animated, expected one picture".to_owned());
            }
            (b"VP8X", [_, _, _, _, w0, w1, w2, h0, h1, h2, ..]) => sizes.push((
                u32::from_le_bytes([*w0, *w1, *w2, 0]) + 1,
                u32::from_le_bytes([*h0, *h1, *h2, 0]) + 1,
            )),
            (b"VP8 ", [_, _, _, _, _, _, w0, w1, h0, h1, ..]) => sizes.push((
                u32::from(u16::from_le_bytes([*w0, *w1]) & 0x3fff),
                u32::from(u16::from_le_bytes([*h0, *h1]) & 0x3fff),
            )),
            (b"VP8L", [_, a, b, c, d, ..]) => {
                let bits = u32::from_le_bytes([*a, *b, *c, *d]);
                sizes.push(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1));
            }
            _ => {}
        }
        rest = after
            .get(length.saturating_add(length & 1)..)
            .unwrap_or_default();
    }
    if sizes.windows(2).all(|sizes| sizes[0] == sizes[1]) {
        Ok(())
    } else {
        Err("has parts of different sizes, expected one picture".to_owned())
    }
}

/// Refuses an SVG that is compressed, or that embeds one which may be.
pub(super) fn check_svg(content: &[u8]) -> Result<(), String> {
    const PICTURES: [&str; 5] = [
        "data:image/png",
        "data:image/jpeg",
        "data:image/jpg",
        "data:image/gif",
        "data:image/webp",
    ];
    let text = std::str::from_utf8(content)
        .map_err(|_| "is compressed or is not UTF-8, expected SVG as text")?;
    let has_image = ["<image", ":image", "<feImage", ":feImage"]
        .iter()
        .any(|element| text.contains(element));
    let is_readable = match (text.contains("<!ENTITY"), text.contains("&#")) {
        (true, true) => false,
        (false, false) => true,
        (true, false) | (false, true) => !has_image,
    };
    let data = || text.match_indices("data:").map(|(at, _)| &text[at..]);
    let embeds_pictures_only =
        !has_image || data().all(|url| PICTURES.iter().any(|picture| url.starts_with(picture)));
    if is_readable && embeds_pictures_only {
        Ok(())
    } else {
        Err(
            "embeds another SVG, or an image in a form that cannot be checked; expected shapes, or embedded png, jpeg, gif \
             or webp images"
                .to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(chunks: &[(&[u8; 4], usize)]) -> Vec<u8> {
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, length) in chunks {
            png.extend(u32::try_from(*length).expect("a length").to_be_bytes());
            png.extend(*kind);
            png.extend(vec![0; length + 4]);
        }
        png
    }

    #[test]
    fn a_png_may_have_a_profile_and_no_bomb() {
        let small = [(b"IHDR", 13), (b"iCCP", 3_000), (b"IDAT", 1 << 20)];
        assert_eq!(check_png(&png(&small)), Ok(()));
        for chunks in [
            [(b"IHDR", 13), (b"iCCP", 900_000), (b"IDAT", 10)],
            [(b"zTXt", 40_000), (b"iTXt", 40_000), (b"IDAT", 10)],
        ] {
            let refusal = check_png(&png(&chunks)).expect_err("large chunks");
            assert!(refusal.contains("ancillary"), "{refusal}");
        }
        // A length that the file does not have.
        let mut cut = png(&[(b"IHDR", 13)]);
        cut.extend(b"\xff\xff\xff\xffiCCPxxxx");
        check_png(&cut).expect_err("a huge chunk");
    }

    #[test]
    fn a_gif_has_no_frame_beyond_its_screen() {
        let gif = |width: u16| {
            let mut gif = b"GIF89a\x04\0\x04\0\x80\0\0".to_vec();
            gif.extend([0; 6]);
            gif.extend(b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0");
            gif.extend(width.to_le_bytes());
            gif.extend(b"\x04\0\0\x02\x02\x44\x01\0\x3b");
            gif
        };
        assert_eq!(check_gif(&gif(4)), Ok(()));
        let refusal = check_gif(&gif(65_535)).expect_err("a huge frame");
        assert!(refusal.contains("65535 x 4"), "{refusal}");
        check_gif(b"GIF89a").expect_err("cut");
    }

    #[test]
    fn a_jpeg_has_one_frame() {
        let frame = b"\xff\xc0\0\x0b\x08\0\x04\0\x04\x01\x01\x11\0";
        let jpeg = |frames: usize| {
            let mut jpeg = b"\xff\xd8\xff\xe0\0\x04ab".to_vec();
            (0..frames).for_each(|_| jpeg.extend(frame));
            jpeg.extend(b"\xff\xda\0\x02");
            jpeg
        };
        assert_eq!(check_jpeg(&jpeg(1)), Ok(()));
        check_jpeg(&jpeg(2)).expect_err("two frames");
        check_jpeg(&jpeg(0)).expect_err("no frame");
    }

    #[test]
    fn the_parts_of_a_webp_have_one_size() {
        let webp = |width: u16| {
            let mut webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x03\0\0\x03\0\0".to_vec();
            webp.extend(b"VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a");
            webp.extend(width.to_le_bytes());
            webp.extend(b"\x04\0");
            webp
        };
        assert_eq!(check_webp(&webp(4)), Ok(()));
        check_webp(&webp(16_383)).expect_err("a huge picture");
    }

    #[test]
    fn an_svg_is_text_and_embeds_no_other() {
        let svg = |content: &str| {
            format!(r#"<svg xmlns="http://www.w3.org/2000/svg">{content}</svg>"#).into_bytes()
        };
        for allowed in [
            "<path d='M0 0'/>",
            "<image href='data:image/png;base64,AAAA'/>",
            "<title>Caf&#233;</title>",
        ] {
            assert_eq!(check_svg(&svg(allowed)), Ok(()), "{allowed}");
        }
        for refused in [
            "<image href='data:image/svg+xml;base64,H4sI'/>",
            "<svg:image href='data:;base64,H4sI'/>",
            "<image href='d&#97;ta:image/svg+xml;base64,H4sI'/>",
        ] {
            check_svg(&svg(refused)).expect_err(refused);
        }
        check_svg(b"\x1f\x8b\x08").expect_err("compressed");
    }
}
