//! The program alone: a copied file is a whole installation, with the templates that it was built with.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Finished, Options, Program, World, program, samples};

/// A folder with nothing in it but a copy of the program.
fn copied() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a temporary folder");
    let copy = folder.path().join("invoice-worker");
    fs::copy(program(), &copy).expect("a copy of the program");
    (folder, copy)
}

/// A run in a folder, without any variable.
async fn run(folder: &Path, arguments: &[&str]) -> Finished {
    Program::new(folder, arguments).run().await
}

#[tokio::test]
async fn a_copied_program_renders_in_an_empty_folder_what_the_templates_folder_renders() {
    let (folder, copy) = copied();
    for sample in [
        "receipt/samples/receipt-minimal.json",
        "invoice/samples/invoice-ar.json",
        "credit-note/samples/credit-note-us.json",
    ] {
        let arguments = ["render", "-", "-o", "-"];
        let request = samples::sample_bytes(sample);
        let alone = Program::of(&copy, folder.path(), &arguments).input(&*request);
        let (alone, printed) = alone.bytes().await;
        assert!(!printed.contains("warning"), "{printed}");
        let templates = samples::templates();
        let with_folder = Program::new(folder.path(), &arguments)
            .envs([("TEMPLATES_DIR", templates.to_str().expect("UTF-8"))])
            .input(request);
        assert!(alone == with_folder.bytes().await.0, "{sample}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_program_works_and_serves_and_records_the_digests_of_the_templates_folder() {
    let world = World::new(Options {
        sqlite: true,
        variables: vec![("ARCHIVE_TEMPLATES", "true".to_owned())],
        ..Options::default()
    })
    .await;
    let (_folder, copy) = copied();
    let shipped = [("TEMPLATES_DIR", ""), ("TEMPLATES_RELOAD_SECONDS", "1")];
    let mut rows = Vec::new();
    for (order, program, variables) in [("alone", copy, &shipped[..]), ("folder", program(), &[])] {
        let mut worker = world.start_worker_of(&program, variables);
        worker.is_consuming().await;
        let request = samples::with_identity(samples::receipt(), order, "1");
        world.publish(request.to_string()).await;
        rows.push(world.wait_for_document(&samples::identity(&request)).await);
        worker.emits("templates_archived").await;
        if order == "alone" {
            assert_eq!(worker.renderers().len(), 1);
            // Its fonts may change; the templates do not.
            worker.emits("templates_unchanged").await;
            worker.signal(Signal::HUP);
            worker
                .emits_where("templates_unchanged", |_| {
                    worker.events("templates_unchanged").len() == 2
                })
                .await;
        }
        worker.stop().await;
        assert!(worker.complaints().is_empty(), "{:#?}", worker.complaints());
    }
    let [alone, folder] = rows.as_slice() else {
        panic!("two documents");
    };
    assert!(alone.template_digest.is_some() && alone.brand_digest.is_some());
    assert_eq!(alone.template_digest, folder.template_digest);
    assert_eq!(alone.template_version, folder.template_version);
    assert_eq!(alone.brand_digest, folder.brand_digest);

    let serve = world.serve_with(&shipped).await;
    let templates = serve.client().get("/v1/templates").await.is(200);
    let digests = |list: &Value| {
        let list = list["templates"].as_array().expect("a list").iter();
        let digests = list.map(|template| template["digest"].to_string());
        digests.collect::<Vec<_>>()
    };
    let listed = world.program(&["templates", "list", "--json"]).run().await;
    let listed: Value = serde_json::from_str(&listed.succeeded()).expect("JSON");
    assert_eq!(digests(&templates), digests(&listed));
    assert_eq!(digests(&listed).len(), 4);
}

#[tokio::test]
async fn exported_templates_are_those_of_the_program_and_can_be_used() {
    let folder = TempDir::new().expect("a temporary folder");
    let printed = run(folder.path(), &["templates", "export", "deep/own"]).await;
    let printed = printed.succeeded();
    let command = printed
        .lines()
        .find_map(|line| line.trim().strip_prefix("invoice-worker render "));
    let command: Vec<&str> = command.expect("a next command").split(' ').collect();
    let own = [("TEMPLATES_DIR", "deep/own")];
    let shipped = run(folder.path(), &["templates", "list", "--json"]).await;
    let list = Program::new(folder.path(), &["templates", "list", "--json"]).envs(own);
    assert_eq!(list.run().await.succeeded(), shipped.succeeded());
    assert!(folder.path().join("deep/own/fonts/OFL.txt").is_file());

    // What it says is next, but for watching.
    let arguments = [&["render"], &command[..command.len() - 1]].concat();
    let render = Program::new(folder.path(), &arguments).envs(own);
    render.run().await.succeeded();
    assert!(folder.path().join("invoice.pdf").is_file());
    let new = Program::new(folder.path(), &["templates", "new", "slip"]).envs(own);
    new.run().await.succeeded();

    // A folder that is there and empty may be a mounted one.
    fs::create_dir(folder.path().join("mounted")).expect("made");
    let mounted = run(folder.path(), &["templates", "export", "mounted"]).await;
    mounted.succeeded();
    for taken in ["mounted", "invoice.pdf"] {
        let refused = run(folder.path(), &["templates", "export", taken]).await;
        assert_ne!(refused.code, 0, "{refused:#?}");
        assert!(refused.stderr.contains(taken), "{refused:#?}");
    }
}

#[tokio::test]
async fn a_new_template_without_a_templates_folder_is_refused_with_what_to_do_first() {
    let folder = TempDir::new().expect("a temporary folder");
    let refused = run(folder.path(), &["templates", "new", "slip"]).await;
    assert_eq!(refused.code, 2, "{refused:#?}");
    for words in [
        "TEMPLATES_DIR is not set",
        "invoice-worker templates export ",
    ] {
        assert!(refused.stderr.contains(words), "{refused:#?}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
}

#[tokio::test]
async fn templates_of_ones_own_that_are_not_used_are_pointed_out() {
    let folder = TempDir::new().expect("a temporary folder");
    run(folder.path(), &["templates", "export", "templates"])
        .await
        .succeeded();
    let sample = "templates/receipt/samples/receipt-minimal.json";
    let arguments = ["render", sample, "-o", "a.pdf"];
    let same = run(folder.path(), &arguments).await;
    assert_eq!((same.code, &*same.stderr), (0, ""));

    let main = folder.path().join("templates/receipt/main.typ");
    let own = fs::read_to_string(&main).expect("a template") + "// My own.\n";
    fs::write(&main, own).expect("written");
    let other = run(folder.path(), &arguments).await;
    assert_eq!(other.code, 0, "{other:#?}");
    assert!(
        other.stderr.contains("templates_folder_unused"),
        "{other:#?}"
    );
    let used = Program::new(folder.path(), &arguments).envs([("TEMPLATES_DIR", "templates")]);
    assert_eq!(used.run().await.stderr, "");

    // Those that cannot be loaded are not used either, and the reason is said.
    let english = folder.path().join("templates/lib/texts/en.json");
    fs::write(english, "{").expect("written");
    let broken = run(folder.path(), &arguments).await;
    assert_eq!(broken.code, 0, "{broken:#?}");
    for words in ["templates_folder_unused", "en.json"] {
        assert!(broken.stderr.contains(words), "{broken:#?}");
    }
}
