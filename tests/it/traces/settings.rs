//! The standard variables of OpenTelemetry.

use std::path::Path;

use tempfile::TempDir;

use crate::harness::{Finished, Program};

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
const SECRET: &str = "hush-hush-5d1f";

async fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let variables = variables.iter().copied();
    Program::new(folder, arguments).envs(variables).run().await
}

#[tokio::test]
async fn a_wrong_setting_of_traces_ends_with_2_and_one_sentence_that_names_it() {
    let folder = TempDir::new().expect("a temporary folder");
    for (variable, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://collector:4317"),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://user:hush-hush-5d1f@collector:4318",
        ),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "hush-hush-5d1f"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hush-hush-5d1f"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hush-hush-5d1f"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=hush-hush-5d1f%0A"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "x"),
        ("OTEL_SDK_DISABLED", "maybe"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_TRACES_SAMPLER", "xray"),
        ("OTEL_RESOURCE_ATTRIBUTES", "region"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "1s"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "many"),
    ] {
        let variables = [ENDPOINT, (variable, value)];
        let finished = run(folder.path(), &["config"], &variables).await;
        let case = format!("{variable}={value}: {finished:#?}");
        assert_eq!(finished.code, 2, "{case}");
        let error = format!("error: {variable} ");
        assert!(finished.stderr.starts_with(&error), "{case}");
        assert_eq!(finished.stderr.lines().count(), 1, "{case}");
        assert!(!finished.stderr.contains(SECRET), "{case}");
        assert_eq!(finished.stdout, "", "{case}");
    }
    let ratio = [
        ENDPOINT,
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
    ];
    let finished = run(folder.path(), &["config"], &ratio).await;
    assert_eq!(finished.code, 2, "{finished:#?}");
    let problem = "OTEL_TRACES_SAMPLER_ARG (the environment) must be a number from 0 to 1";
    assert!(finished.stderr.contains(problem), "{finished:#?}");
}

/// A cluster may set them for all programs.
#[tokio::test]
async fn settings_of_traces_are_not_looked_at_while_traces_are_off_and_no_secret_is_shown() {
    let folder = TempDir::new().expect("a temporary folder");
    let strange = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_SAMPLER", "xray"),
    ];
    let headers = format!("authorization=Bearer%20{SECRET}");
    let endpoint = format!("http://user:{SECRET}@collector:4318");
    for off in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
    ] {
        let given = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
            ("OTEL_EXPORTER_OTLP_HEADERS", &*headers),
        ];
        let variables = [&given[..], &strange, &[off]].concat();
        let shown = run(folder.path(), &["config"], &variables)
            .await
            .succeeded();
        assert!(!shown.contains(SECRET), "{shown}");
        assert!(
            shown.contains("OTEL_EXPORTER_OTLP_HEADERS=***\n"),
            "{shown}"
        );
    }
}
