//! The command line: one module a subcommand.

mod activity;
mod asyncapi;
mod audit;
mod changes;
mod check;
mod completions;
mod config;
mod dead_letters;
mod env_file;
mod erase;
mod error;
mod examples;
mod export;
mod health;
mod input;
mod invoices;
mod listing;
mod man;
mod migrate;
mod moment;
mod openapi;
mod operator;
mod pretty;
mod progress;
mod render;
mod render_again;
mod render_xml;
mod renderer;
mod request;
mod schema;
mod serve;
mod setup;
mod show;
pub mod start;
mod status;
mod table;
mod templates;
mod token;
mod url;
mod validate;
mod worker;

use std::future::ready;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use futures_util::future::LocalBoxFuture;

use crate::app::App;
use crate::config::{EffectiveSettings, Settings};

/// Turns invoice requests from RabbitMQ into PDF documents in S3 and records in SQL.
///
/// A request arrives in the queue, is validated and rendered with a Typst template. The PDF is stored in S3 and never
/// changed, its URL is recorded in the database, and the message is acknowledged; or it is dead-lettered with a code and
/// the place of the error. Any number of workers can consume one queue.
///
/// Settings come from flags, the environment and an .env file, in this order; an empty variable is not set.
/// `invoice-worker config` shows those in effect. Each subcommand's -h has its own options and an example; --help lists all
/// settings too.
///
/// Exit codes: 0 done; 1 failed; 2 wrong usage or wrong settings; 3 an audit found something that remains, or an
/// erasure had to leave something.
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
    ///
    /// SIGTERM and SIGINT: no new messages are accepted, those in work are finished within SHUTDOWN_GRACE_SECONDS, and the process
    /// ends. SIGHUP: the templates of TEMPLATES_DIR are loaded again, and used if all their samples can be rendered.
    Worker,
    /// Answer calls of the HTTP API until SIGTERM or SIGINT
    ///
    /// SIGTERM and SIGINT: /readyz says that the process ends, calls in work are finished within SHUTDOWN_GRACE_SECONDS, and the
    /// process ends. SIGHUP: the templates of TEMPLATES_DIR are loaded again, and used if all their samples can be rendered.
    Serve,
    /// Make a token for the HTTP API
    Token(token::Token),
    /// Bring the database's schema up to date, or show its state
    Migrate(migrate::Migrate),
    /// Publish requests from files or standard input
    Request(request::Request),
    /// Print the JSON Schema of a request, or of an event
    Schema(schema::Schema),
    /// Print the OpenAPI document of the HTTP API
    Openapi,
    /// Print the AsyncAPI document of the messages: exchanges and queues as the settings name them, requests, events, headers
    Asyncapi,
    /// Validate requests, without any server
    Validate(validate::Validate),
    /// Render one document from a request, without any server
    Render(render::Render),
    /// Render the document of a record again, with the templates that rendered it
    RenderAgain(render_again::RenderAgain),
    /// List, check and create templates
    Templates(templates::Templates),
    /// Show the record of an invoice: its document or its failure, its dead letters, its request
    Show(show::Show),
    /// List the records of invoices, by any part of their identity, number, buyer, state or time
    Invoices(invoices::Invoices),
    /// Create a URL that opens a stored document until it expires
    Url(url::Url),
    /// Write the documents of a period for accountants: a ZIP with an index, totals by tax rate and checksums
    Export(export::Export),
    /// Inspect dead letters, edit them, and replay or discard them
    DeadLetters(dead_letters::DeadLetters),
    /// List what people changed, when and why
    Changes(changes::Changes),
    /// Compare records, documents and dead letters, and repair what can be repaired with certainty
    Audit(audit::Audit),
    /// Erase the personal data of requests, and keep what tax law wants of their invoices
    Erase(erase::Erase),
    /// Make what is missing: bucket, schema, exchanges and queues
    Setup(setup::Setup),
    /// Show what waits, who works on it, and whether the servers answer
    Status(status::Status),
    /// Show what the workers have done in the last hour or day: rate, outcomes, times of the stages
    Activity(activity::Activity),
    /// Check that broker, bucket and database are reachable and have what a worker needs
    Check(check::Check),
    /// Ask the process that serves HTTP_ADDR whether it is ready; for health checks of containers
    Health,
    /// Show the settings in effect, secrets masked
    Config,
    /// Print what a shell needs to complete subcommands and options
    Completions(completions::Completions),
    /// Print the manual page, or write it and those of all subcommands into a folder
    Man(man::Manual),
}

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    // Before any setting is read, and without a runtime, for which a renderer has no use.
    if let Some(code) = renderer::run_if_started_as_one(std::env::args_os()) {
        return code;
    }
    let (cli, effective) = match start::parse::<Cli>() {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let app = App::new(cli.settings);
    start::run(
        app.settings(),
        "info",
        dispatch(cli.command, &app, &effective),
    )
}

async fn dispatch(
    command: Command,
    app: &App,
    effective: &EffectiveSettings,
) -> anyhow::Result<()> {
    let result = begun(&command, app, effective).await;
    app.close().await;
    result
}

/// The run of a subcommand, boxed: a future that has all of them inside, and its copies in a development build, would fill the stack
/// of the main thread before a command has begun.
fn begun<'a>(
    command: &'a Command,
    app: &'a App,
    effective: &'a EffectiveSettings,
) -> LocalBoxFuture<'a, anyhow::Result<()>> {
    match command {
        Command::Worker => Box::pin(worker::run(app, effective)),
        Command::Serve => Box::pin(serve::run(app, effective)),
        Command::Token(command) => Box::pin(ready(command.run())),
        Command::Migrate(command) => Box::pin(command.run(app)),
        Command::Request(command) => Box::pin(command.run(app)),
        Command::Schema(schema) => Box::pin(ready(schema.run())),
        Command::Openapi => Box::pin(ready(openapi::run())),
        Command::Asyncapi => Box::pin(ready(asyncapi::run(&app.topology()))),
        Command::Validate(command) => Box::pin(ready(command.run(app))),
        Command::Render(command) => Box::pin(command.run(app)),
        Command::RenderAgain(command) => Box::pin(command.run(app)),
        Command::Templates(command) => Box::pin(command.run(app)),
        Command::Show(command) => Box::pin(command.run(app)),
        Command::Invoices(command) => Box::pin(command.run(app)),
        Command::Url(command) => Box::pin(command.run(app)),
        Command::Export(command) => Box::pin(command.run(app)),
        Command::DeadLetters(command) => Box::pin(command.run(app)),
        Command::Changes(command) => Box::pin(command.run(app)),
        Command::Audit(command) => Box::pin(command.run(app)),
        Command::Erase(command) => Box::pin(command.run(app)),
        Command::Setup(command) => Box::pin(command.run(app)),
        Command::Status(command) => Box::pin(command.run(app)),
        Command::Activity(command) => Box::pin(command.run(app)),
        Command::Check(command) => Box::pin(command.run(app, effective)),
        Command::Health => Box::pin(health::run(app.settings())),
        Command::Config => Box::pin(config::run(app, effective)),
        Command::Completions(command) => Box::pin(ready(command.run(start::command::<Cli>()))),
        Command::Man(command) => Box::pin(ready(command.run(start::command::<Cli>()))),
    }
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;

    use clap::FromArgMatches as _;

    use super::*;
    use crate::config::{MaskedSecret, MaskedUrl};

    #[test]
    fn each_flag_with_a_secret_says_that_others_can_see_it() {
        let secret = [TypeId::of::<MaskedSecret>(), TypeId::of::<MaskedUrl>()];
        let command = start::command::<Cli>();
        let mut flags = Vec::new();
        for argument in command.get_arguments() {
            let kind = argument.get_value_parser().type_id();
            if secret.iter().any(|secret| kind == *secret) {
                let help = argument.get_long_help().or_else(|| argument.get_help());
                let help = help.map(ToString::to_string).unwrap_or_default();
                let flag = argument.get_id().to_string();
                assert!(
                    help.contains("other users of the machine"),
                    "{flag}: {help}"
                );
                flags.push(flag);
            }
        }
        for expected in [
            "amqp_url",
            "database_url",
            "aws_secret_access_key",
            "oidc_client_secret",
        ] {
            assert!(
                flags.iter().any(|flag| flag == expected),
                "{expected}: {flags:?}"
            );
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        start::command::<Cli>().debug_assert();
        // Types of values are only looked at when they are taken out.
        for line in [
            "worker",
            "serve",
            "openapi",
            "asyncapi",
            "token a --role read --role request",
            "migrate up",
            "request a.json",
            "validate a.json - --strict --json --content-type application/json",
            "render a.json -o a.pdf",
            "render a.json --xml a.xml --profile xrechnung --syntax ubl",
            "show a b c d e --xml",
            "render-again a b c d e -o a.pdf",
            "templates list",
            "templates check",
            "templates new a",
            "show a b c d e",
            "invoices --text a --platform b --shop c --order d --package e --sequence 1 --number f --status failed --since 2h --limit 5 --json",
            "url a b c d e --expires 15m",
            "export -o a.zip --platform a --shop b --since 2026-10-01 --until 30d --issued-since 2026-10-01 --issued-until 2026-11-01",
            "export -o a.zip --datev --datev-consultant 1001 --datev-client 1 --datev-fiscal-year 2026-01-01 --datev-account-length 5 --datev-debtor 10000 --datev-revenue 19=8400,7=8300 --datev-revenue K:0=8125",
            "dead-letters list --limit 5 --stage render --since 2h",
            "dead-letters groups",
            "dead-letters show 1",
            "dead-letters export",
            "dead-letters edit 1 a.json --reason b",
            "dead-letters import a.ndjson --change-identity --reason b",
            "dead-letters list 1 2 --text a --message-id b --sequence 3",
            "dead-letters groups --explain",
            "dead-letters replay 1 --reason b --wait --wait-timeout 5m",
            "dead-letters edit --patch a.json --code b --dry-run",
            "dead-letters edit 1 2 --patch a.json --change-identity --reason b",
            "dead-letters replay 1 --rate 5 --limit 5 --reason b",
            "dead-letters replay 1 --dry-run",
            "dead-letters replay --resume 3 --reason b",
            "dead-letters replays --limit 5 --status running",
            "dead-letters replays --cancel 3 --reason b",
            "dead-letters discard 1 --reason b",
            "changes --actor a@b --action replay.cancel --target c --limit 5",
            "audit --platform a --shop b --since 2h --repair --dry-run --requests a.ndjson --rate 5 --limit 5",
            "audit --quick --json --after key: --until 1d --min-age 1h",
            "erase --platform a --shop b --order c --package d --sequence 1 --buyer e --older-than 10y --documents --open --dry-run --json",
            "setup --dry-run",
            "status --watch --json",
            "activity --span day --json",
            "show a b c d e --json",
            "changes --json",
            "dead-letters list --json",
            "dead-letters groups --json",
            "dead-letters show 1 --json",
            "dead-letters replays --json",
            "templates list --json",
            "templates fonts --json",
            "check",
            "check --serve",
            "health",
            "config",
        ] {
            let words = ["invoice-worker"].into_iter().chain(line.split(' '));
            let matches = start::command::<Cli>().try_get_matches_from(words);
            let matches = matches.unwrap_or_else(|error| panic!("{line}: {error}"));
            Cli::from_arg_matches(&matches).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}
