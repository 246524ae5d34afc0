//! Where things stand on the pages when a request has more, or other things, than usual.

use serde_json::{Value, json};

use super::{assert_shows, pages, poppler, render, without_white_space};
use crate::harness::samples;

/// A word on a page; measures in points, from the page's upper left corner.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
    pub(super) page: usize,
    pub(super) page_height: f32,
    pub(super) page_width: f32,
}

/// The words of a document, in the order in which they are read.
pub(super) fn words(pdf: &[u8]) -> Vec<Word> {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let path = folder.path().join("document.pdf");
    std::fs::write(&path, pdf).expect("written");
    let output = poppler("pdftotext", &["-bbox"], &[path, "-".into()]);
    let output = String::from_utf8(output).expect("UTF-8");
    let (mut words, mut page, mut page_width, mut page_height) = (Vec::new(), 0, 0.0, 0.0);
    for line in output.lines().map(str::trim) {
        if line.starts_with("<page ") {
            page += 1;
            (page_width, page_height) = (attribute(line, "width"), attribute(line, "height"));
        } else if line.starts_with("<word ") {
            let (_, text) = line.split_once('>').expect("a word");
            words.push(Word {
                text: text.trim_end_matches("</word>").replace(
                    |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'),
                    "",
                ),
                left: attribute(line, "xMin"),
                top: attribute(line, "yMin"),
                right: attribute(line, "xMax"),
                bottom: attribute(line, "yMax"),
                page,
                page_height,
                page_width,
            });
        }
    }
    words
}

fn attribute(tag: &str, name: &str) -> f32 {
    let (_, value) = tag
        .split_once(&format!(" {name}=\""))
        .unwrap_or_else(|| panic!("no {name}: {tag}"));
    let (value, _) = value.split_once('"').expect("a value");
    value.parse().expect("a number")
}

/// The only word with this text.
#[track_caller]
fn word<'a>(words: &'a [Word], text: &str) -> &'a Word {
    let found: Vec<&Word> = words.iter().filter(|word| word.text == text).collect();
    assert_eq!(found.len(), 1, "{text:?}: {words:?}");
    found[0]
}

/// The German invoice with only what its lines give, and with these fields.
pub(super) fn invoice(fields: Value) -> Value {
    let mut request = samples::invoice();
    let members = request.as_object_mut().expect("an object");
    for derived in ["taxBreakdown", "totals", "payment", "notes"] {
        members.remove(derived);
    }
    for line in members["lines"].as_array_mut().expect("lines") {
        line.as_object_mut().expect("a line").remove("netAmount");
    }
    members.extend(fields.as_object().expect("fields").clone());
    request
}

fn on_a_roll(mut request: Value) -> Value {
    request["documentType"] = "receipt".into();
    request["template"] = json!({ "name": "receipt", "paper": "80mm" });
    request
}

#[tokio::test]
async fn amounts_stay_at_the_end_of_the_line_behind_a_hebrew_label() {
    let words = words(
        &render(&invoice(json!({
            "charges": [{ "amount": "4.50", "reason": "משלוח", "tax": { "category": "S", "rate": "7" } }],
        })))
        .await,
    );
    // Letters come in the order in which they stand, from the left.
    let label: String = "משלוח".chars().rev().collect();
    let label = word(&words, &label);
    let amount = word(&words, "4,50");
    assert!(amount.left > label.right + 50.0, "{label:?} {amount:?}");
}

#[tokio::test]
async fn a_sign_stands_where_the_locale_writes_it() {
    let allowances = json!([{ "amount": "10.00", "tax": { "category": "S", "rate": "7" } }]);
    for (locale, expected) in [("nl-NL", "€ -10,00"), ("de-DE", "-10,00 €")] {
        let request = invoice(json!({ "locale": locale, "allowances": allowances }));
        let pages = pages(&render(&request).await);
        assert_shows(&pages[0], &[expected]);
    }
}

#[tokio::test]
async fn a_long_recipient_pushes_down_what_follows() {
    let mut request = invoice(json!({}));
    request["buyer"]["name"] =
        "Gemeinnützige Gesellschaft zur Förderung der regionalen Lebensmittelwirtschaft "
            .repeat(2)
            .trim()
            .into();
    request["buyer"]["address"]["additional"] =
        "Hinterhaus, Aufgang C, Raum 4.117 ".repeat(5).trim().into();
    let words = words(&render(&request).await);
    let last = word(&words, "Göttingen");
    // The title is the largest of these words.
    let size = |word: &&Word| word.bottom - word.top;
    let titles = words.iter().filter(|word| word.text == "Rechnung");
    let title = titles
        .max_by(|one, other| size(one).total_cmp(&size(other)))
        .expect("a title");
    assert!(title.top > last.bottom, "{title:?} {last:?}");
}

#[tokio::test]
async fn no_line_of_a_long_description_is_lost() {
    let rows: Vec<String> = (0..90).map(|row| format!("row-{row}")).collect();
    for template in ["invoice", "packing-slip"] {
        for line in [0, 1] {
            let mut request = invoice(json!({ "template": { "name": template } }));
            request["lines"][line]["description"] = rows.join("\n").into();
            let words = words(&render(&request).await);
            for row in &rows {
                let word = word(&words, row);
                assert!(
                    word.bottom < word.page_height - 60.0,
                    "{template}: {word:?}"
                );
            }
            assert!(words.iter().any(|word| word.page == 2));
        }
    }
}

#[tokio::test]
async fn amounts_that_do_not_fit_beside_their_label_stand_below_at_the_end() {
    let mut request = invoice(json!({ "locale": "id-ID", "currency": "IDR" }));
    // The line above the table would say the amount again.
    request.as_object_mut().expect("fields").remove("dueDate");
    request["lines"] = json!([{
        "name": "Mesin", "quantity": "10", "unitPrice": "125000000", "tax": { "category": "S", "rate": "11" },
    }]);
    let words = words(&render(&request).await);
    for amount in ["137.500.000,00", "1.387.500.000,00"] {
        let amount = word(&words, amount);
        assert!(amount.right > 500.0, "{amount:?}");
    }
}

#[tokio::test]
async fn quantity_and_price_are_kept_apart() {
    let mut request = invoice(json!({}));
    request["lines"] = json!([{
        "name": "Mehl", "quantity": "1200", "unit": "KGM", "unitPrice": "12345.123456",
        "tax": { "category": "S", "rate": "7" },
    }]);
    let words = words(&render(&request).await);
    let (unit, price) = (word(&words, "kg"), word(&words, "12.345,123456"));
    assert!(price.left > unit.right + 2.0, "{unit:?} {price:?}");
}

#[tokio::test]
async fn a_roll_shows_what_a_sheet_shows() {
    let mut request = on_a_roll(invoice(json!({
        "taxPointDate": "2026-11-20",
        "references": { "precedingInvoices": [{ "number": "RE-17" }, { "number": "RE-18" }], "contract": "V-1" },
        "delivery": {
            "name": "Café Sonnenschein", "date": "2026-11-19",
            "address": { "street": "Am Wall", "number": "12", "city": "Kassel", "postalCode": "34117", "country": "DE" },
        },
        "payee": { "name": "Factoring Nord AG", "taxRegistrationId": "22/333/44444" },
        "attachments": [{ "id": "A-1", "description": "Lieferschein" }],
        "lines": [{
            "name": "Schrauben", "quantity": "450", "unitPrice": "3.90", "priceBaseQuantity": "100",
            "tax": { "category": "E", "rate": "0", "exemptionCode": "VATEX-EU-132" },
        }],
    })));
    request["buyer"]["tradingName"] = "Brotzeit".into();
    request["buyer"]["legalId"] = json!({ "value": "HRA 4711" });
    let pages = pages(&render(&request).await);
    assert_shows(
        &pages[0],
        &[
            "20.11.2026",
            "21.12.2026",
            "19.11.2026",
            "RE-17",
            "RE-18",
            "V-1",
            "Café Sonnenschein",
            "34117 Kassel",
            "Factoring Nord AG",
            "22/333/44444",
            "Brotzeit",
            "37073 Göttingen",
            "HRA 4711",
            "450 × 3,90 je 100",
            "VATEX-EU-132",
            "A-1 · Lieferschein",
        ],
    );
}

#[tokio::test]
async fn what_does_not_fit_a_roll_is_printed_on_sheets() {
    let roll = words(&render(&on_a_roll(invoice(json!({})))).await);
    assert!(roll[0].page_width < 230.0);
    let notes: Vec<Value> = (0..40)
        .map(|_| json!({ "text": "Eine Zeile\n".repeat(100).trim() }))
        .collect();
    let place = format!("http://example.com/{}", "a".repeat(1_900));
    let places: Vec<Value> = (0..100)
        .map(|number| json!({ "id": number.to_string(), "url": place }))
        .collect();
    let bill = samples::sample("invoice/samples/invoice-ch.json");
    let long = [json!({ "notes": notes }), json!({ "attachments": places })].map(invoice);
    for request in long.into_iter().chain([bill]) {
        let words = words(&render(&on_a_roll(request)).await);
        assert!(words[0].page_width > 590.0);
    }
}

#[tokio::test]
async fn nothing_runs_off_the_paper() {
    let mut request = invoice(json!({}));
    let long = ["—", "★", "e\u{301}", "रा", "W"].map(|letter| letter.repeat(80));
    request["lines"] = long
        .iter()
        .map(|name| json!({ "name": name, "description": name, "quantity": "1", "unitPrice": "1", "tax": { "category": "S", "rate": "7" } }))
        .collect();
    request["seller"]["name"] = "Haus der Wirtschaft ".repeat(9).trim().into();
    request["seller"]["legalId"]["value"] =
        "HRB 12345, Amtsgericht Göttingen ".repeat(5).trim().into();
    for paper in ["a4", "80mm"] {
        let mut request = request.clone();
        request["documentType"] = "receipt".into();
        request["template"] = json!({ "name": "receipt", "paper": paper });
        for word in words(&render(&request).await) {
            assert!(word.right <= word.page_width - 8.0, "{word:?}");
            assert!(word.bottom <= word.page_height - 8.0, "{word:?}");
        }
    }
}

#[tokio::test]
async fn the_receipt_of_a_swiss_bill_keeps_its_entries_above_the_amount() {
    let mut request = samples::sample("invoice/samples/invoice-ch.json");
    let name = "Wohlfahrtsgenossenschaft Zürich Oerlikon Seebach Affoltern Schwamendin";
    for party in ["seller", "buyer"] {
        request[party]["name"] = name.into();
        request[party]["address"]["street"] =
            "Strasse der Vereinigten Genossenschaften und Handwerksbetriebe".into();
    }
    request["payment"]["means"]["accountName"] = name.into();
    let words = words(&render(&request).await);
    let on_receipt = |word: &&Word| word.left < 170.0 && word.top > 842.0 - 290.0;
    let amount = words
        .iter()
        .filter(on_receipt)
        .find(|word| word.text == "Betrag")
        .expect("an amount");
    let last = words
        .iter()
        .filter(on_receipt)
        .rfind(|word| word.text == "Rorschach")
        .expect("the debtor");
    assert!(last.bottom <= amount.top, "{last:?} {amount:?}");
    // Nor does the footer reach the words at the cut.
    let cut = word(&words, "abzutrennen");
    let footer = words
        .iter()
        .filter(|word| word.text == "MWST")
        .map(|word| word.bottom)
        .fold(0.0, f32::max);
    assert!(footer < cut.top, "{footer} {cut:?}");
}

#[tokio::test]
async fn a_note_that_no_font_can_show_is_left_out() {
    let request = invoice(json!({ "notes": [{ "text": "\u{1d11e}" }, { "text": "Danke" }] }));
    let pages = pages(&render(&request).await);
    assert!(
        pages[0].contains(&without_white_space("Hinweise Danke")),
        "{}",
        pages[0]
    );
}
