//! `worker`: processes requests.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use crate::app::{self, App};

pub(super) async fn run(app: &App) -> anyhow::Result<()> {
    let shutdown = app::shutdown_signal()?;
    // From here on a hangup does not end the process.
    let hangups = signal(SignalKind::hangup())?;
    let templates = app.templates().await?;
    let worker = app.worker(Arc::clone(&templates)).await?;
    let template_archiver = app.template_archiver(Arc::clone(&templates)).await?;
    let reloader = app.reloader(templates, hangups);
    let archiver = app.archiver().await?;
    let further = template_archiver.into_iter().chain(archiver);
    let services = [worker, reloader].into_iter().chain(further);
    app::run(services, &shutdown).await?;
    info!(event = "stopped", "stopped");
    Ok(())
}
