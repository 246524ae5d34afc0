//! The settings of a drill: its length, its messages and its seed.

use std::env;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// The settings of one drill. The defaults are short enough for `make test`.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// `CHAOS_SEED`
    pub(super) seed: u64,
    /// `CHAOS_MESSAGES`: publications, repetitions included.
    pub(super) messages: usize,
    /// `CHAOS_MINUTES`: for how long they are published.
    pub(super) publishing: Duration,
    /// `CHAOS_WORKERS`
    pub(super) workers: usize,
    /// `CHAOS_OTHER_PROGRAM`: another version, from which the workers are rolled to this one, back, and forward again.
    pub(super) other_program: Option<PathBuf>,
    /// `CHAOS_CLUSTER`: three broker nodes, and a database with a standby, instead of one of each.
    pub(super) cluster: bool,
}

impl Settings {
    pub(super) fn from_environment() -> Self {
        Self {
            seed: variable("CHAOS_SEED", 1),
            messages: variable("CHAOS_MESSAGES", 300),
            publishing: Duration::from_secs_f64(variable("CHAOS_MINUTES", 0.25) * 60.0),
            workers: variable("CHAOS_WORKERS", 2),
            other_program: env::var_os("CHAOS_OTHER_PROGRAM").map(PathBuf::from),
            cluster: variable("CHAOS_CLUSTER", false),
        }
    }

    /// Where ledger and report go.
    pub(super) fn folder(&self) -> PathBuf {
        let form = if self.cluster {
            "chaos-cluster"
        } else {
            "chaos"
        };
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{form}-{}", self.seed))
    }
}

fn variable<T: FromStr>(name: &str, default: T) -> T {
    match env::var(name) {
        Err(_) => default,
        Ok(text) => match text.parse() {
            Ok(value) => value,
            Err(_) => panic!("{name}={text} cannot be read"),
        },
    }
}
