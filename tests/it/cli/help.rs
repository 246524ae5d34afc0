//! Help, completions and manual pages.

use tempfile::TempDir;

use super::settings::{assert_hushed, complete, run};
use crate::harness::Program;

#[tokio::test]
async fn every_subcommand_has_a_help_that_shows_no_values() {
    let variables = complete();
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    for subcommand in [
        "worker",
        "migrate",
        "request",
        "render",
        "show",
        "url",
        "audit",
        "erase",
        "check",
        "config",
        "demo",
        "up",
        "bench",
        "templates",
    ] {
        let finished = run(&[subcommand, "--help"], &variables).await;
        assert_hushed(&finished);
        let help = finished.succeeded();
        assert!(help.contains("Usage: invoice-"), "{help}");
    }
    let finished = run(&["--help"], &variables).await;
    assert_hushed(&finished);
    let help = finished.succeeded();
    assert!(
        help.contains("Exit codes: 0 done; 1 failed; 2 wrong usage"),
        "{help}"
    );
    assert_eq!(run(&["no-such-command"], &[]).await.code, 2);
    assert_eq!(run(&["request"], &[]).await.code, 2);
    assert_eq!(
        run(&["show", "a", "b", "c", "d", "e/f"], &variables)
            .await
            .code,
        2
    );
}

#[tokio::test]
async fn the_program_writes_completions_and_manual_pages_without_values_of_settings() {
    let complete = complete();
    let variables: Vec<(&str, &str)> = complete
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell], &variables).await;
        assert_hushed(&script);
        let script = script.succeeded();
        assert!(script.contains("render-again"), "{shell}: {script}");
        assert!(!script.contains("127.0.0.1:9"), "{shell}: {script}");
    }
    let page = run(&["man"], &variables).await;
    assert_hushed(&page);
    let page = page.succeeded();
    assert!(page.contains(".SH SUBCOMMANDS"), "{page}");
    assert!(!page.contains("127.0.0.1:9"), "{page}");

    let folder = TempDir::new().expect("a temporary folder");
    let pages = Program::new(folder.path(), &["man", "share/man1"]).run();
    pages.await.succeeded();
    let page = folder
        .path()
        .join("share/man1/invoice-worker-dead-letters-replay.1");
    let page = std::fs::read_to_string(page).expect("a page of each subcommand");
    assert!(page.contains("INC\\-1234"), "{page}");
    assert!(page.contains("\\-\\-rate"), "{page}");
    assert!(!page.contains("amqp"), "{page}");
}
