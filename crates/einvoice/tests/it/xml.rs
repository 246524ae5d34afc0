//! The XML as a whole.

use einvoice::{EInvoice, Syntax, rules_version};
use invoice::Sha256Digest;
use invoice::model::EInvoiceProfile::{self, FacturXEn16931};
use serde_json::json;

use crate::request::{flat, invoice, request, with, xml};

#[test]
fn the_same_invoice_gives_the_same_bytes() {
    for profile in EInvoiceProfile::ALL {
        let make = || EInvoice::of(&invoice(&request()), profile, None).expect("an e-invoice");
        let (first, second) = (make(), make());
        assert_eq!(first, second);
        assert_eq!(first.sha256, Sha256Digest::of(&first.xml));
        assert_eq!(first.syntax, Syntax::of(profile));
        assert_eq!(first.rules_version(), rules_version(profile));
        assert!(first.rules_version().starts_with("en16931-1.3.16"));
    }
}

#[test]
fn texts_are_what_a_reader_of_xml_gets() {
    let text = "a < b & c > d ]]> \"e\" 'f' 日本語 🙂 العربية\u{a0}\u{2028}x";
    let name = with(&[
        ("/lines/0/name", json!(text)),
        ("/notes", json!([{ "text": "one\ntwo" }])),
    ]);
    let name_of_line = invoice(&name).lines[0].name.clone();
    for syntax in Syntax::ALL {
        let xml = xml(&name, FacturXEn16931, syntax);
        let document = roxmltree::Document::parse(&xml).expect("XML");
        let texts: Vec<&str> = document
            .descendants()
            .filter_map(|node| node.text())
            .collect();
        assert!(texts.contains(&name_of_line.as_str()), "{xml}");
        assert!(texts.contains(&"one\ntwo"), "{xml}");
    }
}

#[test]
fn attached_files_and_locations_are_in_the_xml() {
    let attachments = json!([
        { "id": "A-1", "description": "Plan", "url": "https://example.org/plan.pdf" },
        { "id": "A-2", "content": "YSxiCg==", "mimeType": "text/csv", "filename": "../teile.csv" }
    ]);
    let request = with(&[("/attachments", attachments)]);
    let cii = flat(&xml(&request, FacturXEn16931, Syntax::Cii));
    let ubl = flat(&xml(&request, FacturXEn16931, Syntax::Ubl));
    let file = "mimeCode=\"text/csv\" filename=\"teile.csv\">YSxiCg==</";
    assert!(
        cii.contains(&format!("<ram:AttachmentBinaryObject {file}")),
        "{cii}"
    );
    assert!(
        ubl.contains(&format!("<cbc:EmbeddedDocumentBinaryObject {file}")),
        "{ubl}"
    );
    assert!(
        cii.contains("<ram:URIID>https://example.org/plan.pdf</ram:URIID>"),
        "{cii}"
    );
    assert!(
        ubl.contains("<cbc:URI>https://example.org/plan.pdf</cbc:URI>"),
        "{ubl}"
    );
}
