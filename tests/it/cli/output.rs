//! Standard output: whose reader may leave, and what goes there.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

use invoice_worker::broker::Lane;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::harness::{Options, Program, World, program, samples};

#[tokio::test]
async fn a_reader_that_leaves_ends_no_command_with_a_panic() {
    let templates = samples::templates();
    let sample = templates.join("receipt/samples/receipt-minimal.json");
    let sample = sample.to_str().expect("UTF-8");
    let folder = TempDir::new().expect("a temporary folder");
    for (arguments, code) in [
        (&["config"][..], 0),
        (&["schema"], 0),
        (&["--help"], 0),
        (&["bench", "requests", "--requests", "500"], 0),
        (&["templates", "list"], 0),
        (&["templates", "new", "slip"], 0),
        (&["render", sample, "-o", "one.pdf"], 0),
        (&["render", sample, "-o", "-"], 0),
        (&["migrate", "status"], 1),
        (&["migrate", "up"], 0),
        (&["migrate", "up"], 0),
        (&["check"], 1),
    ] {
        let own_templates = folder.path().join("templates");
        if !own_templates.exists() {
            std::fs::create_dir_all(own_templates.join("fonts")).expect("a folder");
        }
        let is_new = arguments.contains(&"new");
        let templates = if is_new { &own_templates } else { &templates };
        let finished = Program::new(folder.path(), arguments)
            .envs([
                ("TEMPLATES_DIR", templates.to_str().expect("UTF-8")),
                ("DATABASE_URL", "sqlite://data/x.db?mode=rwc"),
                ("AMQP_URL", "amqp://127.0.0.1:9/%2f"),
                ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9"),
                ("AWS_ACCESS_KEY_ID", "key"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
            ])
            .unread()
            .await;
        assert_eq!(finished.code, code, "{arguments:?} {finished:#?}");
        assert!(!finished.stderr.contains("panicked"), "{finished:#?}");
    }
    assert!(folder.path().join("one.pdf").exists());
    assert!(folder.path().join("templates/slip/main.typ").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_published_when_standard_output_is_closed() {
    let world = World::new(Options::sqlite()).await;
    let input = samples::many(300).join(&b'\n');
    let printed = world.program(&["request", "-"]).input(input).unread().await;
    assert_eq!(printed.code, 0, "{printed:#?}");
    assert_eq!(world.lane_len(Lane::Bulk).await, 300);
}

/// A run of `render` in this folder, with the templates that we ship.
fn render(folder: &Path, arguments: &[&str]) -> Program {
    let templates = samples::templates();
    let arguments = [&["render"], arguments].concat();
    Program::new(folder, &arguments).envs([("TEMPLATES_DIR", templates.to_str().expect("UTF-8"))])
}

#[tokio::test]
async fn a_document_can_come_from_standard_input_and_go_to_standard_output() {
    let folder = TempDir::new().expect("a temporary folder");
    let request = samples::receipt().to_string();
    let to_file = render(folder.path(), &["-", "-o", "one.pdf"]).input(request.clone());
    let printed = to_file.run().await.succeeded();
    assert!(printed.starts_with("one.pdf: 1 page, "), "{printed}");
    let expected = std::fs::read(folder.path().join("one.pdf")).expect("a document");
    for output in ["-", "/dev/stdout"] {
        let program = render(folder.path(), &["-", "-o", output]).input(request.clone());
        let (document, printed) = program.bytes().await;
        assert!(document == expected, "{output}: another document");
        assert!(printed.contains(": 1 page, "), "{printed}");
    }
    for arguments in [
        &["-", "-o", "x.pdf", "--watch"][..],
        &["x", "-o", "-", "--png"],
    ] {
        let refused = render(folder.path(), arguments).run().await;
        assert_eq!(refused.code, 2, "{refused:#?}");
    }
}

#[tokio::test]
async fn a_render_that_is_killed_while_it_writes_leaves_the_old_file() {
    let folder = TempDir::new().expect("a temporary folder");
    let sample = samples::templates().join("receipt/samples/receipt-minimal.json");
    let output = folder.path().join("one.pdf");
    for old in [None, Some("old")] {
        if let Some(old) = old {
            std::fs::write(&output, old).expect("written");
        }
        // The kernel kills a process that makes a file larger than its limit, here four blocks.
        let status = Command::new("bash")
            .args(["-c", "ulimit -c 0; ulimit -f 4; exec \"$@\"", "bash"])
            .arg(program())
            .arg("render")
            .args([&*sample, Path::new("-o"), &*output])
            .arg("--templates-dir")
            .arg(samples::templates())
            .current_dir(folder.path())
            .status()
            .expect("bash");
        assert_eq!(status.signal(), Some(Signal::XFSZ.as_raw()), "{status}");
        let found = std::fs::read_to_string(&output).ok();
        assert_eq!(found.as_deref(), old);
    }
}

#[tokio::test]
async fn pictures_of_pages_that_are_no_more_are_removed() {
    let folder = TempDir::new().expect("a temporary folder");
    for name in ["one-2.png", "one-3.png", "one-5.png", "other-2.png"] {
        std::fs::write(folder.path().join(name), "old").expect("written");
    }
    let program = render(folder.path(), &["-", "-o", "one.pdf", "--png"]);
    let program = program.input(samples::receipt().to_string());
    program.run().await.succeeded();
    let names = std::fs::read_dir(folder.path()).expect("a folder");
    let mut names: Vec<_> = names
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    // What is behind a gap is not a page of an earlier run.
    assert_eq!(names, ["one-1.png", "one-5.png", "one.pdf", "other-2.png"]);
}
