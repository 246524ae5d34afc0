//! Logs, on standard error: standard output belongs to the commands' results.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};

/// Starts logging as the settings say; `default` is the filter where they say nothing.
pub fn start(settings: &LogSettings, default: &str) {
    let mut filter = settings.rust_log.as_deref().unwrap_or(default).to_owned();
    if !filter.contains("s3s") {
        // The embedded object store reports every 404 and 412 as an error; here both are ordinary answers.
        filter.push_str(",s3s=off");
    }
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match settings.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
