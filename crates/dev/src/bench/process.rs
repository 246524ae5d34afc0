//! What processes have used, as the system counts it (proc(5)).

use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// Processor time and memory of a worker and its renderers.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    /// Processor time of the worker process itself.
    pub(super) own: Duration,
    /// Processor time of its renderers, those that are gone included.
    pub(super) renderers: Duration,
    /// Resident memory of the worker, in KiB.
    pub(super) own_kib: u64,
    /// Resident memory of each living renderer, in KiB.
    pub(super) renderers_kib: Vec<u64>,
}

impl Usage {
    /// Of this worker process, now.
    pub(super) fn of_worker(pid: u32) -> anyhow::Result<Self> {
        let worker = Stat::of(pid).with_context(|| format!("the worker {pid} is gone"))?;
        let mut usage = Self {
            own: worker.used,
            renderers: worker.used_by_the_gone,
            own_kib: resident_kib(pid),
            renderers_kib: Vec::new(),
        };
        let others = fs::read_dir("/proc")?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        for other in others {
            if let Some(stat) = Stat::of(other).filter(|stat| stat.parent == pid) {
                usage.renderers += stat.used;
                usage.renderers_kib.push(resident_kib(other));
            }
        }
        Ok(usage)
    }

    /// All of several workers together.
    pub(super) fn of_workers(pids: &[u32]) -> anyhow::Result<Self> {
        let mut all = Self::default();
        for pid in pids {
            let one = Self::of_worker(*pid)?;
            all.own += one.own;
            all.renderers += one.renderers;
            all.own_kib = all.own_kib.max(one.own_kib);
            all.renderers_kib.extend(one.renderers_kib);
        }
        Ok(all)
    }
}

struct Stat {
    parent: u32,
    used: Duration,
    /// By children that have ended and were waited for.
    used_by_the_gone: Duration,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name stands in parentheses and may hold anything; what follows it are numbers, the third field first.
        let (_, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        let ticks = rustix::param::clock_ticks_per_second();
        let time = |user: usize, system: usize| {
            Some(Duration::from_millis(
                (number(user)? + number(system)?) * 1_000 / ticks,
            ))
        };
        Some(Self {
            parent: number(4)?.try_into().ok()?,
            used: time(14, 15)?,
            used_by_the_gone: time(16, 17)?,
        })
    }
}

/// Resident memory of a process; 0 if it is gone.
pub(super) fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    line.unwrap_or(0)
}

/// Processor time of this process so far, all of its threads.
pub(super) fn own_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_time_and_memory() {
        let before = own_time();
        let mut sum = 0_u64;
        while own_time() - before < Duration::from_millis(30) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let usage = Usage::of_worker(std::process::id()).expect("this process");
        assert!(usage.own >= Duration::from_millis(20), "{usage:?}");
        assert!(usage.own_kib > 1_000, "{usage:?}");
        assert!(resident_kib(u32::MAX) == 0);
    }
}
