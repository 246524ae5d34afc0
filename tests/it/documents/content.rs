//! The words and numbers of a page, and what a file says about itself.

use super::{assert_shows, pages, render};
use crate::harness::{Options, World, samples};

/// The header of the German table of lines, as [`pages`] gives it.
const HEADER: &str = "Pos.ArtikelMengeEinzelpreisUSt.BetragEUR";

#[tokio::test]
async fn a_receipt_shows_seller_buyer_lines_and_totals() {
    let pages = pages(&render(&samples::receipt()).await);
    assert_eq!(pages.len(), 1);
    assert_shows(
        &pages[0],
        &[
            "Receipt",
            "TikTok Shop · Nov 21, 2026",
            "Harbor Street Goods LLC",
            "12 Harbor Street",
            "Portland, OR 97201",
            "J. Rivera",
            "order456",
            "pkg789",
            "shop123",
            "12345",
            "Stoneware mug 2 14.50 29.00",
            "MUG-01",
            "T-shirt, size M 1 21.00 21.00",
            "TEE-07",
            "Subtotal $50.00",
            "Tax 0% on $50.00 $0.00",
            "Total $50.00",
            "Page 1 of 1",
        ],
    );
}

#[tokio::test]
async fn an_invoice_shows_parties_taxes_totals_and_payment_as_germans_write_them() {
    let pages = pages(&render(&samples::invoice()).await);
    assert_eq!(pages.len(), 1);
    assert_shows(
        &pages[0],
        &[
            "Rechnung RE-2026-004711",
            "Nordlicht Handels GmbH",
            "Hafenstraße 5",
            "20457 Hamburg",
            "rechnung@nordlicht.example",
            "Bäckerei Öztürk e. K.",
            "Marktplatz 1a",
            "37073 Göttingen",
            "DE987654321",
            "EINKAUF-22",
            "PO-88123",
            "Datum 21.11.2026",
            "Fällig am 21.12.2026",
            "1 Mehl Typ 550, 25 kg 12 Stk. 18,90 7 % 226,80",
            "2 Teigschaber, Edelstahl 3 Stk. 9,95 19 % 29,85",
            "Nettobetrag 256,65 €",
            "7 % USt. auf 226,80 € 15,88 €",
            "19 % USt. auf 29,85 € 5,67 €",
            "Umsatzsteuer gesamt 21,55 €",
            "Zahlbetrag 278,20 €",
            "DE89 3704 0044 0532 0130 00",
            "COBADEFFXXX",
            "Vielen Dank für Ihren Einkauf.",
            "USt-IdNr. DE123456789 · Registernummer HRB 12345",
            "Seite 1 von 1",
        ],
    );
}

#[tokio::test]
async fn a_long_invoice_repeats_the_table_header_and_counts_its_pages() {
    let request = samples::long_invoice();
    let pages = pages(&render(&request).await);
    assert!(pages.len() > 1, "{pages:?}");
    for (index, page) in pages.iter().enumerate() {
        let number = format!("Seite {} von {}", index + 1, pages.len());
        assert_shows(page, &[&number]);
        let has_lines = page.contains("NL-");
        assert_eq!(
            page.matches(HEADER).count(),
            usize::from(has_lines),
            "page {}: {page}",
            index + 1
        );
    }
    let whole = pages.concat();
    let lines = request["lines"].as_array().expect("lines");
    for line in lines {
        assert_shows(&whole, &[line["sku"].as_str().expect("an SKU")]);
    }
}

#[tokio::test]
async fn a_request_rendered_twice_gives_the_same_bytes() {
    for request in [samples::receipt(), samples::invoice()] {
        let (once, again) = tokio::join!(render(&request), render(&request));
        assert!(once == again, "the files differ");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_stores_the_bytes_that_render_writes() {
    let world = World::new(Options::sqlite()).await;
    let _worker = world.worker(&[]).await;
    for request in [samples::receipt(), samples::invoice()] {
        world.publish(request.to_string()).await;
        let row = world.wait_for_document(&samples::identity(&request)).await;
        let stored = world.object(&row.object_key.expect("a key")).await;
        assert!(stored == render(&request).await, "the files differ");
    }
}

#[tokio::test]
async fn documents_declare_themselves_archivable_and_accessible() {
    for request in [samples::receipt(), samples::invoice()] {
        // Archives read the metadata without decoding anything: PDF/A wants them uncompressed.
        let pdf = render(&request).await;
        let pdf = String::from_utf8_lossy(&pdf);
        for mark in [
            "<pdfaid:part>3</pdfaid:part>",
            "<pdfaid:conformance>A</pdfaid:conformance>",
            "<pdfuaid:part>1</pdfuaid:part>",
        ] {
            assert!(pdf.contains(mark), "{mark}");
        }
    }
}

/// A mark that is moved up or down is drawn apart from its letter.
#[tokio::test]
async fn names_with_marks_above_and_below_their_letters_are_found_on_the_page() {
    for name in [
        "แป้งสาลีชนิด 550 ถุง 25 กก.",
        "น้ำมันปาล์ม ที่ดีที่สุด",
        "Cafe\u{301}\u{301} Nguyễn Ặ\u{309}",
        "שָׁלוֹם עֲלֵיכֶם",
        "مُحَمَّدٌ ذُو الْفَقَار",
    ] {
        let mut request = samples::invoice();
        request["lines"][0]["name"] = name.into();
        request["buyer"]["name"] = name.into();
        render(&request).await;
    }
}
