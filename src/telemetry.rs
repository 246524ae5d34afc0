//! Logs, on standard error: standard output belongs to the commands' results.

use std::io::IsTerminal as _;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};

/// Libraries that call ordinary things errors; a filter that names one of them hears it again.
const QUIET: [(&str, &str); 2] = [
    // A channel that closes with its connection. What really breaks is logged where it is handled.
    ("lapin", ",lapin=off"),
    // Every 404 and 412 of the embedded object store.
    ("s3s", ",s3s=off"),
];

/// Starts logging as the settings say; `default` is the filter where they say nothing.
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
        // Without a reader there is nobody to tell, and telling it would end the program.
        .log_internal_errors(false);
    // On a terminal, NO_COLOR decides.
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

/// A duration as a field of a log line: `*_ms`.
pub fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}
