//! What every program of this workspace does around its command: `.env`, flags, logs, the runtime, the exit code.

use std::process::ExitCode;
use std::sync::OnceLock;

use clap::builder::Resettable;
use clap::{Command, CommandFactory, FromArgMatches};
use tokio::runtime::{Builder, Runtime};

use super::{env_file, error};
use crate::config::{self, EffectiveSettings, Settings};
use crate::telemetry;

/// The runtime lives as long as the process. If it were dropped before, it would wait for a name server that does not
/// answer, and cancel tasks that threads of the AMQP client wait for, which then panic.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Reads `.env`, the environment and the flags. The error is the exit code; what is wrong has been printed.
pub fn parse<C: CommandFactory + FromArgMatches>() -> Result<(C, EffectiveSettings), ExitCode> {
    env_file::load().map_err(|error| error::report(&error.into()))?;
    let parsed = command::<C>().try_get_matches().and_then(|matches| {
        let effective = config::effective(&C::command(), &matches);
        Ok((C::from_arg_matches(&matches)?, effective))
    });
    parsed.map_err(|usage| error::report_usage::<C>(&usage))
}

/// Runs a command to its end, with logs on standard error; `default_filter` holds where `RUST_LOG` is not set.
pub fn run(
    settings: &Settings,
    default_filter: &str,
    command: impl Future<Output = anyhow::Result<()>>,
) -> ExitCode {
    telemetry::start(&settings.log, default_filter);
    error::exit_code(run_on_runtime(settings, command))
}

/// One runtime thread for two renderers: beside each document there is a fifth as much to do for its message, and
/// threads that pass work to each other cost more than a second one saves.
fn run_on_runtime(
    settings: &Settings,
    command: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let threads = settings.worker.concurrency().div_ceil(2);
    let mut builder = if threads == 1 {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    let runtime = builder.worker_threads(threads).enable_all().build()?;
    RUNTIME.get_or_init(|| runtime).block_on(command)
}

/// The command line. Its help shows variables without their values, some of which are secret; an empty variable counts
/// as not set.
pub(super) fn command<C: CommandFactory>() -> Command {
    C::command().mut_args(|argument| {
        let value = argument.get_env().and_then(std::env::var_os);
        if value.is_some_and(|value| value.is_empty()) {
            argument.env(Resettable::Reset)
        } else {
            argument.hide_env_values(true)
        }
    })
}
