//! The command line of `invoice-dev`: one module a subcommand.

mod bench;
mod demo;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use invoice_worker::cli::start;
use invoice_worker::config::{EffectiveSettings, Settings};

/// Demo, development servers and benchmarks of invoice-worker.
///
/// The settings are those of invoice-worker, from flags, the environment and an .env file.
#[derive(Debug, Parser)]
#[command(
    name = "invoice-dev",
    version,
    max_term_width = 110,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// All settings.
    #[command(flatten)]
    pub settings: Settings,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Process sample requests from the queue to the bucket, and check the result
    Demo(demo::Demo),
    /// Run a worker with an embedded object store and database until Ctrl-C
    Up(up::Up),
    /// Measure what documents cost, rendered alone and in the whole pipeline
    Bench(bench::Bench),
}

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    match start::parse::<Cli>() {
        Ok((cli, effective)) => {
            let settings = cli.settings.clone();
            // These commands report by themselves; a log line for each document would hide that.
            start::run(&settings, "error", dispatch(cli, &effective))
        }
        Err(code) => code,
    }
}

async fn dispatch(cli: Cli, effective: &EffectiveSettings) -> anyhow::Result<()> {
    let settings = cli.settings;
    match cli.command {
        Command::Demo(command) => command.run(settings, effective).await,
        Command::Up(command) => command.run(settings, effective).await,
        Command::Bench(command) => command.run(settings, effective).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
        // Types of values are only looked at when they are taken out.
        for line in [
            "demo",
            "up",
            "bench render --documents 5",
            "bench pipeline",
            "bench requests",
        ] {
            let words = ["invoice-dev"].into_iter().chain(line.split(' '));
            let matches = Cli::command().try_get_matches_from(words);
            let matches = matches.unwrap_or_else(|error| panic!("{line}: {error}"));
            Cli::from_arg_matches(&matches).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}
