//! Logs, on standard error: standard output is for the results of commands. Metrics, for Prometheus. Traces.

pub mod metrics;
pub mod names;
pub mod traces;

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use self::traces::Exporting;
use crate::config::{ConfigError, LogFormat, LogSettings, Settings};

/// Libraries that log ordinary things as errors. A filter that names one of them turns it on again.
const QUIET: [(&str, &str); 6] = [
    // A channel that closes with its connection. Real failures are logged where they are handled.
    ("lapin", ",lapin=off"),
    // Each statement of a migration that finds what it makes, and each connection that breaks.
    ("sqlx", ",sqlx=error"),
    // Each step of a migration; what was done is said by who asked for it.
    ("sea_orm_migration", ",sea_orm_migration=warn"),
    // A dump of each source of keys that has failed; the error of the call says it in words.
    ("aws_config", ",aws_config=error"),
    // Every 404 and 412 of the S3 server for development.
    ("s3s", ",s3s=off"),
    // Letters in a logo, when its size is read: without fonts, which documents have.
    ("usvg", ",usvg=off"),
];

/// Starts logging, and traces where they are on. `default` is the filter where `RUST_LOG` is not set.
///
/// # Errors
///
/// A setting of traces cannot be used.
pub fn start(settings: &Settings, default: &str) -> Result<Option<Exporting>, ConfigError> {
    start_logging(&settings.log, default);
    traces::start(settings)
}

fn start_logging(settings: &LogSettings, default: &str) {
    let mut filter = settings.rust_log.as_deref().unwrap_or(default).to_owned();
    for (library, directive) in QUIET {
        if !filter.contains(library) {
            filter.push_str(directive);
        }
    }
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        // Where standard error is closed, reporting that would end the program.
        .log_internal_errors(false);
    // On a terminal, NO_COLOR turns colours off.
    let builder = if std::io::stderr().is_terminal() {
        builder
    } else {
        builder.with_ansi(false)
    };
    match settings.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
