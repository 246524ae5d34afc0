//! What a pool is doing, and how often its processes were replaced: for metrics, which are read from outside.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The renderers of a pool, and the documents that wait for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolState {
    /// Documents that may be rendered at once, before large and slow ones are added.
    pub renderers: usize,
    /// Processes without a document.
    pub idle: usize,
    /// Processes that render a document.
    pub busy: usize,
    /// Processes that a document waits for, because they still load the templates.
    pub starting: usize,
    /// Ordinary documents that wait for a turn.
    pub ordinary_waiting: usize,
    /// Bulk documents that wait for a turn.
    pub bulk_waiting: usize,
}

/// Why a renderer process was replaced by a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartReason {
    /// It had rendered a document of many pages, after which it would keep the memory.
    LargeDocument,
    /// It had rendered so many documents that a new one is faster.
    ManyDocuments,
    /// A document took longer than the time limit, and the process was killed.
    TimedOut,
    /// A document needed more than the memory limit.
    MemoryExceeded,
    /// It ended while it rendered a document.
    Crashed,
    /// It ended while it had nothing to do.
    Died,
}

impl RestartReason {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::LargeDocument,
        Self::ManyDocuments,
        Self::TimedOut,
        Self::MemoryExceeded,
        Self::Crashed,
        Self::Died,
    ];

    /// The name in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LargeDocument => "large_document",
            Self::ManyDocuments => "many_documents",
            Self::TimedOut => "timed_out",
            Self::MemoryExceeded => "memory_exceeded",
            Self::Crashed => "crashed",
            Self::Died => "died",
        }
    }

    /// How often this process has replaced a renderer for this reason, whatever pool it was of.
    pub fn count(self) -> u64 {
        RESTARTS[self as usize].load(Ordering::Relaxed)
    }

    pub(super) fn counted(self) {
        RESTARTS[self as usize].fetch_add(1, Ordering::Relaxed);
    }
}

static RESTARTS: [AtomicU64; RestartReason::ALL.len()] =
    [const { AtomicU64::new(0) }; RestartReason::ALL.len()];

/// Documents that wait for their renderer's start.
#[derive(Debug, Default)]
pub(super) struct Starting(AtomicUsize);

/// One of them, until it is dropped.
pub(super) struct Start<'a>(&'a Starting);

impl Starting {
    pub(super) fn begin(&self) -> Start<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Start(self)
    }

    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Start<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_count_of_its_own() {
        for (index, reason) in RestartReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index, "{}", reason.as_str());
        }
        let before = RestartReason::ALL.map(RestartReason::count);
        RestartReason::TimedOut.counted();
        for (reason, before) in RestartReason::ALL.into_iter().zip(before) {
            let expected = u64::from(reason == RestartReason::TimedOut);
            assert_eq!(reason.count() - before, expected, "{}", reason.as_str());
        }
    }
}
