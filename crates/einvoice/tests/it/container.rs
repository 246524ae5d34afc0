//! Hybrids. `make verify-documents` has them checked by other programs.

use std::io::Read as _;

use einvoice::{EInvoice, EmbedError, Syntax, embed};
use invoice::model::EInvoiceProfile::{FacturXEn16931, PeppolBis3, XRechnung30};

use crate::request::{invoice, request};

/// A PDF as the renderer writes it.
const PDF: &[u8] = include_bytes!("../../../../tests/fixtures/0.1.0/adopted.pdf");

#[test]
fn a_hybrid_is_the_document_with_its_e_invoice() {
    let invoice = invoice(&request());
    for (profile, name, level) in [
        (FacturXEn16931, "factur-x.xml", "EN 16931"),
        (XRechnung30, "xrechnung.xml", "XRECHNUNG"),
    ] {
        let e_invoice = EInvoice::of(&invoice, profile, None).expect("an e-invoice");
        let hybrid = embed(PDF, &invoice, &e_invoice).expect("a hybrid");
        assert!(hybrid.starts_with(PDF), "the document stays as it is");
        let objects = updated_objects(&hybrid);
        let text = |object: &[u8]| String::from_utf8_lossy(object).into_owned();
        let with = |part: &str| {
            let mut objects = objects.iter().filter(|object| text(object).contains(part));
            let object = objects
                .next()
                .unwrap_or_else(|| panic!("an object with {part}"));
            assert!(objects.next().is_none(), "one object with {part}");
            object.as_slice()
        };
        let file = with("/Type/EmbeddedFile/Subtype/text#2Fxml");
        assert!(text(file).contains("/ModDate(D:20261121000000Z)"));
        assert_eq!(inflated(file), e_invoice.xml);
        let specification = text(with("/Type/Filespec"));
        assert!(
            specification.contains(&format!("/F({name})/UF({name})")),
            "{specification}"
        );
        assert!(
            specification.contains("/AFRelationship/Alternative"),
            "{specification}"
        );
        let catalog = text(with("/Type/Catalog"));
        for kept in [
            "/Lang(en-US)",
            "/MarkInfo<</Marked true/Suspects false>>",
            "/StructTreeRoot",
        ] {
            assert!(catalog.contains(kept), "{catalog}");
        }
        assert!(
            catalog.contains(&format!("/EmbeddedFiles<</Names[({name})")),
            "{catalog}"
        );
        // The metadata has one list of schemas, and what the document said before.
        let metadata = text(with("/Type/Metadata"));
        for (part, count) in [
            ("<pdfaExtension:schemas>", 1),
            ("<pdfaSchema:prefix>fx</pdfaSchema:prefix>", 1),
            ("<pdfaid:conformance>A</pdfaid:conformance>", 1),
            ("<rdf:li xml:lang=\"x-default\">Receipt 1</rdf:li>", 1),
            (
                &*format!("<fx:DocumentFileName>{name}</fx:DocumentFileName>"),
                1,
            ),
            (
                &*format!("<fx:ConformanceLevel>{level}</fx:ConformanceLevel>"),
                1,
            ),
        ] {
            assert_eq!(
                metadata.matches(part).count(),
                count,
                "{part} in {metadata}"
            );
        }
        let packet = &metadata[metadata.find("<x:xmpmeta").expect("XMP")..];
        let packet = &packet[..packet.find("<?xpacket end").expect("its end")];
        roxmltree::Document::parse(packet).expect("XML");
    }
}

/// The objects that the cross-reference table of the update names, each from its number to its end.
fn updated_objects(hybrid: &[u8]) -> Vec<Vec<u8>> {
    let update = String::from_utf8_lossy(&hybrid[PDF.len()..]).into_owned();
    let (_, end) = update.rsplit_once("startxref\n").expect("its table");
    let table: usize = end
        .lines()
        .next()
        .expect("a line")
        .parse()
        .expect("an offset");
    let text = String::from_utf8_lossy(&hybrid[table..]).into_owned();
    let (entries, trailer) = text.split_once("trailer").expect("a trailer");
    let before = String::from_utf8_lossy(PDF).into_owned();
    let (_, offset) = before.rsplit_once("startxref\n").expect("its table");
    let offset = offset.lines().next().expect("an offset");
    assert!(trailer.contains(&format!("/Prev {offset}>>")), "{trailer}");
    let mut number = 0;
    let mut objects = Vec::new();
    for line in entries.lines().skip(1) {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let [offset, "00000", "n"] = parts[..] else {
            number = parts[0].parse().expect("the number of a section");
            continue;
        };
        let object = &hybrid[offset.parse::<usize>().expect("an offset")..];
        let head = format!("{number} 0 obj\n");
        assert!(object.starts_with(head.as_bytes()), "object {number}");
        let end = object
            .windows(7)
            .position(|window| window == b"endobj\n")
            .expect("its end");
        objects.push(object[..end].to_vec());
        number += 1;
    }
    assert_eq!(objects.len(), 4);
    objects
}

/// The content of a stream.
fn inflated(object: &[u8]) -> Vec<u8> {
    let start = object
        .windows(7)
        .position(|window| window == b"stream\n")
        .expect("a stream")
        + 7;
    let mut content = Vec::new();
    let mut decoder = flate2::read::ZlibDecoder::new(&object[start..]);
    decoder.read_to_end(&mut content).expect("deflated");
    content
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
