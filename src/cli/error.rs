//! Exit codes, and the sentence on standard error.

use std::process::ExitCode;

use clap::CommandFactory;
use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::broker::BrokerError;
use crate::config::ConfigError;
use crate::database::DatabaseError;
use crate::output::{self, note};
use crate::storage::StorageError;
use document::{CatalogError, TemplatesError};

/// An argument or file of the user cannot be used; exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongUsage(pub(super) String);

/// An audit has found something that is not repaired; exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("{0} findings remain; docs/audit.md says what to do about each code")]
pub(super) struct FindingsRemain(pub(super) u64);

const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;
const FINDINGS_REMAIN: u8 = 3;

pub(super) fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // `... | head` has read enough.
        Err(error) if output::reader_is_gone(&error) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

/// Prints an error with its causes on one line.
pub(super) fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(TemplatesError::Broken { faults, report }) = error.downcast_ref() {
        note(format_args!("{report}\n"));
        let count = faults.len();
        note(format_args!(
            "error: TEMPLATES_DIR: samples that cannot be rendered: {count}"
        ));
        return ExitCode::from(WRONG_USAGE);
    }
    note(format_args!("error: {error:#}"));
    if error.is::<FindingsRemain>() {
        return ExitCode::from(FINDINGS_REMAIN);
    }
    let wrong_usage = error.is::<WrongUsage>()
        || error.is::<ConfigError>()
        || error.is::<CatalogError>()
        || matches!(
            error.downcast_ref(),
            Some(BrokerError::Url(_) | BrokerError::TopologyDiffers(_))
        )
        || matches!(
            error.downcast_ref(),
            Some(DatabaseError::Url(_) | DatabaseError::Encoding(_))
        )
        || matches!(error.downcast_ref(), Some(StorageError::ConditionIgnored))
        || matches!(error.downcast_ref(), Some(TemplatesError::Catalog(_)));
    ExitCode::from(if wrong_usage { WRONG_USAGE } else { FAILED })
}

/// A wrong value of a setting is reported with its variable's name, since most settings come from the environment.
pub(super) fn report_usage<C: CommandFactory>(error: &clap::Error) -> ExitCode {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) if argument.starts_with("--") => argument,
        Some(_) | None => return print_usage::<C>(error),
    };
    if !matches!(
        error.kind(),
        ErrorKind::ValueValidation | ErrorKind::InvalidValue
    ) {
        return print_usage::<C>(error);
    }
    let flag = argument.split([' ', '=']).next().unwrap_or(argument);
    let problem = match (
        std::error::Error::source(error),
        error.get(ContextKind::ValidValue),
    ) {
        (Some(source), _) => source.to_string(),
        (None, Some(ContextValue::Strings(valid))) if !valid.is_empty() => {
            format!("must be one of {}", valid.join(", "))
        }
        (None, _) => "needs a value".to_owned(),
    };
    match variable::<C>(flag) {
        Some(variable) => note(format_args!(
            "error: {variable} {problem} (given in the environment, in .env or as {flag})"
        )),
        None => note(format_args!("error: {flag}: {problem}")),
    }
    ExitCode::from(WRONG_USAGE)
}

/// The environment variable of a setting; other options have none.
fn variable<C: CommandFactory>(flag: &str) -> Option<String> {
    let command = C::command();
    let mut arguments = command.get_arguments();
    let setting = arguments.find(|argument| argument.get_long() == flag.strip_prefix("--"))?;
    Some(setting.get_env()?.to_string_lossy().into_owned())
}

/// clap's own text; that of `--help` and `--version` too, with exit code 0.
fn print_usage<C: CommandFactory>(error: &clap::Error) -> ExitCode {
    // Settings in the environment would appear in the usage as if the command required them.
    let bare = C::command().mut_args(|argument| argument.env(Resettable::Reset));
    let again = match bare.try_get_matches() {
        Err(again) if error.use_stderr() && again.kind() == error.kind() => Some(again),
        Ok(_) | Err(_) => None,
    };
    // A closed terminal is ignored.
    again.as_ref().unwrap_or(error).print().ok();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG_USAGE))
}
