//! What the system knows of this process, from `/proc`.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

use super::list;
use super::text::Text;

/// From `/proc/self/stat` (proc_pid_stat(5)).
#[derive(Debug, PartialEq)]
struct Stat {
    /// Processor time, in ticks.
    cpu: u64,
    /// Start, in ticks since the system's.
    start: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

/// Writes what can be read; where `/proc` is hidden, that is less.
pub(super) fn write(text: &mut Text) {
    let ticks = clock_ticks_per_second();
    let seconds = |count: u64| count as f64 / ticks as f64;
    let read = |path| fs::read_to_string(path).ok();
    if let Some(stat) = read("/proc/self/stat").and_then(|line| Stat::parse(&line)) {
        text.value(&list::PROCESS_CPU, seconds(stat.cpu));
        let resident = stat.resident_pages.saturating_mul(page_size() as u64);
        text.value(&list::PROCESS_RESIDENT_MEMORY, resident);
        text.value(&list::PROCESS_VIRTUAL_MEMORY, stat.virtual_bytes);
        if let Some(boot) = read("/proc/stat").and_then(|lines| boot_time(&lines)) {
            text.value(&list::PROCESS_START_TIME, boot as f64 + seconds(stat.start));
        }
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // One of them is the folder that is being read.
        text.value(&list::PROCESS_OPEN_FDS, open.count().saturating_sub(1));
    }
    if let Some(most) = getrlimit(Resource::Nofile).current {
        text.value(&list::PROCESS_MAX_FDS, most);
    }
}

impl Stat {
    fn parse(line: &str) -> Option<Self> {
        // The name of the program, in parentheses, may contain anything.
        let (_, fields) = line.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        // The first one behind the name is number 3.
        let number = |index: usize| fields.get(index - 3)?.parse::<u64>().ok();
        Some(Self {
            cpu: number(14)? + number(15)?,
            start: number(22)?,
            virtual_bytes: number(23)?,
            resident_pages: number(24)?,
        })
    }
}

/// When the system started, in seconds since 1970.
fn boot_time(lines: &str) -> Option<u64> {
    let line = lines.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_counted_from_behind_the_name() {
        let line = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 12 3 0 0 20 0 4 0 987 1024 55 18446744073709551615";
        let expected = Stat {
            cpu: 15,
            start: 987,
            virtual_bytes: 1_024,
            resident_pages: 55,
        };
        assert_eq!(Stat::parse(line), Some(expected));
        assert_eq!(Stat::parse("7 (a"), None);
        assert_eq!(
            boot_time("cpu 1 2\nbtime 1700000000\n"),
            Some(1_700_000_000)
        );
    }
}
