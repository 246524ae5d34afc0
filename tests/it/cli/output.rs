//! Standard output: whose reader may leave, and what goes there.

use tempfile::TempDir;

use crate::harness::{Options, Program, World, samples};

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
async fn requests_are_published_though_nobody_reads_how_many() {
    let world = World::new(Options {
        sqlite: true,
        ..Options::default()
    })
    .await;
    let input = samples::many(300).join(&b'\n');
    let told = world.program(&["request", "-"]).input(input).unread().await;
    assert_eq!(told.code, 0, "{told:#?}");
    assert_eq!(world.queue_len(&world.topology.requests).await, 300);
}
