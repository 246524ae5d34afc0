//! `config`: the settings in force.

use std::io::Write as _;

use crate::config::SettingsInForce;
use crate::output;

pub(super) fn run(in_force: &SettingsInForce) -> anyhow::Result<()> {
    let mut out = output::stream();
    for (variable, value) in in_force.masked() {
        match value {
            Some(value) => writeln!(out, "{variable}={value}")?,
            None => writeln!(out, "# {variable} is not set")?,
        }
    }
    Ok(())
}
