//! Exit codes, and the sentence on standard error.

use std::process::ExitCode;

use clap::CommandFactory;
use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::broker::BrokerError;
use crate::config::ConfigError;
use crate::config::source::{Source, source};
use crate::database::DatabaseError;
use crate::output::{self, note};
use crate::storage::StorageError;
use crate::template_archive::FindError;
use crate::text::one_line;
use document::{CatalogError, FileFault, TemplatesError};

/// An argument or file of the user cannot be used; exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongUsage(pub(super) String);

/// An audit has found something that is not repaired; exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("{}; docs/audit.md says what to do about each code", remaining(*.0))]
pub(super) struct FindingsRemain(pub(super) u64);

fn remaining(count: u64) -> String {
    match count {
        1 => "1 finding remains".to_owned(),
        _ => format!("{count} findings remain"),
    }
}

/// An erasure had to leave something that was to be erased; exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("{0} of what was to be erased stays; the report says why, and docs/erasure.md what to do")]
pub(super) struct PersonalDataRemain(pub(super) u64);

/// Longest value of a setting that is shown, in characters.
const VALUE_MAX: usize = 80;

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

/// An error with its causes on one line; that of a setting with the place that it came from.
pub(super) fn with_source(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let Some(ConfigError { variable, .. }) = error.downcast_ref() else {
        return text;
    };
    match (source(variable), text.strip_prefix(variable)) {
        (Some(Source { place, .. }), Some(problem)) => format!("{variable} ({place}){problem}"),
        (_, _) => text,
    }
}

/// Prints an error with its causes on one line.
pub(super) fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(TemplatesError::Broken { faults, report }) = error.downcast_ref() {
        note(format_args!("{report}\n"));
        let count = faults.len();
        note(format_args!(
            "error: TEMPLATES_DIR: samples and logos that cannot be rendered: {count}"
        ));
        return ExitCode::from(WRONG_USAGE);
    }
    match files_with_faults(error) {
        Some(faults) => faults
            .iter()
            .for_each(|fault| note(format_args!("error: {fault}"))),
        None => note(format_args!("error: {}", with_source(error))),
    }
    if error.is::<FindingsRemain>() || error.is::<PersonalDataRemain>() {
        return ExitCode::from(FINDINGS_REMAIN);
    }
    ExitCode::from(if is_wrong_usage(error) {
        WRONG_USAGE
    } else {
        FAILED
    })
}

/// Whether it is about an argument, a file of the user or a setting.
pub(super) fn is_wrong_usage(error: &anyhow::Error) -> bool {
    error.is::<WrongUsage>()
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
        || matches!(
            error.downcast_ref(),
            Some(
                StorageError::ConditionIgnored
                    | StorageError::ConditionRefused { .. }
                    | StorageError::EncryptionIgnored
                    | StorageError::LockMissing(_)
            )
        )
        || matches!(
            error.downcast_ref(),
            Some(FindError::Unknown { .. } | FindError::Ambiguous { .. })
        )
        || matches!(error.downcast_ref(), Some(TemplatesError::Catalog(_)))
}

/// The faults of several files of the templates folder, which have a line each.
fn files_with_faults(error: &anyhow::Error) -> Option<&[FileFault]> {
    let catalog = match error.downcast_ref() {
        Some(TemplatesError::Catalog(catalog)) => Some(catalog),
        Some(_) | None => error.downcast_ref(),
    };
    match catalog? {
        CatalogError::Files(faults) => Some(faults),
        CatalogError::Read { .. }
        | CatalogError::Empty(_)
        | CatalogError::Fonts { .. }
        | CatalogError::File { .. } => None,
    }
}

/// A setting with a wrong value.
pub(super) struct Refused {
    /// Its argument.
    pub(super) setting: clap::Id,
    /// The flag that it was given as, if it was.
    pub(super) flag: Option<String>,
}

/// A wrong value of a setting is reported with its variable's name, its value unless that is secret, and where it came from.
/// Returns it, so that the others can be looked at.
pub(super) fn report_usage<C: CommandFactory>(error: &clap::Error) -> Option<Refused> {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) if argument.starts_with("--") => argument,
        Some(_) | None => {
            print_usage::<C>(error);
            return None;
        }
    };
    if !matches!(
        error.kind(),
        ErrorKind::ValueValidation | ErrorKind::InvalidValue
    ) {
        print_usage::<C>(error);
        return None;
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
    let command = C::command();
    let mut arguments = command.get_arguments();
    let setting = arguments.find(|it| it.get_long() == flag.strip_prefix("--"));
    let variable = setting.and_then(|it| Some((it, it.get_env()?.to_str()?)));
    let Some((setting, variable)) = variable else {
        note(format_args!("error: {flag}: {problem}"));
        return None;
    };
    let problem = match problem.strip_prefix("must be ") {
        Some(expected) => format!("expected {expected}"),
        None => problem,
    };
    let source = source(variable);
    let is_secret = setting.is_hide_env_values_set();
    note(format_args!(
        "error: {}: {problem}",
        described(variable, source.as_ref(), is_secret)
    ));
    let is_flag = source.is_none_or(|source| source.place == flag);
    Some(Refused {
        setting: setting.get_id().clone(),
        flag: is_flag.then(|| flag.to_owned()),
    })
}

/// `RETRY_DELAYS_SECONDS="5,,3" (.env:7)`. A URL may have a password in it, so it is not shown.
fn described(variable: &str, source: Option<&Source>, is_secret: bool) -> String {
    match source {
        Some(Source { place, value }) if is_secret || value.contains(['@', '\n']) => {
            format!("{variable} ({place})")
        }
        Some(Source { place, value }) => {
            let value = one_line(value, VALUE_MAX);
            format!("{variable}=\"{value}\" ({place})")
        }
        None => variable.to_owned(),
    }
}

/// The exit code of clap's own texts: 0 for `--help` and `--version`.
pub(super) fn usage_code(error: &clap::Error) -> ExitCode {
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG_USAGE))
}

/// clap's own text; that of `--help` and `--version` too.
fn print_usage<C: CommandFactory>(error: &clap::Error) {
    // Settings in the environment would appear in the usage as if the command required them.
    let bare = C::command().mut_args(|argument| argument.env(Resettable::Reset));
    let again = match bare.try_get_matches() {
        Err(again) if error.use_stderr() && again.kind() == error.kind() => Some(again),
        Ok(_) | Err(_) => None,
    };
    // A closed terminal is ignored.
    again.as_ref().unwrap_or(error).print().ok();
}
