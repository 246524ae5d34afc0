//! Services of the program, which run together and end together.

use futures_util::future::{BoxFuture, join_all};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::readiness;

/// A part of the program that works until it is stopped.
pub struct Service(Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, anyhow::Result<()>>>);

impl Service {
    /// A service that works until its token is cancelled.
    pub fn new<F>(run: impl FnOnce(CancellationToken) -> F + 'static) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        Self(Box::new(move |stop| Box::pin(run(stop))))
    }
}

/// Runs services until `shutdown`, or until one of them fails; then all are stopped. An observer is stopped after all of them:
/// it can be asked how far they are. Returns the first error.
pub async fn run(
    services: impl IntoIterator<Item = Service>,
    observer: Option<Service>,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let over = CancellationToken::new();
    let observing = async {
        match observer {
            Some(Service(observe)) => observe(over.clone()).await,
            None => Ok(()),
        }
    };
    let running = async {
        let result = run_all(services, shutdown).await;
        over.cancel();
        result
    };
    let (observed, result) = tokio::join!(observing, running);
    result.and(observed)
}

async fn run_all(
    services: impl IntoIterator<Item = Service>,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let stop = shutdown.child_token();
    let running = services.into_iter().map(async |Service(run)| {
        let result = run(stop.clone()).await;
        if result.is_err() {
            stop.cancel();
        }
        result
    });
    join_all(running).await.into_iter().collect()
}

/// Cancelled by SIGTERM or SIGINT.
pub fn shutdown_signal() -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        readiness::stopping();
        info!(event = "signal_received", signal = name, "stopping");
        cancelled.cancel();
    });
    Ok(token)
}
