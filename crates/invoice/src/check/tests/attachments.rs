//! Attached files: their content, type, name and size.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::*;
use crate::model::{Attachment, FileType, Relationship};

fn file(id: &str, filename: &str, mime_type: &str, content: &[u8]) -> Value {
    let content = BASE64_STANDARD.encode(content);
    json!({ "id": id, "content": content, "mimeType": mime_type, "filename": filename })
}

fn parsed(attachments: Value) -> Result<Vec<Attachment>, InvalidRequest> {
    parse_value(&with("/attachments", attachments)).map(|invoice| invoice.attachments)
}

#[test]
fn a_file_is_kept_as_it_was_sent() {
    let content = b"%PDF-1.7\n\x00\xff";
    let attachments = parsed(json!([file(
        "T-1",
        "Zeiten.pdf",
        "application/pdf",
        content
    )]));
    let file = attachments.expect("valid").remove(0).file.expect("a file");
    assert_eq!(file.content.as_bytes(), content);
    assert_eq!(file.file_type, FileType::Pdf);
    assert_eq!(file.relationship, Relationship::Supplement);
    assert_eq!(file.safe_name, "Zeiten.pdf");
}

#[test]
fn two_files_of_one_name_get_two_names() {
    let csv = |content: &[u8]| file("T", "../a.csv", "text/csv", content);
    let attachments = parsed(json!([csv(b"1"), csv(b"2")])).expect("valid");
    let names: Vec<_> = attachments
        .iter()
        .filter_map(|attachment| attachment.file.as_ref())
        .map(|file| (&*file.filename, &*file.safe_name))
        .collect();
    assert_eq!(names, [("../a.csv", "a.csv"), ("../a.csv", "a (2).csv")]);
}

#[test]
fn a_location_may_have_any_scheme_and_only_https_is_a_link() {
    for (url, is_link) in [
        ("https://a.example/t", true),
        ("http://www.alder.example/sheet.html", false),
        ("javascript:alert(1)", false),
        ("https://", false),
        ("https://a.example/Ü", false),
        ("ftp://a.example/t", false),
    ] {
        let attachments = parsed(json!([{ "id": "1", "url": url }])).expect("valid");
        assert_eq!(attachments[0].url.as_deref(), Some(url));
        assert_eq!(attachments[0].link().is_some(), is_link, "{url}");
    }
    let invalid = parsed(json!([{ "id": "1", "url": "two words" }])).expect_err("must be refused");
    assert_eq!(invalid.code().as_str(), "field_invalid");
}

#[test]
fn a_file_that_is_not_complete_or_not_of_its_type_is_refused() {
    let mut wrong = file("1", "a.pdf", "application/pdf", b"%PDF-1.7");
    let refused = |attachment: &Value, code: &str, field: &str| {
        let found = problems(&with("/attachments", json!([attachment])));
        let place = format!("/attachments/0/{field}");
        assert_eq!(found[0].0, code, "{found:?}");
        assert_eq!(found[0].1, place, "{found:?}");
    };
    for field in ["content", "mimeType", "filename"] {
        let mut incomplete = wrong.clone();
        incomplete[field] = Value::Null;
        refused(&incomplete, "field_missing", field);
    }
    let other = json!({ "id": "1", "relationship": "data" });
    refused(&other, "field_missing", "content");
    for (field, value) in [
        ("content", "not base64!"),
        ("content", "JVBERi0"),
        ("content", "TVqQAAMAAAA="),
        ("mimeType", "application/xml"),
        ("mimeType", "image/png"),
        ("relationship", "alternative"),
    ] {
        let right = wrong[field].take();
        wrong[field] = json!(value);
        let place = if value == "image/png" {
            "content"
        } else {
            field
        };
        refused(&wrong, "field_invalid", place);
        wrong[field] = right;
    }
}

#[test]
fn all_files_together_have_a_limit() {
    let csv = file("1", "a.csv", "text/csv", b"12345");
    let request = with("/attachments", json!([csv, csv, csv])).to_string();
    let parsed = |attachments_max_bytes| {
        let limits = RequestLimits {
            max_bytes: MAX_BYTES,
            attachments_max_bytes,
            is_strict: false,
        };
        parse(request.as_bytes(), limits).and_then(|parsed| parsed.invoice)
    };
    parsed(15).expect("within the limit");
    let invalid = parsed(14).expect_err("too large").to_string();
    assert_eq!(
        invalid,
        "/attachments: have files of 15 bytes together, expected at most 14 (ATTACHMENTS_MAX_BYTES)"
    );
}
