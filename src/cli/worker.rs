//! `worker`: processes requests.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::start;
use crate::app::{self, App};
use crate::config::EffectiveSettings;
use crate::readiness;

pub(super) async fn run(app: &App, effective: &EffectiveSettings) -> anyhow::Result<()> {
    start::log_doubts(app.settings(), effective);
    app.refuse_wrong_settings().await?;
    let shutdown = app::shutdown_signal()?;
    // An address that cannot be used is reported before the templates are rendered.
    let health = app.health(readiness::while_working).await?;
    app.readiness().drains_after(&shutdown);
    // From here on a hangup does not end the process.
    let hangups = signal(SignalKind::hangup())?;
    let templates = app.templates().await?;
    let worker = app.worker(Arc::clone(&templates)).await?;
    let template_archiver = app.template_archiver(Arc::clone(&templates)).await?;
    let reloader = app.reloader(templates, hangups);
    let archiver = app.archiver().await?;
    let further = template_archiver.into_iter().chain(archiver);
    let services = [worker, reloader].into_iter().chain(further);
    app::run(services, health, &shutdown).await?;
    info!(event = "stopped", "stopped");
    Ok(())
}
