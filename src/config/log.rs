//! Logs.

use clap::{Args, ValueEnum};

use super::parse;

/// Logs.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Log settings")]
pub struct LogSettings {
    /// Form of the log on standard error
    #[arg(
        long,
        env = "LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text",
        global = true
    )]
    #[arg(hide_short_help = true)]
    pub log_format: LogFormat,

    /// What is logged: a level, or directives like info,lapin=debug [default: info]
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", global = true)]
    #[arg(value_parser = parse::log_filter, hide_short_help = true)]
    pub rust_log: Option<String>,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}
