//! The e-invoices in `docs/samples`, which people open before they install anything.
//!
//! After a change that is meant: `UPDATE_SAMPLES=1 make test ARGS=documents::kept`.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::harness::{Program, samples};

#[tokio::test]
async fn the_e_invoices_in_the_documentation_are_what_the_program_makes() {
    let templates = samples::templates();
    let templates = templates.to_str().expect("UTF-8");
    for (name, makes) in [
        ("factur-x", &["pdf"][..]),
        ("xrechnung", &["pdf"]),
        ("peppol", &["pdf", "xml"]),
    ] {
        let folder = TempDir::new().expect("a temporary folder");
        let request = kept(name, "json");
        let request = request.to_str().expect("UTF-8");
        let mut arguments = vec![
            "render",
            request,
            "-o",
            "out.pdf",
            "--templates-dir",
            templates,
        ];
        if makes.contains(&"xml") {
            arguments.extend(["--xml", "out.xml"]);
        }
        Program::new(folder.path(), &arguments)
            .run()
            .await
            .succeeded();
        for kind in makes {
            let made = std::fs::read(folder.path().join(format!("out.{kind}"))).expect("written");
            if std::env::var_os("UPDATE_SAMPLES").is_some() {
                std::fs::write(kept(name, kind), &made).expect("written");
            }
            let kept = std::fs::read(kept(name, kind)).unwrap_or_default();
            assert!(
                kept == made,
                "docs/samples/{name}.{kind} is not what the program makes"
            );
        }
    }
}

fn kept(name: &str, kind: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join(format!("docs/samples/{name}.{kind}"))
}
