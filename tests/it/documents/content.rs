//! The words and numbers of a page, and what a file says about itself.

use serde_json::Value;

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
        // Marks of another script than their letter's.
        "\u{301}abc \u{e48}x A\u{5b0} \u{93c}b",
    ] {
        let mut request = samples::invoice();
        request["lines"][0]["name"] = name.into();
        request["buyer"]["name"] = name.into();
        render(&request).await;
    }
}

/// What a name may have beside letters: neither is it markup, nor does it become another text where a line breaks.
#[tokio::test]
async fn names_of_all_kinds_are_found_on_the_page() {
    let names = [
        "*bold* _it_ #let x = 1 $x^2$ @ref <lbl> //c /*d*/ ~ -- --- ... \\n #(".to_owned(),
        "Familie 👨\u{200d}👩\u{200d}👧 🏳️\u{200d}🌈 👍🏽 🇩🇪 1️⃣".to_owned(),
        "D\u{2060}E\u{feff}F \u{fe82c} G\u{200b}H\u{200d}I".to_owned(),
        "Office ffl ﬁ लाड़ा र्कि दुःख لا إله ﻻ".to_owned(),
        "חולצה\u{200e} כחולה\u{200e}שלי".to_owned(),
        "a\u{2067}b\u{2069} c\u{202e}d".to_owned(),
        "A\u{a0}B 5\u{a0}000\u{a0}kg 12\u{2009}500".to_owned(),
        "Donau\u{ad}dampf\u{ad}schiff\u{ad}fahrts\u{ad}gesell\u{ad}schafts\u{ad}kapitän".to_owned(),
        ["Mehl"; 20].join("-"),
        "A".repeat(120),
        "مستشفى".repeat(12),
    ];
    for name in names {
        for locale in ["de-DE", "ar-AE", "pl-PL"] {
            let mut request = samples::invoice();
            request["locale"] = locale.into();
            for line in 0..2 {
                request["lines"][line]["name"] = name.clone().into();
            }
            request["buyer"]["name"] = name.clone().into();
            render(&request).await;
        }
    }
}

/// Codes of units have digits, which are none of the quantity.
#[tokio::test]
async fn a_quantity_beside_a_unit_that_begins_with_a_digit_is_found_on_the_page() {
    for locale in ["de-DE", "fr-FR", "en-IN"] {
        let mut request = samples::invoice();
        request["locale"] = locale.into();
        for (line, quantity, unit) in [(0, "1200", "2P"), (1, "5", "33")] {
            request["lines"][line]["quantity"] = quantity.into();
            request["lines"][line]["unit"] = unit.into();
            remove(&mut request["lines"][line], "netAmount");
        }
        computed(&mut request);
        render(&request).await;
    }
}

/// Words of the request may be labels of the template by chance.
#[tokio::test]
async fn names_and_reasons_that_are_labels_are_found_on_the_page() {
    let tax = serde_json::json!({ "category": "S", "rate": "7" });
    for label in [
        "Übertrag",
        "Datum",
        "Gesamtbetrag \u{1d11e}",
        "Gesamtbetrag",
        "Artikel",
    ] {
        let mut request = samples::long_invoice();
        request["lines"][1]["name"] = label.into();
        request["lines"][1]["description"] = format!("{label}\n{label} 5,00 €").into();
        request["buyer"]["name"] = label.into();
        request["allowances"] =
            serde_json::json!([{ "amount": "1.00", "reason": label, "tax": tax }]);
        computed(&mut request);
        render(&request).await;
    }
}

/// The other cells of its row stand between its parts.
#[tokio::test]
async fn a_name_that_continues_on_the_next_page_has_its_values_on_the_first() {
    for short in 22..=27 {
        let mut request = samples::invoice();
        let mut line = request["lines"][0].clone();
        for name in ["netAmount", "allowances", "charges", "description"] {
            remove(&mut line, name);
        }
        line["name"] = "Mehl".into();
        let mut lines = vec![line.clone(); short];
        line["name"] = "Ein sehr langer Name eines Artikels "
            .repeat(6)
            .trim()
            .into();
        line["description"] = "Beschreibung ".repeat(60).trim().into();
        lines.push(line);
        for (index, line) in lines.iter_mut().enumerate() {
            line["id"] = (index + 1).to_string().into();
        }
        request["lines"] = lines.into();
        computed(&mut request);
        render(&request).await;
    }
}

/// Leaves the sums to be computed.
fn computed(request: &mut Value) {
    for name in ["totals", "taxBreakdown"] {
        remove(request, name);
    }
}

fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().expect("an object").remove(name);
}
