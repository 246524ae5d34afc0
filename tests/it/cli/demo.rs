//! `invoice-dev demo`: what a newcomer runs first.

use tempfile::TempDir;

use crate::harness::{Program, samples, variable};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_runs_with_nothing_but_a_broker() {
    let folder = TempDir::new().expect("a temporary folder");
    let broker = variable("AMQP_URL");
    let templates = samples::templates();
    let demo = Program::new(folder.path(), &["demo", "--requests", "20"]).envs([
        ("AMQP_URL", broker.as_str()),
        ("TEMPLATES_DIR", templates.to_str().expect("UTF-8")),
    ]);
    let printed = demo.run().await.succeeded();
    assert!(printed.contains("data folder"), "{printed}");
    let data = std::fs::read_dir(folder.path().join("data/demo")).expect("the data folder");
    let names = data.map(|entry| entry.expect("readable").file_name());
    let pdfs = names.filter(|name| name.to_string_lossy().ends_with(".pdf"));
    assert_eq!(pdfs.count(), 1);
}
