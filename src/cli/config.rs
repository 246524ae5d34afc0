//! `config`: the settings in effect.

use std::io::Write as _;

use crate::config::{EffectiveSettings, Settings};
use crate::output;

pub(super) fn run(settings: &Settings, effective: &EffectiveSettings) -> anyhow::Result<()> {
    let mut out = output::stream();
    let defaults = settings.worker.computed_defaults();
    for (variable, value) in effective.masked() {
        let default = || defaults.iter().find(|(computed, _)| *computed == variable);
        match value.or_else(|| default().map(|(_, value)| value.as_str())) {
            Some(value) => writeln!(out, "{variable}={value}")?,
            None => writeln!(out, "# {variable} is not set")?,
        }
    }
    Ok(())
}
