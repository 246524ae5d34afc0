//! `worker`: the main job.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use crate::app;
use crate::config::Settings;

pub(super) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let shutdown = app::shutdown_signal()?;
    // From here on a hangup is no reason to end.
    let hangups = signal(SignalKind::hangup())?;
    let templates = app::templates(settings).await?;
    let worker = app::worker(settings, Arc::clone(&templates)).await?;
    let archiver = app::archiver(settings).await?;
    tokio::select! {
        ended = app::run(&worker, archiver.as_ref(), &shutdown) => ended?,
        () = app::reload_templates(&templates, hangups, &settings.documents) => {}
    }
    tracing::info!(event = "stopped", "stopped");
    Ok(())
}
