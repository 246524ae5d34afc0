//! What a designer would look at: the headline, columns, breaks of pages and words, and the brand.

use std::fs;

use document::Catalog;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::layout::words;
use super::{assert_shows, pages, poppler, render, render_with, without_white_space};
use crate::faults::templates::Templates;
use crate::harness::samples;
use crate::templates::write;

fn assert_lacks(page: &str, text: &str) {
    let text = without_white_space(text);
    assert!(!page.contains(&text), "{text:?} is in: {page}");
}

/// A stress sample of a template.
fn stress(template: &str, name: &str) -> Value {
    samples::sample(&format!("{template}/samples/stress/{name}.json"))
}

#[tokio::test]
async fn a_line_above_the_table_says_what_is_due_and_when() {
    let page = pages(&render(&samples::invoice()).await).concat();
    assert_shows(
        &page,
        &["Rechnung 278,20 € fällig am 21.12.2026", "Rechnung an"],
    );
    let mut without_date = samples::invoice();
    without_date
        .as_object_mut()
        .expect("fields")
        .remove("dueDate");
    let page = pages(&render(&without_date).await).concat();
    assert_lacks(&page, "fällig");
}

#[tokio::test]
async fn a_paid_invoice_says_how_it_was_paid_and_asks_for_nothing() {
    for template in ["invoice", "receipt"] {
        let page = pages(&render(&stress(template, "paid")).await).concat();
        assert_shows(&page, &["Paid · Card ending in 4242", "$619.16"]);
        for asked in [
            "Amount due",
            "Due date",
            "Dec 21, 2026",
            "Pay online",
            "Already paid",
        ] {
            assert_lacks(&page, asked);
        }
    }
    // Nothing says how.
    let mut request = stress("invoice", "paid");
    request.as_object_mut().expect("fields").remove("payment");
    let page = pages(&render(&request).await).concat();
    assert_shows(&page, &["Paid $619.16"]);
    assert_lacks(&page, "Paid ·");
    // What was never owed was not paid.
    request["lines"] = json!([{ "name": "Sample", "quantity": "1", "unitPrice": "0", "tax": { "category": "S", "rate": "8" } }]);
    request.as_object_mut().expect("fields").remove("totals");
    let page = pages(&render(&request).await).concat();
    assert_shows(&page, &["Amount due $0.00"]);
    assert_lacks(&page, "Paid");
}

#[tokio::test]
async fn only_what_is_owed_is_asked_for() {
    let full = |document_type: &str, totals: Value| {
        let mut request = samples::sample("invoice/samples/invoice-full.json");
        request["documentType"] = document_type.into();
        request["totals"] = totals;
        request["payment"]["means"]["qr"] = false.into();
        request
    };
    let owed = json!({ "prepaid": "100.00" });
    let page = pages(&render(&full("invoice", owed.clone())).await).concat();
    assert_shows(&page, &["339,82 € fällig am 21.12.2026 Online bezahlen"]);
    // What is collected is not paid online.
    let mut collected = full("invoice", owed.clone());
    collected["payment"]["means"]["code"] = "59".into();
    let page = pages(&render(&collected).await).concat();
    assert_shows(
        &page,
        &["339,82 € fällig am 21.12.2026", "Wird per Lastschrift"],
    );
    assert_lacks(&page, "Online bezahlen");
    let settled = json!({ "prepaid": "439.82" });
    for request in [
        full("self-billed-invoice", owed.clone()),
        full("credit-note", owed),
        full("credit-note", settled.clone()),
    ] {
        let page = pages(&render(&request).await).concat();
        for asked in ["fällig am 21", "Online bezahlen", "Bezahlt"] {
            assert_lacks(&page, asked);
        }
    }
    let page = pages(&render(&full("credit-note", settled)).await).concat();
    assert_lacks(&page, "21.12.2026");
}

#[tokio::test]
async fn an_address_that_is_too_long_to_be_typed_is_a_link_with_its_host() {
    let mut request = samples::sample("invoice/samples/invoice-full.json");
    let url = format!(
        "https://zahlen.nordlicht.example/r/{}?x=1",
        "abc".repeat(50)
    );
    request["payment"]["means"]["url"] = url.into();
    let page = pages(&render(&request).await).concat();
    assert_shows(&page, &["zahlen.nordlicht.example/…"]);
    assert_lacks(&page, "abcabc");
}

#[tokio::test]
async fn addresses_and_the_page_for_payment_are_links() {
    let pdf = render(&samples::sample("invoice/samples/invoice-full.json")).await;
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("document.pdf");
    fs::write(&path, pdf).expect("written");
    let links = String::from_utf8(poppler("pdfinfo", &["-url"], &[path])).expect("UTF-8");
    for (link, count) in [
        ("mailto:rechnung@nordlicht.example", 1),
        // The button, and the address for those who read it on paper.
        ("https://zahlen.nordlicht.example/RE-2026-004713", 2),
    ] {
        assert_eq!(links.matches(link).count(), count, "{links}");
    }
}

#[tokio::test]
async fn taxes_are_in_the_order_of_their_rates() {
    let page = pages(&render(&stress("invoice", "eleven-rates")).await).concat();
    let rates = [
        "25", "21", "20", "19", "12", "10", "9", "7", "6", "5,5", "2,1",
    ];
    let places = rates.map(|rate| {
        let label = without_white_space(&format!("{rate} % USt. auf"));
        // Of 9 and 19 per cent, 9 comes last.
        page.rfind(&label)
            .unwrap_or_else(|| panic!("{label}: {page}"))
    });
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn a_discounted_line_shows_the_amount_before_it() {
    for template in ["invoice", "receipt"] {
        let page = pages(&render(&stress(template, "paid")).await).concat();
        assert_shows(&page, &["544.30", "597.00"]);
    }
    let mut roll = stress("receipt", "paid");
    roll["template"]["paper"] = "80mm".into();
    let page = pages(&render(&roll).await).concat();
    assert_shows(&page, &["544.30", "597.00"]);
}

#[tokio::test]
async fn a_unit_is_shown_only_if_the_request_names_it() {
    let mut request = samples::invoice();
    for line in request["lines"].as_array_mut().expect("lines") {
        line.as_object_mut().expect("a line").remove("unit");
    }
    request["lines"][1]["unit"] = "C62".into();
    let page = pages(&render(&request).await).concat();
    assert_shows(&page, &["25 kg 12 18,90", "Edelstahl 3 Stk. 9,95"]);
}

/// The greatest empty part of a page that is not the last one, as a share of its height. Below the words are the carried sum and
/// the footer.
fn greatest_hole(pdf: &[u8]) -> f32 {
    let words = words(pdf);
    let last = words.iter().map(|word| word.page).max().expect("words");
    let holes = (1..last).map(|page| {
        let on_page = words.iter().filter(|word| word.page == page);
        let mut edges: Vec<(f32, f32)> = on_page.map(|word| (word.top, word.bottom)).collect();
        edges.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut bottom = 0.0_f32;
        let mut hole = 0.0_f32;
        for (top, end) in edges {
            hole = hole.max(top - bottom);
            bottom = bottom.max(end);
        }
        hole / words[0].page_height
    });
    holes.fold(0.0, f32::max)
}

#[tokio::test]
async fn pages_break_without_holes_and_the_payment_does_not_stand_alone() {
    for (sample, pages_expected, most) in [
        ("invoice/samples/invoice-full.json", 1, 0.0),
        ("invoice/samples/invoice-long.json", 3, 0.1),
        ("invoice/samples/invoice-fullest.json", 2, 0.12),
        ("invoice/samples/stress/eleven-rates.json", 1, 0.0),
        ("invoice/samples/stress/forty-lines.json", 2, 0.1),
        ("credit-note/samples/credit-note-fullest.json", 2, 0.12),
    ] {
        let pdf = render(&samples::sample(sample)).await;
        assert_eq!(pages(&pdf).len(), pages_expected, "{sample}");
        let hole = greatest_hole(&pdf);
        assert!(hole <= most, "{sample}: {hole}");
    }
    // Marks above and below letters do not make a line longer.
    for (sample, pages_expected, most) in [
        ("invoice/samples/invoice-full.json", 1, 0.0),
        ("invoice/samples/invoice-fullest.json", 2, 0.12),
        ("receipt/samples/receipt-fullest.json", 2, 0.18),
    ] {
        let mut request = samples::sample(sample);
        request["locale"] = "th-TH".into();
        let pdf = render(&request).await;
        assert_eq!(pages(&pdf).len(), pages_expected, "{sample} in Thai");
        let hole = greatest_hole(&pdf);
        assert!(hole <= most, "{sample} in Thai: {hole}");
    }
    // However many lines there are, the amount is on the page with the account.
    for lines in 1..30 {
        let mut request = samples::invoice();
        let fields = request.as_object_mut().expect("fields");
        fields.remove("totals");
        fields.remove("taxBreakdown");
        let line = request["lines"][0].clone();
        let all: Vec<Value> = (1..=lines)
            .map(|id| {
                let mut line = line.clone();
                line["id"] = id.to_string().into();
                line
            })
            .collect();
        request["lines"] = all.into();
        let words = words(&render(&request).await);
        let page_of = |text: &str| {
            words
                .iter()
                .rfind(|word| word.text == text)
                .map(|it| it.page)
        };
        assert_eq!(page_of("Zahlbetrag"), page_of("IBAN"), "{lines} lines");
    }
}

#[tokio::test]
async fn measures_stay_together_and_long_words_break_between_syllables() {
    let words = words(&render(&stress("invoice", "long-names")).await);
    let top = |is_it: &dyn Fn(&str) -> bool| {
        let found = words.iter().find(|word| is_it(&word.text));
        found.unwrap_or_else(|| panic!("{words:?}")).top
    };
    let (first, last) = (
        top(&|text| text.starts_with("240")),
        top(&|text| text.ends_with("cm")),
    );
    assert!((first - last).abs() < 1.0, "{words:?}");
    let is_broken = |word: &super::layout::Word| {
        let syllables = word.text.trim_end_matches(['-', '\u{ad}']);
        word.text.starts_with("Donau") && syllables.ends_with("hauptbe") && syllables != word.text
    };
    assert!(words.iter().any(is_broken), "{words:?}");
    let edge = words.iter().map(|word| word.right).fold(0.0, f32::max);
    assert!(edge <= words[0].page_width - 20.0, "{edge}");
}

#[tokio::test]
async fn every_stress_sample_is_rendered_within_its_paper() {
    let catalog = Catalog::load(&samples::templates()).expect("the templates");
    for template in catalog.templates() {
        let mut count = 0;
        for (path, _) in catalog.stress_samples(template) {
            let words = words(&render(&samples::sample(path.trim_start_matches('/'))).await);
            let outside = words.iter().find(|word| {
                word.left < 8.0
                    || word.right > word.page_width - 8.0
                    || word.bottom > word.page_height
            });
            assert!(outside.is_none(), "{path}: {outside:?}");
            count += 1;
        }
        assert!(count >= 3, "{} has {count} stress samples", template.name);
    }
}

#[tokio::test]
async fn without_a_logo_the_sellers_name_stands_in_its_place() {
    let templates = Templates::with(&[]);
    fs::remove_file(templates.path().join("brands/default.json")).expect("removed");
    for template in ["invoice", "credit-note", "packing-slip", "receipt"] {
        let mut request = samples::invoice();
        request["documentType"] = if template == "credit-note" {
            template
        } else {
            "invoice"
        }
        .into();
        if template == "credit-note" {
            request.as_object_mut().expect("fields").remove("payment");
            request["references"]["precedingInvoices"] = json!([{ "number": "R-0" }]);
        }
        request["template"] = json!({ "name": template });
        let words = words(&render_with(templates.path(), &request).await);
        let size = |word: &super::layout::Word| word.bottom - word.top;
        let names = words.iter().filter(|word| word.text == "Nordlicht");
        let largest = names.map(size).fold(0.0, f32::max);
        assert!(largest > 15.0, "{template}: {largest}");
    }
}

#[tokio::test]
async fn a_brand_has_a_font_a_tint_and_several_lines_of_footer() {
    let templates = Templates::with(&[]);
    let brand = json!({
        "accent": "#0b5d4e", "tint": "#dff2ec", "font": "Liberation Sans",
        "footer": ["Geschäftsführerin: Ada Nord", "Amtsgericht Hamburg, HRB 12345", "Sparkasse Hamburg, BIC HASPDEHHXXX"],
    });
    write(&templates, "brands/tiktok.json", brand.to_string());
    for template in ["invoice", "receipt"] {
        let mut request = samples::invoice();
        request["template"] = json!({ "name": template });
        let pdf = render_with(templates.path(), &request).await;
        let found = words(&pdf);
        let tops = ["Ada", "Amtsgericht", "HASPDEHHXXX"].map(|text| {
            let word = found.iter().find(|word| word.text.contains(text));
            word.unwrap_or_else(|| panic!("{text}: {found:?}")).top
        });
        assert!(tops[0] < tops[1] && tops[1] < tops[2], "{tops:?}");
        let folder = TempDir::new().expect("a temporary folder");
        let path = folder.path().join("document.pdf");
        fs::write(&path, pdf).expect("written");
        let fonts = String::from_utf8(poppler("pdffonts", &[], &[path])).expect("UTF-8");
        assert!(fonts.contains("LiberationSans"), "{fonts}");
        assert!(!fonts.contains("NotoSans"), "{fonts}");
    }
}
