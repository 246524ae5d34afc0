//! `worker`: the main job.

use crate::app;
use crate::config::Settings;

pub(super) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let shutdown = app::shutdown_signal()?;
    let worker = app::worker(settings).await?;
    let archiver = app::archiver(settings).await?;
    app::run(&worker, archiver.as_ref(), &shutdown).await?;
    tracing::info!("stopped");
    Ok(())
}
