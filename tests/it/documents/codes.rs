//! Payment codes as a phone sees them: found on the page and read.

use tempfile::TempDir;

use super::{poppler, render};
use crate::harness::samples;

#[tokio::test]
async fn a_phone_reads_the_girocode_of_an_invoice() {
    let read = codes(&render(&samples::invoice()).await);
    let expected = "BCD\n002\n1\nSCT\nCOBADEFFXXX\nNordlicht Handels GmbH\nDE89370400440532013000\nEUR278.20\n\n\n\
                    RE-2026-004711";
    assert_eq!(read, [expected]);
}

#[tokio::test]
async fn a_phone_reads_the_swiss_qr_code_through_the_cross_in_its_middle() {
    let read = codes(&render(&samples::sample("invoice/samples/invoice-ch.json")).await);
    assert_eq!(read.len(), 1, "{read:?}");
    let elements: Vec<&str> = read[0].split('\n').collect();
    assert_eq!(elements.len(), 31, "{elements:?}");
    assert_eq!(elements[..4], ["SPC", "0200", "1", "CH4431999123000889012"]);
    assert_eq!(elements[5], "Robert Schneider AG");
    assert_eq!(elements[18..20], ["243.30", "CHF"]);
    assert_eq!(elements[21], "Pia-Maria Rutschmann-Schnyder");
    assert_eq!(
        elements[27..],
        ["QRR", "210000000003139471430009017", "2026-1187", "EPD"]
    );
}

#[tokio::test]
async fn a_swiss_qr_code_has_every_letter_of_the_debtor_or_no_debtor() {
    let mut request = samples::sample("invoice/samples/invoice-ch.json");
    for (name, expected) in [
        ("Mu\u{308}ller Scho\u{308}pfer", "Müller Schöpfer"),
        ("Nguyễn Thị Hà", "Nguyen Thi Hà"),
        ("Пётр Müller", ""),
    ] {
        request["buyer"]["name"] = name.into();
        let read = codes(&render(&request).await);
        let elements: Vec<&str> = read[0].split('\n').collect();
        assert_eq!(elements[21], expected, "{name}");
        assert_eq!(elements[20].is_empty(), expected.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn nothing_due_means_nothing_to_scan() {
    let mut request = samples::invoice();
    request["totals"]["prepaid"] = "278.20".into();
    request["totals"]["due"] = "0.00".into();
    assert!(codes(&render(&request).await).is_empty());
}

/// What all codes on the pages say, at the resolution of a phone's camera.
fn codes(pdf: &[u8]) -> Vec<String> {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("document.pdf");
    std::fs::write(&path, pdf).expect("written");
    let pages = poppler("pdftoppm", &["-r", "300", "-gray"], &[path]);
    pictures(&pages)
        .into_iter()
        .flat_map(|(width, height, pixels)| {
            let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
                pixels[y * width + x]
            });
            let grids = image.detect_grids();
            let read = grids.iter().map(|grid| grid.decode().expect("readable").1);
            read.collect::<Vec<_>>()
        })
        .collect()
}

/// Grey pictures in the form PGM (`P5`, width, height, largest value, pixels), one after the other.
fn pictures(mut pgm: &[u8]) -> Vec<(usize, usize, &[u8])> {
    let mut pictures = Vec::new();
    while !pgm.is_empty() {
        let mut fields = pgm.splitn(4, |byte| byte.is_ascii_whitespace());
        let mut field = || std::str::from_utf8(fields.next().expect("a field")).expect("ASCII");
        assert_eq!(field(), "P5");
        let mut number = || field().parse::<usize>().expect("a number");
        let (width, height) = (number(), number());
        let rest = fields.next().expect("pixels");
        let pixels = rest.strip_prefix(b"255\n").expect("values up to 255");
        pictures.push((width, height, &pixels[..width * height]));
        pgm = &pixels[width * height..];
    }
    pictures
}
