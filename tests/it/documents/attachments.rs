//! Files that a request attaches, read back from the PDF as a person's tools do.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{assert_shows, pages, poppler, render, render_with};
use crate::faults::templates::Templates;
use crate::harness::{Program, samples};

/// A file as a request attaches it, and how the PDF describes it.
struct File {
    name: &'static str,
    mime_type: &'static str,
    relationship: Option<&'static str>,
    content: Vec<u8>,
    /// The relationship and the type in the PDF.
    described: [&'static str; 2],
}

fn files() -> Vec<File> {
    let file = |name, mime_type, relationship, content: &[u8], described| File {
        name,
        mime_type,
        relationship,
        content: content.to_vec(),
        described,
    };
    vec![
        file(
            "Zeiten.pdf",
            "application/pdf",
            None,
            b"%PDF-1.4\nany \x00\xff bytes",
            ["/AFRelationship/Supplement", "/Subtype/application#2Fpdf"],
        ),
        file(
            "lines.csv",
            "text/csv",
            Some("data"),
            b"id;net\r\n1;226,80\r\n",
            ["/AFRelationship/Data", "/Subtype/text#2Fcsv"],
        ),
        file(
            "scan.png",
            "image/png",
            Some("source"),
            b"\x89PNG\r\n\x1a\nnot a whole image",
            ["/AFRelationship/Source", "/Subtype/image#2Fpng"],
        ),
        file(
            "photo.jpg",
            "image/jpeg",
            Some("unspecified"),
            b"\xff\xd8\xff\xe0photo",
            ["/AFRelationship/Unspecified", "/Subtype/image#2Fjpeg"],
        ),
        file(
            "Übersicht.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Some("supplement"),
            b"PK\x03\x04[Content_Types].xml",
            [
                "/AFRelationship/Supplement",
                "/Subtype/application#2Fvnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ],
        ),
    ]
}

/// An invoice with these files.
fn request(files: &[File]) -> Value {
    let mut request = samples::invoice();
    let attachments = files.iter().enumerate().map(|(index, file)| {
        json!({
            "id": format!("ID-{index}"), "description": format!("Description {index}"), "filename": file.name,
            "mimeType": file.mime_type, "relationship": file.relationship, "content": BASE64_STANDARD.encode(&file.content),
        })
    });
    request["attachments"] = attachments.collect();
    request
}

/// Compares the files in a PDF with those of the request.
fn assert_attached(pdf: &[u8], files: &[File]) {
    let folder = TempDir::new().expect("a temporary folder");
    let document = folder.path().join("document.pdf");
    std::fs::write(&document, pdf).expect("written");
    let list = poppler("pdfdetach", &["-list"], std::slice::from_ref(&document));
    let list = String::from_utf8_lossy(&list).into_owned();
    assert!(
        list.starts_with(&format!("{} embedded files", files.len())),
        "{list}"
    );

    let text = String::from_utf8_lossy(pdf).replace(['\n', ' '], "");
    for (index, file) in files.iter().enumerate() {
        let saved = folder.path().join(index.to_string());
        save(&document, index + 1, &saved);
        let saved = std::fs::read(&saved).expect("a file");
        // The files in a PDF are sorted by their names.
        let own = files.iter().find(|other| other.content == saved);
        assert!(own.is_some(), "{index} is none of the files: {saved:?}");
        assert!(list.contains(file.name), "{}: {list}", file.name);
        for described in file.described {
            assert!(text.contains(described), "{}: {described}", file.name);
        }
        let described = format!("/Desc(Description{index})");
        assert!(text.contains(&described), "{described}");
    }
}

fn save(document: &Path, number: usize, file: &Path) {
    let (number, file) = (number.to_string(), file.to_str().expect("UTF-8"));
    let options = ["-save", &number, "-o", file];
    poppler("pdfdetach", &options, &[document.to_owned()]);
}

#[tokio::test]
async fn five_attached_files_are_in_the_document_as_they_were_sent() {
    let files = files();
    let request = request(&files);
    let pdf = render(&request).await;
    assert_attached(&pdf, &files);
    let pages = pages(&pdf);
    assert_eq!(pages.len(), 1);
    let names: Vec<&str> = files.iter().map(|file| file.name).collect();
    assert_shows(&pages[0], &names);
    assert!(
        render(&request).await == pdf,
        "the same request gives the same bytes"
    );
}

/// A template of an operator need not know of attached files, nor set a date. It may set that there is none.
#[tokio::test]
async fn files_are_attached_whichever_template_is_used() {
    const OWN: &str = "#let render(data) = {\n  set document(title: \"Own\")\n  \
                       set text(font: data.fonts, lang: \"en\")\n  par(data.document.number)\n}\n";
    let undated = OWN.replace("title: \"Own\"", "title: \"Own\", date: none");
    let templates = Templates::with(&[("own", OWN), ("undated", &undated)]);
    let files = files();
    let mut request = request(&files);
    for name in ["own", "undated"] {
        request["template"] = json!({ "name": name });
        let pdf = render_with(templates.path(), &request).await;
        assert_attached(&pdf, &files);
        assert_eq!(pages(&pdf).len(), 1);
    }
}

#[tokio::test]
async fn a_location_that_is_no_https_url_is_text() {
    let mut request = samples::invoice();
    request["attachments"] = json!([
        { "id": "Sheet 1", "url": "http://www.alder.example/sheet.html" },
        { "id": "Sheet 2", "url": "https://www.alder.example/sheet.html" },
    ]);
    let pdf = render(&request).await;
    assert_shows(
        &pages(&pdf)[0],
        &["Sheet 1 · http://www.alder.example/sheet.html"],
    );
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("(https://www.alder.example/sheet.html)"));
    assert!(!text.contains("(http://www.alder.example/sheet.html)"));
}

#[tokio::test]
async fn the_setting_limits_all_files_of_a_request_together() {
    let files = files();
    let bytes: usize = files.iter().map(|file| file.content.len()).sum();
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("request.json");
    std::fs::write(path, request(&files).to_string()).expect("written");
    let templates = samples::templates();
    let run = async |max_bytes: usize| {
        let arguments = ["render", "request.json", "-o", "out.pdf"];
        let variables = [
            ("ATTACHMENTS_MAX_BYTES", max_bytes.to_string()),
            ("TEMPLATES_DIR", templates.display().to_string()),
        ];
        let program = Program::new(folder.path(), &arguments);
        program.envs(variables).run().await
    };
    run(bytes).await.succeeded();
    let refused = run(bytes - 1).await;
    assert_eq!(refused.code, 1, "{refused:#?}");
    let problem = format!("expected at most {} (ATTACHMENTS_MAX_BYTES)", bytes - 1);
    assert!(refused.stderr.contains(&problem), "{refused:#?}");
}
