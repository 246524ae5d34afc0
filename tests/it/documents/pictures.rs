//! Pages as pictures, compared with those that a person has looked at.
//!
//! After a change that is meant: `UPDATE_PAGES=1 make test ARGS=documents::pictures`, and look at what `git diff` names.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{poppler, render};
use crate::harness::samples;

/// Pixels of a side of the squares that are compared: two or three letters at this resolution.
const SQUARE: usize = 6;

/// How much the mean grey of a square may differ. Versions of poppler smooth edges differently; a letter that is missing
/// makes three times as much.
const TOLERANCE: f64 = 16.0;

/// Checks pages of a sample, by number.
async fn check(sample: &str, pages: &[usize]) {
    let pdf = render(&samples::sample(sample)).await;
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("document.pdf");
    std::fs::write(&path, pdf).expect("written");
    let stem = Path::new(sample).file_stem().expect("a name");
    let stem = stem.to_str().expect("UTF-8");
    let mut differences = Vec::new();
    for page in pages {
        let number = page.to_string();
        let options = ["-r", "30", "-gray", "-png", "-f", &number, "-l", &number];
        let picture = poppler("pdftoppm", &options, std::slice::from_ref(&path));
        let name = format!("{stem}-{page}.png");
        differences.extend(compare(&name, &picture));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// What is wrong with a picture.
fn compare(name: &str, picture: &[u8]) -> Option<String> {
    let expected_path = reviewed().join(name);
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::create_dir_all(reviewed()).expect("a folder");
        std::fs::write(&expected_path, picture).expect("written");
        return None;
    }
    let expected = std::fs::read(&expected_path).unwrap_or_default();
    let problem = difference(&expected, picture)?;
    let actual_path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&actual_path, picture).expect("written");
    Some(format!(
        "{name}: {problem}. Compare {} with {}",
        actual_path.display(),
        expected_path.display()
    ))
}

fn reviewed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots/pages")
}

fn difference(expected: &[u8], actual: &[u8]) -> Option<String> {
    if expected.is_empty() {
        return Some("this page has not been reviewed yet".into());
    }
    let (expected, actual) = (Grey::new(expected), Grey::new(actual));
    if (expected.width, expected.height) != (actual.width, actual.height) {
        return Some(format!(
            "{} x {} instead of {} x {} pixels",
            actual.width, actual.height, expected.width, expected.height
        ));
    }
    for top in (0..actual.height).step_by(SQUARE) {
        for left in (0..actual.width).step_by(SQUARE) {
            let difference = (expected.mean(left, top) - actual.mean(left, top)).abs();
            if difference > TOLERANCE {
                return Some(format!(
                    "differs at {left}, {top} by {difference:.0} of 255"
                ));
            }
        }
    }
    None
}

struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Grey {
    fn new(png: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(png))
            .read_info()
            .expect("a PNG");
        let size = reader
            .output_buffer_size()
            .expect("a picture of ordinary size");
        let mut pixels = vec![0; size];
        let info = reader.next_frame(&mut pixels).expect("a picture");
        // Some versions of pdftoppm write a grey picture with three equal channels.
        let samples = info.color_type.samples();
        Self {
            width: info.width as usize,
            height: info.height as usize,
            pixels: pixels.into_iter().step_by(samples).collect(),
        }
    }

    /// The mean grey of a square; at the edges of the page a part of one.
    fn mean(&self, left: usize, top: usize) -> f64 {
        let (right, bottom) = (self.width.min(left + SQUARE), self.height.min(top + SQUARE));
        let rows = (top..bottom)
            .map(|row| &self.pixels[row * self.width + left..row * self.width + right]);
        let (sum, count) = rows.flatten().fold((0_u32, 0_u32), |(sum, count), pixel| {
            (sum + u32::from(*pixel), count + 1)
        });
        f64::from(sum) / f64::from(count)
    }
}

#[tokio::test]
async fn an_invoice_looks_as_reviewed() {
    check("invoice/samples/invoice-de.json", &[1]).await;
}

#[tokio::test]
async fn an_invoice_with_everything_looks_as_reviewed() {
    check("invoice/samples/invoice-full.json", &[1, 2]).await;
}

#[tokio::test]
async fn a_long_invoice_carries_its_sum_over_and_ends_as_reviewed() {
    check("invoice/samples/invoice-long.json", &[1, 2, 4]).await;
}

#[tokio::test]
async fn a_swiss_invoice_ends_with_the_payment_part_as_reviewed() {
    check("invoice/samples/invoice-ch.json", &[1]).await;
}

#[tokio::test]
async fn right_to_left_invoices_are_mirrored_as_reviewed() {
    check("invoice/samples/invoice-ar.json", &[1]).await;
    check("invoice/samples/invoice-he.json", &[1]).await;
}

#[tokio::test]
async fn a_credit_note_looks_as_reviewed() {
    check("credit-note/samples/credit-note-de.json", &[1]).await;
}

#[tokio::test]
async fn receipts_look_as_reviewed_on_sheets_and_rolls() {
    check("receipt/samples/receipt-fr.json", &[1]).await;
    check("receipt/samples/receipt-roll.json", &[1]).await;
    check("receipt/samples/receipt-roll-ar.json", &[1]).await;
}

#[tokio::test]
async fn packing_slips_look_as_reviewed() {
    check("packing-slip/samples/packing-slip-de.json", &[1]).await;
    check("packing-slip/samples/packing-slip-th.json", &[1]).await;
}

#[test]
fn a_page_that_lacks_a_word_or_has_another_size_is_noticed() {
    let page = |width: u32, word: bool| {
        let mut pixels = vec![255_u8; width as usize * 64];
        if word {
            for x in 16..28 {
                pixels[30 * width as usize + x..][..1].fill(0);
                pixels[33 * width as usize + x..][..1].fill(0);
            }
        }
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, width, 64);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&pixels).expect("pixels");
        writer.finish().expect("an end");
        png
    };
    let reviewed = page(64, true);
    assert_eq!(difference(&reviewed, &page(64, true)), None);
    for other in [page(64, false), page(72, true)] {
        assert!(difference(&reviewed, &other).is_some());
    }
}
