//! What every setting is, from the definition of the command line: no setting can be forgotten here.

use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command};

use super::doubts::{Doubt, misspelt};
use super::source::env_file;
use super::{MaskedSecret, MaskedUrl};

/// Every setting: its variable, and its value from a flag, the environment, `.env` or the default.
#[derive(Clone, Debug)]
pub struct EffectiveSettings {
    all: Vec<Setting>,
    misspelt: Vec<Doubt>,
}

#[derive(Clone)]
struct Setting {
    variable: String,
    value: Option<OsString>,
    /// The value as it may be printed.
    masked: Option<String>,
}

/// Without the secrets.
impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={:?}", self.variable, self.masked)
    }
}

impl EffectiveSettings {
    /// Variables and values, secrets masked; `None` where nothing is set. In the order of the help.
    pub fn masked(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.all
            .iter()
            .map(|setting| (setting.variable.as_str(), setting.masked.as_deref()))
    }

    /// Names that are nearly those of settings, and values in `.env` with a dollar sign.
    pub fn misspelt(&self) -> &[Doubt] {
        &self.misspelt
    }

    /// Variables and values for another process of this workspace, secrets included.
    pub fn for_child(&self) -> impl Iterator<Item = (&str, &OsString)> {
        self.all
            .iter()
            .filter_map(|setting| Some((setting.variable.as_str(), setting.value.as_ref()?)))
    }
}

/// Collects the arguments of a command line that are also environment variables.
pub fn effective(command: &Command, matches: &ArgMatches) -> EffectiveSettings {
    let settings = command.get_arguments().filter_map(|argument| {
        Some(Setting {
            variable: argument.get_env()?.to_string_lossy().into_owned(),
            value: raw(argument, matches),
            masked: masked(argument, matches),
        })
    });
    let environment = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    EffectiveSettings {
        all: settings.collect(),
        misspelt: misspelt(command, env_file(), environment),
    }
}

/// The value as it was given; a list as it is written.
fn raw(argument: &Arg, matches: &ArgMatches) -> Option<OsString> {
    let values: Vec<_> = matches
        .get_raw(argument.get_id().as_str())?
        .filter(|value| !value.is_empty())
        .collect();
    (!values.is_empty()).then(|| values.join(",".as_ref()))
}

fn masked(argument: &Arg, matches: &ArgMatches) -> Option<String> {
    let id = argument.get_id().as_str();
    // These are the types that know what of them is secret.
    if let Ok(url) = matches.try_get_one::<MaskedUrl>(id) {
        return url.map(ToString::to_string);
    }
    if let Ok(secret) = matches.try_get_one::<MaskedSecret>(id) {
        return secret.map(ToString::to_string);
    }
    raw(argument, matches).map(|value| value.to_string_lossy().into_owned())
}
