//! Spans that wait for the collector. Their number is bounded, and adding one never waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tokio::sync::{Notify, mpsc};

/// The end of the queue that spans come into.
#[derive(Debug)]
pub(super) struct Queue {
    sender: mpsc::Sender<SpanData>,
    /// Free places at which a whole batch waits.
    full_at: usize,
    state: Arc<State>,
}

/// The end that batches are taken from.
pub(super) struct Waiting {
    pub(super) spans: mpsc::Receiver<SpanData>,
    pub(super) state: Arc<State>,
}

/// What both ends know.
#[derive(Debug, Default)]
pub(super) struct State {
    /// A whole batch waits.
    pub(super) batch_waits: Notify,
    dropped: AtomicU64,
}

/// A queue of this size for batches of this size.
pub(super) fn queue(size: usize, batch_size: usize) -> (Queue, Waiting) {
    let (sender, spans) = mpsc::channel(size);
    let state = Arc::new(State::default());
    let queue = Queue {
        sender,
        full_at: size.saturating_sub(batch_size),
        state: Arc::clone(&state),
    };
    (queue, Waiting { spans, state })
}

impl State {
    /// Spans that found no room, since this was called before.
    pub(super) fn take_dropped(&self) -> u64 {
        self.dropped.swap(0, Ordering::Relaxed)
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.sender.try_send(span).is_err() {
            self.state.dropped.fetch_add(1, Ordering::Relaxed);
        }
        // The receiver is not woken for each span.
        if self.sender.capacity() <= self.full_at {
            self.state.batch_waits.notify_one();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}
