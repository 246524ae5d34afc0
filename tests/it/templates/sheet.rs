//! `templates sheet`: pictures of samples, and what differs from other templates.

use document::Catalog;
use tempfile::TempDir;

use super::{text, write};
use crate::faults::templates::Templates;
use crate::harness::{Finished, Options, Program, World};

/// Sheets of the packing slips in two languages, compared with the shipped templates.
async fn sheets(templates: &Templates, folder: &TempDir, more: &[&str]) -> Finished {
    let arguments = ["templates", "sheet", "packing-slip", "-o", "sheets"];
    let arguments = [&arguments[..], more].concat();
    Program::new(folder.path(), &arguments)
        .envs([("TEMPLATES_DIR", text(templates.path()))])
        .run()
        .await
}

#[tokio::test]
async fn sheets_show_every_sample_and_what_differs_from_other_templates() {
    let templates = Templates::with(&[]);
    let folder = TempDir::new().expect("a temporary folder");
    let file = |name: &str| std::fs::read(folder.path().join("sheets/packing-slip").join(name));
    let options = ["--languages", "de,en", "--against", "shipped"];

    let printed = sheets(&templates, &folder, &options).await.succeeded();
    assert!(
        printed.contains("packing-slip/packing-slip-de: 2 documents\n"),
        "{printed}"
    );
    assert!(
        printed.contains("packing-slip/stress/one-line: 1 documents\n"),
        "{printed}"
    );
    // The three stress samples are German.
    assert!(
        printed.ends_with("sheets: 5 sheets of 7 documents; 0 differ, 0 lost\n"),
        "{printed}"
    );
    let equal = file("packing-slip-de.png").expect("a picture");
    assert!(equal.starts_with(b"\x89PNG"));
    let pdf = file("packing-slip-de.pdf").expect("a document");
    assert!(pdf.starts_with(b"%PDF"));
    let shown = crate::documents::pages(&pdf).concat();
    assert!(
        shown.contains("packing-slip:packing-slip-de.json"),
        "{shown}"
    );

    // A text that German documents show, on each page.
    let texts = r#"{"title-packing-slip": "Lieferzettel"}"#;
    write(&templates, "packing-slip/texts/de.json", texts);
    let differ = sheets(&templates, &folder, &options).await;
    assert_eq!(differ.code, 1, "{differ:#?}");
    assert!(
        differ
            .stdout
            .contains("packing-slip/packing-slip-de: 2 documents, 1 differ: de\n"),
        "{differ:#?}"
    );
    assert!(
        differ.stdout.ends_with("; 5 differ, 0 lost\n"),
        "{differ:#?}"
    );
    assert_ne!(file("packing-slip-de.png").expect("a picture"), equal);
    let shown = crate::documents::pages(&file("packing-slip-de.pdf").expect("a document"));
    assert!(shown.concat().contains("de:before,now"), "{shown:?}");

    // A folder to compare with works as well, and a language can be lost.
    let own = text(templates.path()).to_owned();
    let fewer = Templates::with(&[]);
    write(&fewer, "packing-slip/texts/de.json", texts);
    std::fs::remove_file(fewer.path().join("lib/texts/it.json")).expect("removed");
    let options = ["--languages", "de,en", "--against", own.as_str()];
    let printed = sheets(&fewer, &folder, &options).await.succeeded();
    assert!(printed.ends_with("; 0 differ, 0 lost\n"), "{printed}");
    let options = ["--languages", "de,it", "--against", own.as_str()];
    let lost = sheets(&fewer, &folder, &options).await;
    assert_eq!(lost.code, 1, "{lost:#?}");
    assert!(
        lost.stdout.contains("\nlost: packing-slip in it\n"),
        "{lost:#?}"
    );
}

/// A design of one's own is no difference to the shipped ones.
#[tokio::test]
async fn a_template_that_the_other_folder_does_not_have_is_new() {
    let templates = Templates::with(&[]);
    let folder = TempDir::new().expect("a temporary folder");
    let run = async |arguments: &[&str]| {
        Program::new(folder.path(), arguments)
            .envs([("TEMPLATES_DIR", text(templates.path()))])
            .run()
            .await
    };
    run(&["templates", "new", "slip"]).await.succeeded();
    let sheet = [
        "templates",
        "sheet",
        "slip",
        "-o",
        "sheets",
        "--against",
        "shipped",
    ];
    let printed = run(&sheet).await.succeeded();
    let each = [
        "slip/one: 4 documents, 4 new: en-150 en-GB en-IE en\n",
        "slip/stress/long-words: 1 documents, 1 new: en-US\n",
    ];
    for line in each {
        assert!(printed.contains(line), "{printed}");
    }
    assert!(
        printed.ends_with("; 0 differ, 5 new, 0 lost\n"),
        "{printed}"
    );

    // A sample in none of the languages is named, and leaves no folder.
    let only = [
        "templates",
        "sheet",
        "slip",
        "packing-slip",
        "-o",
        "german",
        "--languages",
        "de",
    ];
    let finished = run(&only).await;
    assert!(
        finished
            .stderr
            .contains("note: slip/one: no sheet, it has none of the languages"),
        "{finished:#?}"
    );
    finished.succeeded();
    assert!(!folder.path().join("german/slip").exists());
    assert!(folder.path().join("german/packing-slip").is_dir());
}

#[tokio::test]
async fn a_sheet_of_what_is_not_there_is_refused() {
    let templates = Templates::with(&[]);
    let folder = TempDir::new().expect("a temporary folder");
    for options in [
        &["no-such-template"][..],
        &["--languages", "xx"],
        &["--against", "/does/not/exist"],
    ] {
        let refused = sheets(&templates, &folder, options).await;
        assert_eq!(refused.code, 2, "{options:?} {refused:#?}");
    }
    assert!(!folder.path().join("sheets").exists());
}

/// Sheets of the repository's templates, compared with what is in the bucket.
async fn sheets_against(world: &World, digits: &str, more: &[&str]) -> Finished {
    let arguments = ["templates", "sheet", "-o", "sheets", "--against", digits];
    let arguments = [&arguments[..], more].concat();
    world.program(&arguments).run().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_a_worker_has_used_is_compared_by_its_digest() {
    let world = World::new(Options {
        sqlite: true,
        variables: vec![("ARCHIVE_TEMPLATES", "true".to_owned())],
        ..Options::default()
    })
    .await;
    let templates = Templates::with(&[]);
    let texts = r#"{"title-packing-slip": "Lieferzettel"}"#;
    write(&templates, "packing-slip/texts/de.json", texts);
    let used = Catalog::load(templates.path()).expect("a catalog");
    let digest = |folder: &str| {
        let mut all = used.templates();
        let found = all.find(|template| template.folder == folder);
        found.expect(folder).digest.to_string()
    };
    let slip = digest("packing-slip");
    let mut worker = world
        .worker(&[("TEMPLATES_DIR", text(templates.path()))])
        .await;
    worker.emits("templates_archived").await;
    worker.stop().await;
    drop(templates);

    // The other templates are left out, and the brands are the same.
    let differ = sheets_against(&world, &slip[..12], &["--languages", "de,en"]).await;
    assert_eq!(differ.code, 1, "{differ:#?}");
    assert!(
        differ
            .stdout
            .contains("packing-slip/packing-slip-de: 2 documents, 1 differ: de\n"),
        "{differ:#?}"
    );
    assert!(
        differ
            .stdout
            .ends_with("sheets: 5 sheets of 7 documents; 5 differ, 0 lost\n"),
        "{differ:#?}"
    );

    for (digits, more, problem) in [
        (
            "000000000000",
            &[][..],
            "--against: the bucket has no template whose digest starts with 000000000000",
        ),
        (
            &digest("invoice")[..],
            &["packing-slip"][..],
            "--against: this is the digest of template invoice, expected that of packing-slip",
        ),
    ] {
        let refused = sheets_against(&world, digits, more).await;
        assert_eq!(refused.code, 2, "{digits} {refused:#?}");
        assert!(refused.stderr.contains(problem), "{digits} {refused:#?}");
    }

    let other = format!("{}{}", &slip[..12], "0".repeat(52));
    let key = format!("invoices/.templates/{other}.0123456789abcdef.json");
    let put = world.s3.put_object().bucket(&world.bucket).key(key);
    put.send().await.expect("the object can be put");
    let refused = sheets_against(&world, &slip[..12], &[]).await;
    assert_eq!(refused.code, 2, "{refused:#?}");
    for candidate in [&slip, &other] {
        assert!(refused.stderr.contains(candidate), "{refused:#?}");
    }
    // The whole digest is unambiguous. The English documents have no text that differs.
    let options = ["--languages", "en"];
    let equal = sheets_against(&world, &slip.to_uppercase(), &options).await;
    let printed = equal.succeeded();
    assert!(printed.ends_with("; 0 differ, 0 lost\n"), "{printed}");
}
