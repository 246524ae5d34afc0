//! Hybrids, read back by code of others.

use einvoice::{EInvoice, EmbedError, Syntax, embed};
use en16931_formats::zugferd::{self, Limits};
use invoice::model::EInvoiceProfile::{FacturXEn16931, PeppolBis3, XRechnung30};

use crate::request::{invoice, request};

/// A PDF as the renderer writes it.
const PDF: &[u8] = include_bytes!("../../../../tests/fixtures/0.1.0/adopted.pdf");

#[test]
fn a_hybrid_is_read_back_by_another_reader() {
    let invoice = invoice(&request());
    for (profile, name) in [
        (FacturXEn16931, "factur-x.xml"),
        (XRechnung30, "xrechnung.xml"),
    ] {
        let e_invoice = EInvoice::of(&invoice, profile, None).expect("an e-invoice");
        let hybrid = embed(PDF, &invoice, &e_invoice).expect("a hybrid");
        assert!(hybrid.starts_with(PDF), "the document stays as it is");
        let read = zugferd::extract(&hybrid, &Limits::default()).expect("an e-invoice in it");
        assert_eq!(read.divergence, []);
        assert_eq!(read.xml, e_invoice.xml);
        let text = String::from_utf8_lossy(&hybrid);
        for expected in [
            &*format!("/UF({name})"),
            "/AFRelationship/Alternative",
            "/ModDate(D:20261121000000Z)",
            "/Subtype/text#2Fxml",
            "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">Receipt 1</rdf:li></rdf:Alt></dc:title>",
            "<pdfaid:conformance>A</pdfaid:conformance>",
        ] {
            assert!(
                text[PDF.len()..].contains(expected) || text.contains(expected),
                "{expected}"
            );
        }
        // The metadata that is in force has one list of schemas.
        let packet = text.rsplit("<?xpacket begin").next().expect("the metadata");
        assert_eq!(packet.matches("<pdfaExtension:schemas>").count(), 1);
        assert_eq!(
            packet
                .matches("<pdfaSchema:prefix>fx</pdfaSchema:prefix>")
                .count(),
            1
        );
        assert!(packet.contains(&format!(
            "<fx:DocumentFileName>{name}</fx:DocumentFileName>"
        )));
    }
}

#[test]
fn the_same_document_gives_the_same_hybrid() {
    let invoice = invoice(&request());
    let e_invoice = EInvoice::of(&invoice, FacturXEn16931, None).expect("an e-invoice");
    assert_eq!(
        embed(PDF, &invoice, &e_invoice),
        embed(PDF, &invoice, &e_invoice)
    );
}

#[test]
fn only_a_document_of_the_renderer_gets_an_e_invoice() {
    let invoice = invoice(&request());
    let e_invoice = EInvoice::of(&invoice, FacturXEn16931, None).expect("an e-invoice");
    let hybrid = embed(PDF, &invoice, &e_invoice).expect("a hybrid");
    assert_eq!(
        embed(&hybrid, &invoice, &e_invoice),
        Err(EmbedError::NotAlone)
    );
    for broken in [&b""[..], b"%PDF-1.7\n", &PDF[..PDF.len() / 2], &PDF[1..]] {
        let refused = embed(broken, &invoice, &e_invoice);
        assert!(
            matches!(refused, Err(EmbedError::Unexpected(_))),
            "{refused:?}"
        );
    }
    for (profile, syntax) in [(PeppolBis3, Syntax::Ubl), (FacturXEn16931, Syntax::Ubl)] {
        let alone = EInvoice::of(&invoice, profile, Some(syntax)).expect("an e-invoice");
        assert!(!alone.is_embedded());
        assert_eq!(embed(PDF, &invoice, &alone), Err(EmbedError::NoContainer));
    }
}
