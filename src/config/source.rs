//! Where the value of a setting came from, for errors: a flag, the environment, or a line of `.env`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::OnceLock;

/// What `.env` has.
#[derive(Debug, Default)]
pub struct EnvFile {
    /// Its variables.
    pub lines: BTreeMap<String, EnvLine>,
}

/// A variable of `.env`.
#[derive(Debug, PartialEq, Eq)]
pub struct EnvLine {
    /// The line that it begins on.
    pub line: usize,
    /// Whether it counts: the environment has no such variable of its own.
    pub is_used: bool,
    /// Whether a name behind a dollar sign in its value was replaced by the value of that variable. Which name is not kept: it
    /// may be a part of a password.
    pub is_substituted: bool,
}

static ENV_FILE: OnceLock<EnvFile> = OnceLock::new();

/// Keeps what `.env` has, once.
pub fn keep(file: EnvFile) {
    ENV_FILE.set(file).ok();
}

/// What `.env` has; nothing where there is none.
pub fn env_file() -> &'static EnvFile {
    ENV_FILE.get_or_init(EnvFile::default)
}

/// Where a setting came from, and its value as it was given.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// `--amqp-url`, `the environment` or `.env:7`.
    pub place: String,
    /// The value.
    pub value: String,
}

/// The source of a setting; none where it is not set.
pub fn source(variable: &str) -> Option<Source> {
    let flag = format!("--{}", variable.to_lowercase().replace('_', "-"));
    let of_flag = flag_value(&flag, std::env::args_os());
    let (place, value) = match of_flag {
        Some(value) => (flag, value),
        None => {
            let value = std::env::var_os(variable).filter(|value| !value.is_empty())?;
            let line = env_file().lines.get(variable).filter(|line| line.is_used);
            let place = line.map(|line| format!(".env:{}", line.line));
            (place.unwrap_or_else(|| "the environment".to_owned()), value)
        }
    };
    let value = value.to_string_lossy().into_owned();
    Some(Source { place, value })
}

fn flag_value(flag: &str, arguments: impl Iterator<Item = OsString>) -> Option<OsString> {
    let mut arguments = arguments.skip(1);
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        if text == flag {
            return arguments.next();
        }
        if let Some(value) = text.strip_prefix(flag).and_then(|it| it.strip_prefix('=')) {
            return Some(value.into());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_flag_is_behind_it_or_the_next_argument() {
        for (line, value) in [
            ("p worker --amqp-queue a", Some("a")),
            ("p --amqp-queue=a=b worker", Some("a=b")),
            ("p worker --amqp-queue-x a", None),
            ("--amqp-queue a", None),
        ] {
            let arguments = line.split(' ').map(OsString::from);
            let found = flag_value("--amqp-queue", arguments);
            assert_eq!(found, value.map(OsString::from), "{line}");
        }
    }
}
