//! The memory of workers and renderers, over the time of a drill.

use std::time::{Duration, Instant};

use super::audit::Broken;
use crate::harness::{WorkerProcess, peak_kib};

/// Length of a slot. Processes live for about as long: something kills them.
const SLOT: Duration = Duration::from_secs(20);

/// A drill shorter than this many slots says nothing about growth.
const SLOTS: usize = 30;

/// Largest resident set of any process in each slot.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    started: Instant,
    pub(super) workers: Vec<u64>,
    pub(super) renderers: Vec<u64>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            workers: Vec::new(),
            renderers: Vec::new(),
        }
    }
}

impl Memory {
    /// Notes what a worker and its renderers use now, in KiB.
    pub(super) fn look_at(&mut self, worker: &WorkerProcess) {
        let slot = self.started.elapsed().as_secs() / SLOT.as_secs();
        let slot = usize::try_from(slot).expect("few slots");
        note(&mut self.workers, slot, peak_kib(worker.pid()));
        for renderer in worker.renderers() {
            note(&mut self.renderers, slot, peak_kib(renderer));
        }
    }

    /// That the last third of a long drill used clearly more than the middle one.
    pub(super) fn growth(&self) -> Vec<Broken> {
        let parts = [("workers", &self.workers), ("renderers", &self.renderers)];
        let parts = parts.into_iter().filter(|(_, slots)| slots.len() >= SLOTS);
        let grown = parts.filter_map(|(name, slots)| {
            let third = slots.len() / 3;
            // Medians of peaks: one large document at the end is no growth.
            let middle = median(&slots[third..2 * third]);
            let last = median(&slots[2 * third..]);
            let text = format!("{name} used {middle} KiB at first, {last} KiB in the end");
            (last > middle + middle / 5).then_some(Broken::Grew(text))
        });
        grown.collect()
    }
}

fn note(slots: &mut Vec<u64>, slot: usize, kib: u64) {
    if slots.len() <= slot {
        slots.resize(slot + 1, 0);
    }
    slots[slot] = slots[slot].max(kib);
}

fn median(slots: &[u64]) -> u64 {
    let mut sorted = slots.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

#[test]
fn growth_is_seen_and_a_flat_line_is_not() {
    let memory = |last: u64| Memory {
        workers: (0..60)
            .map(|slot| if slot < 40 { 50_000 } else { last })
            .collect(),
        ..Memory::default()
    };
    assert_eq!(memory(55_000).growth(), []);
    assert_eq!(memory(65_000).growth().len(), 1);
}
