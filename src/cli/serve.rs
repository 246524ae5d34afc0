//! `serve`: the API.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::start;
use crate::app::{self, App};
use crate::config::EffectiveSettings;

pub(super) async fn run(app: &App, effective: &EffectiveSettings) -> anyhow::Result<()> {
    start::log_doubts(app.settings(), effective);
    app.refuse_wrong_settings().await?;
    let shutdown = app::shutdown_signal()?;
    // From here on a hangup does not end the process.
    let hangups = signal(SignalKind::hangup())?;
    // An address that cannot be used is reported before the templates are rendered.
    let front = app.front().await?;
    app.readiness().drains_after(&shutdown);
    let templates = app.templates().await?;
    let services = app.api(front, Arc::clone(&templates)).await?;
    let reloader = app.reloader(templates, hangups);
    app::run(services.into_iter().chain([reloader]), None, &shutdown).await?;
    info!(event = "serve_stopped", "stopped");
    Ok(())
}
