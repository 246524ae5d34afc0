//! What errors and warnings say of a setting: its value, the place that it came from, and what was probably meant.

use tempfile::TempDir;

use super::settings::{SECRET, assert_hushed, run};
use crate::harness::Program;

#[tokio::test]
async fn a_wrong_setting_is_shown_with_its_value_and_the_place_that_it_came_from() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = format!(
        "# Retries\nRETRY_DELAYS_SECONDS=\"5,,3\"\n\nAMQP_URL=http://user:{SECRET}@host\nWORKER_PREFETCH=none\n"
    );
    std::fs::write(folder.path().join(".env"), file).expect("written");
    let arguments = ["config", "--render-timeout-seconds=soon"];
    let variables = [
        ("WORKER_PREFETCH", "many"),
        ("S3_FORCE_PATH_STYLE", "maybe"),
    ];
    let wrong = Program::new(folder.path(), &arguments).envs(variables);
    let wrong = wrong.run().await;
    assert_eq!(wrong.code, 2, "{wrong:#?}");
    assert_hushed(&wrong);
    let mut lines: Vec<&str> = wrong.stderr.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "error: AMQP_URL (.env:4): expected a URL like amqp://user:password@host:5672/%2f",
            "error: RENDER_TIMEOUT_SECONDS=\"soon\" (--render-timeout-seconds): expected a whole number from 1 to 3600",
            "error: RETRY_DELAYS_SECONDS=\"5,,3\" (.env:2): expected whole numbers from 1 to 86400, separated by commas, like 5,30,300",
            "error: S3_FORCE_PATH_STYLE=\"maybe\" (the environment): expected true or false",
            "error: WORKER_PREFETCH=\"many\" (the environment): expected a whole number from 1 to 65535",
        ]
    );
}

#[tokio::test]
async fn what_is_probably_not_meant_is_named_by_check_and_at_the_start() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = "AMQP_ULR=amqp://a\nRETRY_DELAYS_SECONDS=300,5\nDATABASE_URL=postgres://u:p$ss@127.0.0.1:9/x\nPOSTGRES_USER=a\n\
                WORKER_PREFETCH=1\nWORKER_CONCURRENCY=8\nAMQP_QUEUE='a$b'\n";
    std::fs::write(folder.path().join(".env"), file).expect("written");
    let checked = Program::new(folder.path(), &["check"]).envs([("AWS_REGOIN", "x")]);
    let checked = checked.run().await;
    // The name in quotes is no queue's, which ends every command.
    assert!(
        checked.stderr.contains("AMQP_QUEUE=\"a$b\" (.env:7)"),
        "{checked:#?}"
    );

    let file = file.replace("AMQP_QUEUE='a$b'\n", "");
    std::fs::write(folder.path().join(".env"), &file).expect("written");
    for command in ["check", "worker"] {
        let run = Program::new(folder.path(), &[command]).envs([("AWS_REGOIN", "x")]);
        let run = run.run().await;
        assert_eq!(run.code, 2, "AMQP_URL is not set: {run:#?}");
        let printed = format!("{}{}", run.stdout, run.stderr);
        for words in [
            "AMQP_ULR (.env:1)",
            "AMQP_URL is one",
            "AWS_REGOIN (the environment)",
            "RETRY_DELAYS_SECONDS",
            "has 5 after 300",
            "DATABASE_URL (.env:3)",
            "has a dollar sign in its value",
            "is 1, less than WORKER_CONCURRENCY, 8",
        ] {
            assert_eq!(printed.matches(words).count(), 1, "{words}: {printed}");
        }
        assert!(!printed.contains("POSTGRES_USER"), "{printed}");
        assert!(!printed.contains("$ss"), "a part of a password: {printed}");
    }
}

#[tokio::test]
async fn check_names_all_settings_that_are_missing_at_once() {
    let run = run(&["check"], &[("AWS_ACCESS_KEY_ID", "key")]).await;
    assert_eq!(run.code, 2, "{run:#?}");
    for line in [
        "broker: AMQP_URL is not set",
        "database: DATABASE_URL is not set",
        "bucket: AWS_ACCESS_KEY_ID (the environment) is set, but AWS_SECRET_ACCESS_KEY is not",
    ] {
        assert!(run.stdout.contains(line), "{line}: {run:#?}");
    }
}
