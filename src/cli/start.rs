//! What every program of this workspace does around its command: `.env`, flags, logs, the runtime, the exit code.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::OnceLock;

use clap::builder::Resettable;
use clap::{Command, CommandFactory, FromArgMatches};
use tokio::runtime::{Builder, Runtime};
use tracing::warn;

use super::error::Refused;
use super::{env_file, error, examples};
use crate::config::{self, Doubt, EffectiveSettings, Settings, source};
use crate::telemetry::{self, traces::Exporting};

/// The runtime lives as long as the process. If it were dropped before, it would wait for a name server that does not
/// answer, and cancel tasks that threads of the AMQP client wait for, which then panic.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Reads `.env`, the environment and the flags. The error is the exit code; what is wrong has been printed.
pub fn parse<C: CommandFactory + FromArgMatches>() -> Result<(C, EffectiveSettings), ExitCode> {
    let file = env_file::load().map_err(|error| error::report(&error.into()))?;
    source::keep(file);
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let mut left_out = Vec::new();
    let mut exit_code = None;
    // Each wrong setting is left out then, so that the others are reported as well.
    loop {
        let mut command = command::<C>().mut_args(|argument| {
            if left_out.contains(argument.get_id()) {
                argument.env(Resettable::Reset)
            } else {
                argument
            }
        });
        let matches = command.try_get_matches_from_mut(&arguments);
        let parsed = matches.and_then(|matches| {
            let effective = config::effective(&C::command(), &matches);
            Ok((C::from_arg_matches(&matches)?, effective))
        });
        let usage = match (parsed, exit_code) {
            (Ok(parsed), None) => return Ok(parsed),
            (Ok(_), Some(code)) => return Err(code),
            (Err(usage), _) => usage,
        };
        let code = error::usage_code(&usage);
        let Some(Refused { setting, flag }) = error::report_usage::<C>(&usage) else {
            return Err(code);
        };
        let is_left_out = match flag {
            Some(flag) => leave_out(&mut arguments, &flag),
            None => !left_out.contains(&setting),
        };
        if !is_left_out {
            return Err(code);
        }
        left_out.push(setting);
        exit_code = Some(code);
    }
}

/// Leaves out a flag with its value; returns whether it was there.
fn leave_out(arguments: &mut Vec<OsString>, flag: &str) -> bool {
    let with_value = format!("{flag}=");
    let is_it = |argument: &OsString| {
        let argument = argument.to_string_lossy();
        argument == flag || argument.starts_with(&with_value)
    };
    let Some(at) = arguments.iter().position(is_it) else {
        return false;
    };
    let removed = arguments.remove(at);
    if removed == flag && at < arguments.len() {
        arguments.remove(at);
    }
    true
}

/// What of the settings is probably not meant.
pub(super) fn doubts(settings: &Settings, effective: &EffectiveSettings) -> Vec<Doubt> {
    let mut doubts = effective.misspelt().to_vec();
    doubts.extend(settings.contradictions());
    doubts
}

/// Logs settings that are probably not meant.
pub(super) fn log_doubts(settings: &Settings, effective: &EffectiveSettings) {
    for Doubt { setting, problem } in doubts(settings, effective) {
        warn!(
            event = "setting_doubtful",
            setting, problem, "a setting is probably not meant"
        );
    }
}

/// Runs a command to its end, with logs on standard error; `default_filter` holds where `RUST_LOG` is not set.
pub fn run(
    settings: &Settings,
    default_filter: &str,
    command: impl Future<Output = anyhow::Result<()>>,
) -> ExitCode {
    let exporting = match telemetry::start(settings, default_filter) {
        Ok(exporting) => exporting,
        Err(error) => return error::report(&error.into()),
    };
    // The last spans are sent when the command has ended, however it did.
    let command = async {
        let export = exporting.map(Exporting::start).transpose()?;
        let result = command.await;
        if let Some(export) = export {
            export.finish().await;
        }
        result
    };
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

/// The command line. Its help has examples, and shows variables without their values, some of which are secret; an empty
/// variable counts as not set.
pub(super) fn command<C: CommandFactory>() -> Command {
    examples::added(C::command()).mut_args(|argument| {
        let value = argument.get_env().and_then(std::env::var_os);
        if value.is_some_and(|value| value.is_empty()) {
            argument.env(Resettable::Reset)
        } else {
            argument.hide_env_values(true)
        }
    })
}
