//! `config`: what is in force.

use std::io::Write as _;

use crate::config::Settings;
use crate::output;

pub(super) fn run(settings: &Settings) -> anyhow::Result<()> {
    let mut out = output::stream();
    for (variable, value) in settings.in_force() {
        match value {
            Some(value) => writeln!(out, "{variable}={value}")?,
            None => writeln!(out, "# {variable} is not set")?,
        }
    }
    Ok(())
}
