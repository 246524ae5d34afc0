//! A QR code, and the written form of what it contains.

use fast_qr::{ECL, QRBuilder};
use serde::{Serialize, Serializer};

/// The path at which a template reads the pixels. They are a file of their own, because two thousand numbers in the view
/// would cost more than the rest of it.
pub(crate) const PIXELS_PATH: &str = "/payment-code.luma8";

/// A QR code as grey pixels, which typst embeds several times faster than an SVG.
#[derive(Debug, Serialize)]
pub(crate) struct Symbol {
    /// Pixels in a row. Each pixel is a module.
    pub(super) size: usize,
    /// The pixels, row by row; 0 is black, 255 is white. The view has the path of their file.
    #[serde(serialize_with = "path_of_pixels")]
    pub(super) pixels: Vec<u8>,
}

fn path_of_pixels<S: Serializer>(_: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(PIXELS_PATH)
}

impl Symbol {
    /// Encodes a text with error correction level M, which the specifications of both codes require.
    pub(super) fn new(payload: &str, quiet_zone: usize) -> Option<Self> {
        let code = QRBuilder::new(payload).ecl(ECL::M).build().ok()?;
        let size = code.size + 2 * quiet_zone;
        let mut pixels = vec![255; size * size];
        for row in 0..code.size {
            for column in 0..code.size {
                if code[row][column].value() {
                    pixels[(row + quiet_zone) * size + column + quiet_zone] = 0;
                }
            }
        }
        Some(Self { size, pixels })
    }
}

/// The written form of an IBAN (ISO 13616) or a creditor reference (ISO 11649).
pub(crate) fn in_groups_of_four(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = characters.chunks(4).map(String::from_iter).collect();
    groups.join(" ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Reads a symbol back, with modules of four pixels and a white margin.
    pub(crate) fn decode(symbol: &Symbol) -> String {
        const SCALE: usize = 4;
        const MARGIN: usize = 4 * SCALE;
        let width = symbol.size * SCALE + 2 * MARGIN;
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, width, |x, y| {
            let module = |at: usize| at.checked_sub(MARGIN).map(|at| at / SCALE);
            match (module(x), module(y)) {
                (Some(column), Some(row)) if column < symbol.size && row < symbol.size => {
                    symbol.pixels[row * symbol.size + column]
                }
                _ => 255,
            }
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "one code");
        grids[0].decode().expect("a code that can be read").1
    }

    #[test]
    fn a_symbol_reads_back_as_what_it_was_made_from() {
        for (payload, quiet_zone) in [("BCD\n002", 4), ("Zürich, Genève, Œuf", 0)] {
            let symbol = Symbol::new(payload, quiet_zone).expect("a symbol");
            assert_eq!(symbol.pixels.len(), symbol.size * symbol.size);
            assert_eq!(decode(&symbol), payload);
            // The quiet zone is white, the corner of the finder pattern black.
            assert_eq!(symbol.pixels[0], if quiet_zone > 0 { 255 } else { 0 });
            assert_eq!(symbol.pixels[quiet_zone * symbol.size + quiet_zone], 0);
        }
    }

    #[test]
    fn groups_of_four_end_with_what_is_left() {
        assert_eq!(
            in_groups_of_four("CH4431999123000889012"),
            "CH44 3199 9123 0008 8901 2"
        );
        assert_eq!(in_groups_of_four(""), "");
    }
}
