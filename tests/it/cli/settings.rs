//! Settings: where they come from, what is said about wrong ones, and what is never said.

use std::collections::BTreeSet;
use std::path::Path;

use tempfile::TempDir;

use crate::harness::{Finished, Program, samples};

pub(super) const SECRET: &str = "hush-hush-5d1f";

/// A run in an empty folder with these variables and nothing else.
pub(super) async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let folder = TempDir::new().expect("a temporary folder");
    let variables = variables.iter().copied();
    Program::new(folder.path(), arguments)
        .envs(variables)
        .run()
        .await
}

/// All that a worker needs, except that nothing of it exists.
pub(super) fn complete() -> Vec<(&'static str, String)> {
    let templates = samples::templates();
    vec![
        ("AMQP_URL", format!("amqp://user:{SECRET}@127.0.0.1:9/%2f")),
        (
            "DATABASE_URL",
            format!("postgres://user:{SECRET}@127.0.0.1:9/x"),
        ),
        ("AWS_ACCESS_KEY_ID", "key".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        (
            "TEMPLATES_DIR",
            templates.to_str().expect("UTF-8").to_owned(),
        ),
    ]
}

#[tokio::test]
async fn a_wrong_setting_ends_with_2_and_one_sentence_that_names_it() {
    for (variable, value) in [
        ("AMQP_URL", "http://user:hush-hush-5d1f@host"),
        ("AMQP_URL", "hush-hush-5d1f"),
        ("AMQP_URL", ""),
        ("AMQP_URL", "amqp://user:1/hush-hush-5d1f@host/%2f"),
        ("AMQP_URL", "amqp://user:hush-hush-5d1f/@host/%2f"),
        ("AMQP_EXCHANGE", "amq.topic"),
        ("AMQP_QUEUE", "a queue"),
        ("DATABASE_URL", "mysql://user:hush-hush-5d1f@host/x"),
        ("DATABASE_URL", "sqlite::memory:"),
        ("DATABASE_URL", "postgres://user:hush-hush-5d1f#a@host/x"),
        ("DATABASE_URL", "postgres://user:1#hush-hush-5d1f@host/x"),
        ("DATABASE_URL", "postgres://user:1?hush-hush-5d1f@host/x"),
        (
            "DATABASE_URL",
            "postgres://user:hush-hush-5d1f@host:99999/x",
        ),
        ("DATABASE_URL", "postgres://user:hush-hush-5d1f@["),
        ("DATABASE_URL", "postgres://host/x?passwort=hush-hush-5d1f"),
        ("AWS_S3_BUCKET_NAME", "My Bucket"),
        ("AWS_ENDPOINT_URL_S3", "localhost:9000"),
        (
            "AWS_ENDPOINT_URL_S3",
            "http://user:hush-hush-5d1f@host:9000",
        ),
        ("AWS_ENDPOINT_URL_S3", "http://["),
        ("AWS_ENDPOINT_URL_S3", "http://host:99999"),
        ("AWS_ENDPOINT_URL_S3", "http://a b"),
        ("AWS_ENDPOINT_URL_S3", "http:///x"),
        ("WORKER_CONCURRENCY", "x"),
        ("WORKER_CONCURRENCY", "0"),
        ("WORKER_CONCURRENCY", "1025"),
        ("WORKER_PREFETCH", "-1"),
        ("BULK_SHARE_PERCENT", "101"),
        ("RENDER_TIMEOUT_SECONDS", "0"),
        ("RENDER_MEMORY_MIB", "1"),
        ("REQUEST_MAX_BYTES", "5 MB"),
        ("SHUTDOWN_GRACE_SECONDS", "soon"),
        ("RETRY_DELAYS_SECONDS", "5,,30"),
        ("DELIVERY_LIMIT", "0"),
        ("TEMPLATES_DIR", "/does/not/exist"),
        ("FONTS_DIR", "/does/not/exist"),
        ("S3_FORCE_PATH_STYLE", "maybe"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "info,,=,x=y=z"),
        ("RUST_LOG", "inof"),
    ] {
        let mut variables = complete();
        variables.retain(|(name, _)| *name != variable);
        variables.push((variable, value.to_owned()));
        assert_refused(variable, value, &variables).await;
    }
}

#[tokio::test]
async fn a_database_url_that_the_driver_refuses_is_not_quoted() {
    for url in [
        "postgres://user:hush-hush-5d1f@host/x?sslmode=hush-hush-5d1f",
        "postgres://user:hush-hush-5d1f@host/x?port=hush-hush-5d1f",
        "sqlite://x.db?mode=hush-hush-5d1f",
        "sqlite://x.db?hush-hush-5d1f=1",
    ] {
        let mut variables = complete();
        variables.retain(|(name, _)| *name != "DATABASE_URL");
        variables.push(("DATABASE_URL", url.to_owned()));
        let variables: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        for command in [&["migrate", "up"][..], &["worker"], &["check"]] {
            let finished = run(command, &variables).await;
            let case = format!("{command:?} {url}: {finished:#?}");
            assert_eq!(finished.code, 2, "{case}");
            let printed = "error: DATABASE_URL is not a valid URL: ";
            assert!(finished.stderr.contains(printed), "{case}");
            assert_hushed(&finished);
        }
    }
}

#[tokio::test]
async fn a_missing_setting_ends_with_2_and_one_sentence_that_names_it() {
    for variable in [
        "AMQP_URL",
        "DATABASE_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ] {
        let mut variables = complete();
        variables.retain(|(name, _)| *name != variable);
        assert_refused(variable, "(not set)", &variables).await;
    }
}

pub(super) async fn assert_refused(variable: &str, value: &str, variables: &[(&str, String)]) {
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let finished = run(&["worker"], &variables).await;
    let case = format!("{variable}={value}: {finished:#?}");
    assert_eq!(finished.code, 2, "{case}");
    let errors: Vec<&str> = finished
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 1, "{case}");
    // Nothing was loaded or logged before.
    assert_eq!(finished.stderr.lines().count(), 1, "{case}");
    assert!(errors[0].contains(variable), "{case}");
    assert_hushed(&finished);
}

pub(super) fn assert_hushed(finished: &Finished) {
    let printed = format!("{}{}", finished.stdout, finished.stderr);
    assert!(!printed.contains(SECRET), "{printed}");
}

#[tokio::test]
async fn config_shows_every_documented_setting_and_no_secret() {
    let complete = complete();
    let mut variables: Vec<(&str, &str)> = complete
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    variables.push(("AWS_SESSION_TOKEN", SECRET));
    let finished = run(&["config"], &variables).await;
    assert_hushed(&finished);
    let shown = finished.succeeded();
    assert!(
        shown.contains("AMQP_URL=amqp://user:***@127.0.0.1:9/%2f\n"),
        "{shown}"
    );
    assert!(shown.contains("AWS_SECRET_ACCESS_KEY=***\n"), "{shown}");
    assert!(shown.contains("AWS_SESSION_TOKEN=***\n"), "{shown}");
    assert!(shown.contains("WORKER_CONCURRENCY="), "{shown}");

    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join(".env.example");
    let example = std::fs::read_to_string(example).expect(".env.example can be read");
    assert_eq!(variables_of(&shown), variables_of(&example));
}

/// The variables that lines set, or name as not set.
fn variables_of(text: &str) -> BTreeSet<&str> {
    text.lines()
        .filter_map(|line| {
            let line = line.trim_start_matches(['#', ' ']);
            let name = line.strip_suffix(" is not set");
            let name = name.or_else(|| Some(line.split_once('=')?.0))?;
            let is_name =
                |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
            (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
        })
        .collect()
}

#[tokio::test]
async fn what_is_empty_is_not_set() {
    let unset = run(&["config"], &[]).await.succeeded();
    let names = variables_of(&unset);
    assert!(names.contains("ARCHIVE_DEAD_LETTERS"), "{unset}");
    let empty: Vec<(&str, &str)> = names.iter().map(|name| (*name, "")).collect();
    assert_eq!(run(&["config"], &empty).await.succeeded(), unset);

    let refused = run(&["config", "--templates-dir", ""], &[]).await;
    assert_eq!(refused.code, 2, "{refused:#?}");
    assert!(
        refused
            .stderr
            .contains("TEMPLATES_DIR=\"\" (--templates-dir): must name a folder"),
        "{refused:#?}"
    );
    let fonts = run(&["config", "--fonts-dir", ""], &[]).await.succeeded();
    assert!(fonts.contains("# FONTS_DIR is not set"), "{fonts}");
}

#[tokio::test]
async fn a_wrong_option_is_named_as_it_was_given() {
    for (arguments, printed) in [
        (
            &["dead-letters", "list", "--since", "yesterday"][..],
            "error: --since: must be a time like ",
        ),
        (
            &["dead-letters", "list", "--status", "shut"],
            "error: --status: must be one of open, replayed, discarded, all\n",
        ),
        (
            &["dead-letters", "list", "--stage", "rendr"],
            "error: --stage: must be one of receive, validate, render, store, record, publish, broker\n",
        ),
        (
            &["dead-letters", "list", "--limit", "-1"],
            "error: unexpected argument '-1' found",
        ),
        (
            &["dead-letters", "list", "--limit=x"],
            "error: --limit: must be a whole number from 0 to ",
        ),
        (
            &["dead-letters", "replay", "1", "--rate", "0"],
            "error: --rate: must be a whole number from 1 to 4294967295\n",
        ),
        (
            &["dead-letters", "replay", "0"],
            "error: invalid value '0' for '[ID]...': must be a whole number from 1 to ",
        ),
        (
            &["dead-letters", "discard", "1", "--reason", " "],
            "error: --reason: must not be empty",
        ),
        (
            &["dead-letters", "edit", "1", "x.json", "--reason", ""],
            "error: --reason: must not be empty",
        ),
        (
            &["dead-letters", "replay", "1", "--reason", "\t"],
            "error: --reason: must not be empty",
        ),
        (
            &["url", "a", "b", "c", "d", "e", "--expires", "8d"],
            "error: --expires: must be a number with s, m, h or d",
        ),
        (
            &["bench", "render", "--kind", "x"],
            "error: --kind: must be one of receipt, invoice, e-invoice, long\n",
        ),
        (
            &["bench", "pipeline", "--workers", "65"],
            "error: --workers: must be a whole number from 1 to 64\n",
        ),
        (
            &["demo", "--requests", "1"],
            "error: --requests: must be a whole number from 10 to 1000000\n",
        ),
        (
            &["config", "--worker-prefetch", "0"],
            "error: WORKER_PREFETCH=\"0\" (--worker-prefetch): expected a whole number from 1 to 65535\n",
        ),
    ] {
        let finished = run(arguments, &[]).await;
        assert_eq!(finished.code, 2, "{arguments:?} {finished:#?}");
        assert!(finished.stderr.starts_with(printed), "{finished:#?}");
    }
}

#[tokio::test]
async fn usage_and_help_tell_settings_options_and_filters_apart() {
    let complete = complete();
    let variables: Vec<(&str, &str)> = complete
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let finished = run(&["dead-letters", "discard", "7"], &variables).await;
    assert_eq!(finished.code, 2, "{finished:#?}");
    assert!(finished.stderr.contains("--reason <TEXT>"), "{finished:#?}");
    assert!(!finished.stderr.contains("--amqp-url"), "{finished:#?}");

    for (command, own) in [
        ("discard", &["--reason", "--dry-run", "--all"][..]),
        ("replay", &["--dry-run", "--rate", "--limit", "--all"]),
    ] {
        let help = run(&["dead-letters", command, "-h"], &[]).await.succeeded();
        let (options, filters) = help.split_once("\nFilters").expect("a heading");
        for option in own {
            assert!(options.contains(&format!("{option} ")), "{option} {help}");
        }
        assert!(filters.contains("--since"), "{help}");
    }
}

#[tokio::test]
async fn flags_go_before_the_environment_and_the_environment_before_the_env_file() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = "AWS_REGION=from-file\nAMQP_QUEUE=from-file\nAMQP_EXCHANGE=from-file\n";
    std::fs::write(folder.path().join(".env"), file).expect("written");
    let arguments = ["config", "--amqp-exchange", "from-flag"];
    let variables = [
        ("AMQP_QUEUE", "from-environment"),
        ("AMQP_EXCHANGE", "from-environment"),
    ];
    let run = Program::new(folder.path(), &arguments)
        .envs(variables)
        .run();
    let shown = run.await.succeeded();
    for line in [
        "AWS_REGION=from-file",
        "AMQP_QUEUE=from-environment",
        "AMQP_EXCHANGE=from-flag",
        "AWS_S3_BUCKET_NAME=gdec-orderhub-invoices",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
}

#[tokio::test]
async fn an_env_file_that_cannot_be_read_is_refused_without_quoting_it() {
    for value in [
        format!("'{SECRET}"),
        format!("{SECRET} {SECRET}"),
        format!("a={SECRET} {SECRET}"),
        format!("\\{SECRET}"),
    ] {
        let folder = TempDir::new().expect("a temporary folder");
        let file =
            format!("# Keys\nAWS_REGION=a\nAWS_SECRET_ACCESS_KEY={value}\nLOG_FORMAT=text\n");
        std::fs::write(folder.path().join(".env"), file).expect("written");
        let finished = Program::new(folder.path(), &["config"]).run().await;
        assert_eq!(finished.code, 2, "{finished:#?}");
        let place = "cannot read .env: line 3 (AWS_SECRET_ACCESS_KEY)";
        assert!(finished.stderr.contains(place), "{finished:#?}");
        assert_hushed(&finished);
    }
}
