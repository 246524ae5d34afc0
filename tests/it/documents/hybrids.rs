//! Documents with an e-invoice in them, read back as a person's tools do.

use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use super::{pages, poppler, render};
use crate::harness::samples;

#[tokio::test]
async fn a_document_with_an_e_invoice_is_the_same_document_with_a_file() {
    let plain = render(&samples::invoice()).await;
    for (profile, name) in [
        ("factur-x-en16931", "factur-x.xml"),
        ("xrechnung", "xrechnung.xml"),
    ] {
        let mut request = samples::invoice();
        request["eInvoice"] = json!({ "profile": profile });
        let hybrid = render(&request).await;
        assert!(
            hybrid.starts_with(&plain),
            "the bytes of the document stay a prefix"
        );
        assert!(
            render(&request).await == hybrid,
            "the same request gives the same bytes"
        );
        assert_eq!(pages(&hybrid), pages(&plain));

        let folder = TempDir::new().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        let [before, after] =
            [("plain.pdf", &plain), ("hybrid.pdf", &hybrid)].map(|(name, pdf)| {
                std::fs::write(path(name), pdf).expect("written");
                facts(path(name))
            });
        assert_eq!(after, before);
        let list = poppler("pdfdetach", &["-list"], &[path("hybrid.pdf")]);
        let list = String::from_utf8(list).expect("UTF-8");
        assert_eq!(list.trim_end(), format!("1 embedded files\n1: {name}"));
        let saved = path("saved.xml");
        let options = ["-save", "1", "-o", saved.to_str().expect("UTF-8")];
        poppler("pdfdetach", &options, &[path("hybrid.pdf")]);
        let xml = std::fs::read_to_string(&saved).expect("an XML file");
        let number = request["number"].as_str().expect("a number");
        assert!(xml.contains(&format!("<ram:ID>{number}</ram:ID>")), "{xml}");
    }
}

/// What the document says of itself, without its size.
fn facts(pdf: PathBuf) -> Vec<String> {
    let facts = poppler("pdfinfo", &[], &[pdf]);
    let facts = String::from_utf8(facts).expect("UTF-8");
    let lines = facts.lines().filter(|line| !line.starts_with("File size"));
    lines.map(ToOwned::to_owned).collect()
}
