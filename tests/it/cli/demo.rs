//! `invoice-dev demo`: what a newcomer runs first.

use tempfile::TempDir;

use crate::harness::{Program, http, samples, variable};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_runs_with_nothing_but_a_broker() {
    let folder = TempDir::new().expect("a temporary folder");
    let printed = demo(&folder, &[]).run().await.succeeded();
    assert!(printed.contains("data folder"), "{printed}");
    let data = std::fs::read_dir(folder.path().join("data/demo")).expect("the data folder");
    let names = data.map(|entry| entry.expect("readable").file_name());
    let pdfs = names.filter(|name| name.to_string_lossy().ends_with(".pdf"));
    assert_eq!(pdfs.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_leads_to_the_page_and_stops_with_ctrl_c() {
    let folder = TempDir::new().expect("a temporary folder");
    let demo = demo(&folder, &["--page"]);
    let finished = demo.interrupted_when(async |printed| {
        let address = printed
            .lines()
            .find_map(|line| line.strip_prefix("the page"));
        if !printed.contains("Ctrl-C") {
            return false;
        }
        let (status, page) = http::get(address.expect("an address").trim()).await;
        let page = String::from_utf8_lossy(&page);
        assert!(status == 200 && page.contains("totals_mismatch"), "{page}");
        true
    });
    finished.await.succeeded();
}

/// A run with twenty requests in this folder.
fn demo(folder: &TempDir, more: &[&str]) -> Program {
    let broker = variable("AMQP_URL");
    let templates = samples::templates();
    let arguments = [&["demo", "--requests", "20"][..], more].concat();
    Program::new(folder.path(), &arguments).envs([
        ("AMQP_URL", broker.as_str()),
        ("TEMPLATES_DIR", templates.to_str().expect("UTF-8")),
    ])
}
