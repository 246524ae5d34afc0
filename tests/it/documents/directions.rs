//! Strings that run against the page. On a page from right to left, strings that a template joins by hand are torn apart: the
//! digits at the start of a date are drawn to the name before it.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::{Value, json};

use super::layout::{Word, words};
use super::render;
use crate::harness::samples;

/// Files that may join strings: the helpers for it, and the Swiss payment part, which runs from left to right on every page.
const MAY_JOIN: [&str; 3] = ["lib/words.typ", "lib/direction.typ", "lib/swiss/bill.typ"];

/// Strings are joined by the helpers of `lib/words.typ`, which keep each in its own direction. A separator may stand beside one
/// of them, and nothing else.
#[test]
fn templates_join_strings_with_the_helpers_only() {
    let mut found = Vec::new();
    for path in sources(&samples::templates()) {
        let text = fs::read_to_string(&path).expect("a source");
        let name = path
            .strip_prefix(samples::templates())
            .expect("a template")
            .display()
            .to_string();
        if !MAY_JOIN.contains(&name.as_str()) {
            found.extend(
                joins(&text)
                    .into_iter()
                    .map(|join| format!("{name}: {join}")),
            );
        }
    }
    assert!(
        found.is_empty(),
        "strings are joined without the helpers of lib/words.typ:\n{}",
        found.join("\n")
    );
}

/// The places where a separator is joined with a string that may run against it: after it stands no helper, or before it something
/// else than a text of the language, or it joins an array.
fn joins(source: &str) -> Vec<String> {
    let pattern = |text: &str| Regex::new(text).expect("a pattern");
    let comment = pattern(r"(?m)(^|\s)//.*$");
    let separator = pattern(r#""(?:[\s·:(),;–×/|.-]|\\u\{[0-9a-f]+\})+""#);
    let helper = pattern(
        r"^\s*\+\s*(own|own-lines|joined|labelled|labelled-lines|remarked|fill-in|fill-own|link)\(",
    );
    let text = pattern(r"\btexts\.[a-z-]+\s*\+\s*$");
    let source = comment.replace_all(source, "");
    let is_bad = |line: &str| {
        separator.find_iter(line).any(|found| {
            let (before, after) = (line[..found.start()].trim_end(), &line[found.end()..]);
            let joined_before = before.ends_with('+') || before.ends_with("+=");
            let joined_after = after.trim_start().starts_with('+');
            before.ends_with(".join(")
                || joined_before && !(text.is_match(before) && joined_after)
                || joined_after && !helper.is_match(after)
        })
    };
    let bad = source.lines().filter(|line| is_bad(line));
    bad.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn joins_by_hand_are_found() {
    for bad in [
        r#"data.marketplace.platform + " · " + data.document.issueDate"#,
        r#"text(texts.period + ": " + period)"#,
        r#"label += " (" + entry.percent + ")""#,
        r#"let line = part.join(" · ")"#,
        r#"party.name + ": " + own(direction, party.id, 20)"#,
        r#"title + " ""#,
        r#"quiet(count + "\u{a0}" + rate)"#,
        r#"text(" (" + remark + ")")"#,
    ] {
        assert_eq!(joins(bad).len(), 1, "{bad}");
    }
    for good in [
        r#"par(texts.pay-online + ": " + link(url, own(direction, url, 20)))"#,
        r#"own-lines(writing, strings, 40, between: " · ")"#,
        r#"text(weight: "regular", " " + own(direction, number, 22))"#,
        r#"details.push((": ", texts.period, period))"#,
        r#"let rate = "–" // a + " " + b"#,
    ] {
        assert!(joins(good).is_empty(), "{good}");
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "typ") {
            found.push(path);
        }
    }
    found
}

/// Each line of a document as it stands on the page, from the left.
fn visual_lines(words: &[Word]) -> Vec<String> {
    let mut rows: Vec<(f32, usize, Vec<&Word>)> = Vec::new();
    for word in words {
        let row = rows
            .iter_mut()
            .find(|(bottom, page, _)| *page == word.page && (*bottom - word.bottom).abs() < 1.5);
        match row {
            Some((_, _, row)) => row.push(word),
            None => rows.push((word.bottom, word.page, vec![word])),
        }
    }
    rows.into_iter()
        .map(|(_, _, mut row)| {
            row.sort_by(|a, b| a.left.total_cmp(&b.left));
            let mut line = String::new();
            let mut right = f32::NEG_INFINITY;
            for word in row {
                if word.left - right > 1.0 {
                    line.push(' ');
                }
                line += &word.text;
                right = word.right;
            }
            line.trim().to_owned()
        })
        .collect()
}

/// A document for readers of right-to-left script in which every string of the request is in Latin letters, has several parts,
/// and begins or ends with a sign or a digit.
fn against_the_page(locale: &str, kind: &str, template: &str, paper: &str) -> Value {
    let mut request = samples::sample("invoice/samples/invoice-full.json");
    let address = json!({ "street": "Harbor Street", "number": "12", "city": "Portland", "region": "OR", "postalCode": "97201", "country": "US" });
    request["documentType"] = kind.into();
    request["locale"] = locale.into();
    request["template"] = json!({ "name": template, "paper": paper });
    request["payment"] = json!({ "terms": "14 days, net." });
    request["seller"]["name"] = "9 to 5 Goods (LLC)".into();
    request["seller"]["address"] = address.clone();
    request["buyer"]["name"] = "Bakery & Co.".into();
    request["buyer"]["contact"] = json!({ "name": "2nd floor (b)" });
    request["buyer"]["legalId"] = json!({ "value": "7 HRB 4711" });
    request["delivery"] = json!({ "name": "Annexe (2)", "address": address, "date": "2026-11-20" });
    request["references"]["precedingInvoices"] =
        json!([{ "number": "RE 17 (b)", "issueDate": "2026-11-19" }]);
    request["references"]["contract"] = "3 RV 2025-08".into();
    request["lines"][0]["name"] = "2 x Mug (blue)".into();
    request["lines"][0]["unit"] = "XSA".into();
    request["lines"][0]["description"] = "0.3 l, for tea.".into();
    request["lines"][0]["allowances"] =
        json!([{ "percent": "5", "base": "100.00", "reason": "1st order (web)" }]);
    request["attachments"] = json!([{ "id": "A 1 (x)", "description": "2 pages, signed." }]);
    request
}

#[tokio::test]
async fn on_pages_from_right_to_left_no_string_is_torn() {
    // What all of them show, and what each shows besides.
    let everywhere = [
        "2 x Mug (blue)",
        "0.3 l, for tea.",
        "3 RV 2025-08",
        "A 1 (x)",
        "2 pages, signed.",
    ];
    let on_a_sheet = [
        "12 Harbor Street",
        "Portland, OR 97201",
        "9 to 5 Goods (LLC)",
    ];
    let with_money = [
        "RE 17 (b)",
        "7 HRB 4711",
        "1st order (web)",
        "2nd floor (b)",
        "Annexe (2)",
    ];
    for (kind, template, paper) in [
        ("invoice", "invoice", "a4"),
        ("credit-note", "credit-note", "us-letter"),
        ("receipt", "receipt", "a4"),
        ("receipt", "receipt", "80mm"),
        ("receipt", "packing-slip", "a4"),
    ] {
        // 21 November 2026 as it stands on the page, from the left.
        for (locale, date) in [("ar-AE", "2026/11/21"), ("he-IL", "2026 ׳בונב 21")] {
            let request = against_the_page(locale, kind, template, paper);
            let lines = visual_lines(&words(&render(&request).await));
            let mut expected = everywhere.to_vec();
            expected.extend(on_a_sheet);
            if template != "packing-slip" {
                expected.extend(with_money);
            }
            expected.push(date);
            for string in expected {
                assert!(
                    lines.iter().any(|line| line.contains(string)),
                    "{template} {paper} {locale}: {string:?} is torn: {lines:#?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_head_of_an_arabic_receipt_has_the_platform_and_then_the_whole_date() {
    let mut request = samples::receipt();
    request["locale"] = "ar-AE".into();
    let lines = visual_lines(&words(&render(&request).await));
    let head = "2026/11/21 · TikTok Shop";
    assert!(lines.iter().any(|line| line.contains(head)), "{lines:#?}");
}
