//! Pages as pictures, compared with those that a person has looked at.
//!
//! After a change that is meant: `UPDATE_PAGES=1 make test ARGS=documents::pictures`, and look at what `git diff` names.

use std::path::{Path, PathBuf};

use document::Catalog;
use serde_json::{Value, json};
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
    let stem = Path::new(sample).file_stem().expect("a name");
    let stem = stem.to_str().expect("UTF-8");
    let differences = differing(stem, &samples::sample(sample), pages).await;
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// What is wrong with pages of a document, by number. Pictures are named `<stem>-<page>.png`.
async fn differing(stem: &str, request: &Value, pages: &[usize]) -> Vec<String> {
    let pdf = render(request).await;
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("document.pdf");
    std::fs::write(&path, pdf).expect("written");
    let mut differences = Vec::new();
    for page in pages {
        let number = page.to_string();
        let options = ["-r", "30", "-gray", "-png", "-f", &number, "-l", &number];
        let picture = poppler("pdftoppm", &options, std::slice::from_ref(&path));
        let name = format!("{stem}-{page}.png");
        differences.extend(compare(&name, &picture));
    }
    differences
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
async fn an_invoice_with_everything_looks_as_reviewed() {
    check("invoice/samples/invoice-full.json", &[1]).await;
}

#[tokio::test]
async fn documents_with_every_field_look_as_reviewed() {
    check("invoice/samples/invoice-fullest.json", &[1, 2]).await;
    check("credit-note/samples/credit-note-fullest.json", &[1, 2]).await;
    check("receipt/samples/receipt-fullest.json", &[1, 2]).await;
    let mut roll = samples::sample("receipt/samples/receipt-fullest.json");
    roll["template"]["paper"] = "80mm".into();
    let mut arabic = samples::sample("invoice/samples/invoice-fullest.json");
    arabic["locale"] = "ar-AE".into();
    let mut differences = differing("receipt-fullest-80mm", &roll, &[1]).await;
    differences.extend(differing("invoice-fullest-ar-AE", &arabic, &[1, 2]).await);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn a_long_invoice_carries_its_sum_over_and_ends_as_reviewed() {
    check("invoice/samples/invoice-long.json", &[1, 2, 3]).await;
}

#[tokio::test]
async fn pages_with_more_than_usual_look_as_reviewed() {
    let mut differences = Vec::new();
    for (template, name) in [
        ("invoice", "paid"),
        ("invoice", "eleven-rates"),
        ("invoice", "long-names"),
        ("receipt", "long-names"),
        ("packing-slip", "long-names"),
    ] {
        let sample = samples::sample(&format!("{template}/samples/stress/{name}.json"));
        differences.extend(differing(&format!("{template}-{name}"), &sample, &[1]).await);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn a_swiss_invoice_ends_with_the_payment_part_as_reviewed() {
    check("invoice/samples/invoice-ch.json", &[1]).await;
}

#[tokio::test]
async fn a_receipt_with_prices_that_include_tax_looks_as_reviewed() {
    check("receipt/samples/receipt-with-tax.json", &[1]).await;
}

#[tokio::test]
async fn a_packing_slip_in_thai_looks_as_reviewed() {
    check("packing-slip/samples/packing-slip-th.json", &[1]).await;
}

/// The papers of a template. Only the receipt has a design for the roll.
fn papers(template: &str) -> &'static [&'static str] {
    match template {
        "receipt" => &["a4", "us-letter", "80mm"],
        _ => &["a4", "us-letter"],
    }
}

#[tokio::test]
async fn every_template_looks_as_reviewed_on_every_paper_in_both_directions() {
    let catalog = Catalog::load(&samples::templates()).expect("the templates");
    let mut differences = Vec::new();
    for template in catalog.templates() {
        for paper in papers(&template.name) {
            for locale in ["de-DE", "ar-AE", "he-IL"] {
                let request = in_direction(locale, &template.name, paper);
                let name = format!("{}-{paper}-{locale}", template.name);
                differences.extend(differing(&name, &request, &[1]).await);
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// A request with many fields for readers of this locale.
fn in_direction(locale: &str, template: &str, paper: &str) -> Value {
    let mut request = samples::sample(match locale {
        "ar-AE" => "invoice/samples/invoice-ar.json",
        "he-IL" => "invoice/samples/invoice-he.json",
        _ => "invoice/samples/invoice-de.json",
    });
    request["documentType"] = match template {
        "packing-slip" => "receipt".into(),
        other => other.into(),
    };
    request["template"] = json!({ "name": template, "paper": paper });
    if template == "credit-note" {
        let payment = request["payment"].as_object_mut();
        payment.expect("a payment").remove("means");
    }
    request["buyer"]["contact"] = json!({ "name": "2. Stock, Fr. Hazel" });
    request["buyer"]["legalId"] = json!({ "value": "HRB 4711" });
    request["delivery"]["date"] = "2026-11-20".into();
    request["references"]["precedingInvoices"] =
        json!([{ "number": "RE-17 (b)", "issueDate": "2026-11-01" }]);
    request["lines"][1]["unit"] = "XSA".into();
    request
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
