//! The command line: one module a subcommand.

mod bench;
mod check;
mod config;
mod dead_letters;
mod demo;
mod dev;
mod env_file;
mod error;
mod input;
mod migrate;
mod render;
mod request;
mod schema;
mod show;
mod templates;
mod time_span;
mod url;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::Settings;
use crate::document::renderer;
use crate::telemetry;

/// Turns invoice requests from RabbitMQ into PDF documents in S3 and records in SQL.
///
/// A request comes in through the queue, is validated and set with a Typst template, the PDF is stored in S3 once and
/// for all, its URL is recorded in the database, and the message is acknowledged; or it is dead-lettered with a code
/// and the place of the error. Start as many workers as you like on one queue.
///
/// Settings come from flags, the environment and an .env file, in this order; an empty variable is not set.
/// `invoice-worker config` shows what is in force. Each subcommand's --help lists them all.
///
/// Exit codes: 0 done; 1 failed; 2 wrong usage or wrong settings.
#[derive(Debug, Parser)]
#[command(
    name = "invoice-worker",
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
    /// Process requests until SIGTERM or SIGINT
    Worker,
    /// Bring the database's schema up to date, or show its state
    Migrate(migrate::Migrate),
    /// Publish requests from files or standard input
    Request(request::Request),
    /// Print the JSON Schema of a request
    Schema,
    /// Set one document from a request, without any server
    Render(render::Render),
    /// List, check and begin templates
    Templates(templates::Templates),
    /// Show the record of an invoice as JSON
    Show(show::Show),
    /// Make a URL that opens a stored document until it expires
    Url(url::Url),
    /// Look at dead letters, mend them, and replay or discard them
    DeadLetters(dead_letters::DeadLetters),
    /// Check whether broker, bucket and database can be reached and have what a worker needs; makes nothing
    Check,
    /// Show the settings in force, secrets masked
    Config,
    /// Run the whole way once, with sample requests, and check the result
    Demo(demo::Demo),
    /// Run a worker with an embedded object store and database until Ctrl-C
    Dev(dev::Dev),
    /// Measure what documents cost, set alone and on their whole way
    Bench(bench::Bench),
    /// A renderer process; started by the worker
    #[command(hide = true)]
    Renderer {
        /// Memory limit in MiB.
        memory_mib: u64,
        /// Folder that the templates come from; shown in lists of processes, and not read.
        templates: PathBuf,
        /// Folder with more fonts.
        fonts: Option<PathBuf>,
    },
}

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    if let Err(error) = env_file::load() {
        return error::report(&error.into());
    }
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(usage) => return error::report_usage(&usage),
    };
    match Cli::from_arg_matches(&matches) {
        Ok(Cli {
            command:
                Command::Renderer {
                    memory_mib,
                    templates: _,
                    fonts,
                },
            ..
        }) => error::exit_code(renderer::run(memory_mib, fonts.as_deref())),
        Ok(cli) => {
            // These tell their story themselves; a log line for each document would drown it.
            let default = if matches!(cli.command, Command::Demo(_) | Command::Bench(_)) {
                "error"
            } else {
                "info"
            };
            telemetry::start(&cli.settings.log, default);
            error::exit_code(run(cli))
        }
        Err(usage) => error::report_usage(&usage),
    }
}

/// The command line; its help shows variables without their values, some of which are secret. A variable that is set to
/// nothing is not set.
fn command() -> clap::Command {
    Cli::command().mut_args(|argument| {
        let value = argument.get_env().and_then(std::env::var_os);
        if value.is_some_and(|value| value.is_empty()) {
            argument.env(Resettable::Reset)
        } else {
            argument.hide_env_values(true)
        }
    })
}

/// Runs the command on a runtime with one thread for two renderers: beside each document there is a fifth as much to do
/// for its message, and threads that pass work to each other cost more than a second one saves.
fn run(cli: Cli) -> anyhow::Result<()> {
    let threads = cli.settings.worker.concurrency().div_ceil(2);
    let mut runtime = if threads == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    let runtime = runtime.worker_threads(threads).enable_all().build()?;
    let result = runtime.block_on(dispatch(cli));
    // It ends with the process. Dropped before, it would wait for a name server that does not answer, and cancel what
    // threads of the AMQP client may wait for, which they take for a bug and panic.
    std::mem::forget(runtime);
    result
}

async fn dispatch(cli: Cli) -> anyhow::Result<()> {
    let settings = cli.settings;
    match cli.command {
        Command::Worker => worker::run(&settings).await,
        Command::Migrate(command) => command.run(&settings).await,
        Command::Request(command) => command.run(&settings).await,
        Command::Schema => schema::run(),
        Command::Render(command) => command.run(&settings).await,
        Command::Templates(command) => command.run(&settings).await,
        Command::Show(command) => command.run(&settings).await,
        Command::Url(command) => command.run(&settings).await,
        Command::DeadLetters(command) => command.run(&settings).await,
        Command::Check => check::run(&settings).await,
        Command::Config => config::run(&settings),
        Command::Demo(command) => command.run(settings).await,
        Command::Dev(command) => command.run(settings).await,
        Command::Bench(command) => command.run(settings).await,
        // Handled before the runtime is there: a renderer has no use for one.
        Command::Renderer { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
        // Types of values are only looked at when they are taken out.
        for line in [
            "worker",
            "migrate up",
            "request a.json",
            "render a.json -o a.pdf",
            "templates list",
            "templates check",
            "templates new a",
            "show a b c d e",
            "url a b c d e --expires 15m",
            "dead-letters list --limit 5 --stage render --since 2h",
            "dead-letters groups",
            "dead-letters show 1",
            "dead-letters export",
            "dead-letters edit 1 a.json --reason b",
            "dead-letters replay 1 --rate 5 --limit 5",
            "dead-letters discard 1 --reason b",
            "check",
            "config",
            "demo",
            "dev",
            "bench render --documents 5",
            "bench pipeline",
            "bench requests",
            "renderer 2048 templates",
        ] {
            let words = ["invoice-worker"].into_iter().chain(line.split(' '));
            let matches = command().try_get_matches_from(words);
            let matches = matches.unwrap_or_else(|error| panic!("{line}: {error}"));
            Cli::from_arg_matches(&matches).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}
