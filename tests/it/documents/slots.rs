//! What a folder adds to the shipped designs, without a copy of them.

use serde_json::json;

use super::layout::{Word, invoice, words};
use super::{assert_shows, pages, render_with, without_white_space};
use crate::faults::templates::Templates;
use crate::templates::write;

fn assert_lacks(page: &str, text: &str) {
    let text = without_white_space(text);
    assert!(!page.contains(&text), "{text:?} is in: {page}");
}

/// Every design, and the papers of the receipt.
const DESIGNS: [(&str, &str); 5] = [
    ("invoice", "a4"),
    ("credit-note", "a4"),
    ("packing-slip", "a4"),
    ("receipt", "a4"),
    ("receipt", "80mm"),
];

const SLOTS: &str = r#"
#import "/lib/extensions.typ": extension
#import "/lib/words.typ": labelled
#let facts(data, texts) = (
  ("Projekt", extension(data, "project", "code")),
  ("Pfand", extension(data, "deposit", form: "money")),
  ("Seit", extension(data, "project", "since", form: "date")),
  ("Punkte", extension(data, "points", form: "number")),
  ("Fehlt", extension(data, "no", "such", "key", form: "date")),
  ("Auch", extension(data, "deposit", "below", "a number")),
  ("Nummer roh", extension(data, "deposit")),
  ("Geprüft", extension(data, "checked", form: "number")),
  ("Liste", extension(data, "list", form: "money")),
  ("Objekt", extension(data, "project", form: "money")),
)
#let before-lines(data, texts) = [vor den Positionen]
#let after-totals(data, texts) = [nach den Summen]
#let foot(data, texts) = [ganz am Ende]
"#;

#[tokio::test]
async fn a_folder_adds_fields_to_the_shipped_designs_without_copying_them() {
    let templates = Templates::with(&[]);
    write(&templates, "lib/slots.typ", SLOTS);
    let mut request = invoice(json!({ "extensions": {
        "project": { "code": "P-17", "since": "2026-02-01", "money": "7" }, "deposit": 1250.5, "points": "12000",
        "checked": true, "list": ["7", null]
    } }));
    for (template, paper) in DESIGNS {
        request["template"] = json!({ "name": template, "paper": paper });
        let page = pages(&render_with(templates.path(), &request).await).concat();
        assert_shows(
            &page,
            &[
                "Projekt P-17",
                "Pfand 1.250,50 €",
                "Seit 01.02.2026",
                "Punkte 12.000",
                "Nummer roh 1250.5",
                "Geprüft true",
            ],
        );
        for absent in ["Fehlt", "Auch", "Liste", "Objekt"] {
            assert_lacks(&page, absent);
        }
        let places = ["vor den Positionen", "nach den Summen", "ganz am Ende"].map(|text| {
            let text = without_white_space(text);
            page.find(&text)
                .unwrap_or_else(|| panic!("{template}: {text}"))
        });
        assert!(places.is_sorted(), "{template}: {places:?}");
    }
    // A request without extensions is rendered, too.
    request
        .as_object_mut()
        .expect("fields")
        .remove("extensions");
    let page = pages(&render_with(templates.path(), &request).await).concat();
    assert_lacks(&page, "Projekt");
}

/// The only word with this text.
#[track_caller]
fn only<'a>(words: &'a [Word], text: &str) -> &'a Word {
    let found: Vec<&Word> = words.iter().filter(|word| word.text == text).collect();
    assert_eq!(found.len(), 1, "{text:?}: {words:?}");
    found[0]
}

/// The words that are nearest above and below a word, by their edges.
fn neighbours(words: &[Word], word: &Word) -> (f32, f32) {
    let others = || words.iter().filter(|other| other.text != word.text);
    let above = others().filter(|other| other.top < word.top);
    let below = others().filter(|other| other.top > word.top);
    (
        above.map(|other| other.bottom).fold(f32::MIN, f32::max),
        below.map(|other| other.top).fold(f32::MAX, f32::min),
    )
}

#[tokio::test]
async fn what_a_slot_adds_has_space_above_and_below_it_in_every_design() {
    let templates = Templates::with(&[]);
    let slots = r#"
        #let facts = none
        #let before-lines(data, texts) = [vorher]
        #let after-totals(data, texts) = [nachher]
        #let foot(data, texts) = align(center)[zuletzt]
    "#;
    write(&templates, "lib/slots.typ", slots);
    let brand =
        json!({ "accent": "#14323f", "footer": ["Sparkasse Hamburg", "nordlicht.example"] });
    write(&templates, "brands/default.json", brand.to_string());
    let german = DESIGNS.map(|design| (design, "de-DE"));
    let roll = ("receipt", "80mm");
    for ((template, paper), locale) in german.into_iter().chain([(roll, "ar-AE")]) {
        let request = invoice(json!({
            "locale": locale,
            "template": { "name": template, "paper": paper },
            "notes": [{ "text": "Vielen Dank." }],
        }));
        let words = words(&render_with(templates.path(), &request).await);
        for slot in ["vorher", "nachher", "zuletzt"] {
            let word = only(&words, slot);
            let (above, below) = neighbours(&words, word);
            // The boxes of words reach from the ascender to the descender, so they are higher than the letters.
            let place = format!("{template} {paper} {locale} {slot}");
            assert!(
                word.top - above > 4.0,
                "{place}: {above} above {}",
                word.top
            );
            assert!(
                below - word.bottom > 4.0,
                "{place}: {} above {below}",
                word.bottom
            );
        }
    }
}

#[tokio::test]
async fn a_slot_that_gives_nothing_takes_no_space() {
    let sound = Templates::with(&[]);
    let empty = Templates::with(&[]);
    let slots = r#"
        #let facts(data, texts) = none
        #let before-lines(data, texts) = none
        #let after-totals(data, texts) = []
        #let foot(data, texts) = if "x" in data.extensions [x]
    "#;
    write(&empty, "lib/slots.typ", slots);
    let places = |words: Vec<Word>| -> Vec<(String, f32, f32)> {
        let places = words
            .into_iter()
            .map(|word| (word.text, word.left, word.top));
        places.collect()
    };
    for (template, paper) in DESIGNS {
        let request = invoice(json!({
            "template": { "name": template, "paper": paper }, "extensions": { "y": 1 }
        }));
        let with = places(words(&render_with(empty.path(), &request).await));
        let without = places(words(&render_with(sound.path(), &request).await));
        assert_eq!(with, without, "{template} {paper}");
    }
}

/// Words of the template's author that run against the page, and a date of the request.
#[tokio::test]
async fn a_sentence_of_a_slot_keeps_its_date_on_a_page_from_right_to_left() {
    let templates = Templates::with(&[]);
    let slots = r#"
        #import "/lib/words.typ": joined
        #let facts = none
        #let before-lines = none
        #let after-totals = none
        #let foot(data, texts) = joined(data.direction, ("Datum:", data.document.issueDate, "Danke"), 60, between: " ")
    "#;
    write(&templates, "lib/slots.typ", slots);
    let mut request = invoice(json!({}));
    for (locale, in_order) in [("de-DE", true), ("ar-AE", false)] {
        request["locale"] = locale.into();
        let words = words(&render_with(templates.path(), &request).await);
        let (label, end) = (only(&words, "Datum:"), only(&words, "Danke"));
        let between = |word: &&Word| {
            let middle = f32::midpoint(word.left, word.right);
            (word.top - label.top).abs() < 1.0
                && (label.left.min(end.left)..label.left.max(end.left)).contains(&middle)
                && word.text.contains("2026")
        };
        assert_eq!(
            words.iter().filter(between).count(),
            1,
            "{locale}: {words:?}"
        );
        assert_eq!(label.left < end.left, in_order, "{locale}");
    }
}
