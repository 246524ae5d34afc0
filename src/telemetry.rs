//! Logs, on standard error. Standard output is for the results of commands.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};

/// Libraries that log ordinary things as errors. A filter that names one of them turns it on again.
const QUIET: [(&str, &str); 2] = [
    // A channel that closes with its connection. Real failures are logged where they are handled.
    ("lapin", ",lapin=off"),
    // Every 404 and 412 of the S3 server for development.
    ("s3s", ",s3s=off"),
];

/// Starts logging. `default` is the filter where `RUST_LOG` is not set.
pub fn start(settings: &LogSettings, default: &str) {
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
