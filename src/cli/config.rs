//! `config`: the settings in effect.

use std::io::Write as _;

use crate::app::App;
use crate::config::EffectiveSettings;
use crate::output;

pub(super) async fn run(app: &App, effective: &EffectiveSettings) -> anyhow::Result<()> {
    let settings = app.settings();
    let mut out = output::stream();
    let defaults = settings.worker.computed_defaults();
    for (variable, value) in effective.masked() {
        let default = || defaults.iter().find(|(computed, _)| *computed == variable);
        match value.or_else(|| default().map(|(_, value)| value.as_str())) {
            Some(value) => writeln!(out, "{variable}={value}")?,
            None => writeln!(out, "# {variable} is not set")?,
        }
    }
    out.flush()?;
    // They are shown also where the API could not use them.
    app.check_api(false).await
}
