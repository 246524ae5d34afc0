//! Fonts of `FONTS_DIR`, which no digest of a record covers.

use std::os::unix::fs::symlink;
use std::path::Path;

use invoice::digest::Sha256Digest;
use invoice_worker::template_archive::PREFIX;

use super::{assert_same_again, record, refusal, text, worker, world};
use crate::faults::templates::Templates;
use crate::harness::samples;
use crate::templates::append;

/// Where Debian's package `fonts-noto-cjk` puts its fonts.
const CJK_FONTS: &str = "/usr/share/fonts/opentype/noto";

/// Different shapes of the same letters.
const FONTS: [&str; 2] = ["NotoSansCJK-Regular.ttc", "NotoSerifCJK-Regular.ttc"];

#[tokio::test(flavor = "multi_thread")]
async fn each_document_gets_the_fonts_that_it_was_rendered_with() {
    let world = world().await;
    let templates = Templates::with(&[]);
    append(&templates, "receipt/main.typ", "// Another version.");
    let mut records = Vec::new();
    for (index, font) in FONTS.into_iter().enumerate() {
        let fonts = world.path(font);
        std::fs::create_dir(&fonts).expect("a new folder");
        let original = Path::new(CJK_FONTS).join(font);
        symlink(original, fonts.join("cjk.ttc")).expect("a link");
        let variables = [
            ("TEMPLATES_DIR", text(templates.path())),
            ("FONTS_DIR", text(&fonts)),
        ];
        let mut worker = worker(&world, &variables).await;
        let sequence = index.to_string();
        let mut request = samples::with_identity(samples::receipt(), "fonts", &sequence);
        request["buyer"]["name"] = "\u{6771}\u{4eac}".into();
        records.push(record(&world, &request).await);
        worker.stop().await;
    }
    drop(templates);
    assert_eq!(records[0].template_digest, records[1].template_digest);
    assert_ne!(
        records[0].size_bytes, records[1].size_bytes,
        "the fonts made no difference"
    );
    for record in &records {
        assert_same_again(&world, record).await;
    }

    // Fonts that are lost concern only the documents that need them.
    let lost = std::fs::read(Path::new(CJK_FONTS).join(FONTS[0])).expect("a font");
    let key = format!("{PREFIX}files/{}", Sha256Digest::of(&lost));
    let delete = world.s3.delete_object().bucket(&world.bucket).key(&key);
    delete.send().await.expect("the object can be deleted");
    let error = refusal(&world, &records[0]).await;
    assert!(error.contains(&key), "{error}");
    assert_same_again(&world, &records[1]).await;
}
