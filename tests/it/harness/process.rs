//! What the system knows of a process (proc(5)).

use std::fs;

use rustix::process::Pid;

/// The largest resident memory of a process so far, in KiB; nothing of one that has ended.
pub(crate) fn peak_kib(process: Pid) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    number
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or(0)
}
