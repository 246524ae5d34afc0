//! What the drill has seen, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use super::audit::{Broken, Found};
use super::fleet::Tally;
use super::ledger::{Kind, Ledger};
use super::settings::Settings;

/// At most this many broken promises are printed; the file has all of them.
const PRINTED: usize = 20;

pub(super) struct Report {
    pub(super) settings: Settings,
    pub(super) duration: Duration,
    pub(super) recovery: Duration,
    /// Messages that the broker kept for consumers that were gone, until the queues had another leader.
    pub(super) stranded: u64,
    pub(super) ledger: Ledger,
    pub(super) found: Found,
    pub(super) disruptions: BTreeMap<&'static str, usize>,
    pub(super) workers: Tally,
    pub(super) broken: Vec<Broken>,
}

impl Report {
    /// Writes `report.json` beside the ledger.
    pub(super) fn write(&self) {
        let path = self.settings.folder().join("report.json");
        let json = serde_json::to_vec_pretty(&self.to_json()).expect("JSON");
        fs::write(path, json).expect("the report can be written");
    }

    fn kinds(&self) -> BTreeMap<Kind, usize> {
        let mut kinds = BTreeMap::new();
        for entry in &self.ledger.entries {
            *kinds.entry(entry.kind).or_default() += 1;
        }
        kinds
    }

    fn codes(&self) -> BTreeMap<&str, usize> {
        let mut codes = BTreeMap::new();
        for letter in &self.found.dead_letters {
            *codes.entry(letter.code.as_str()).or_default() += 1;
        }
        codes
    }

    fn generated(&self) -> usize {
        let rows = self.found.rows.iter();
        rows.filter(|row| row.generated).count()
    }

    fn lost(&self) -> usize {
        let is_lost = |broken: &&Broken| matches!(broken, Broken::Lost(_));
        self.broken.iter().filter(is_lost).count()
    }

    fn duplicates(&self) -> usize {
        let is_twice = |broken: &&Broken| matches!(broken, Broken::Twice(_));
        self.broken.iter().filter(is_twice).count()
    }

    /// Requests a second, outages included.
    fn throughput(&self) -> f64 {
        let seconds = self.duration.as_secs_f64();
        f64::from(u32::try_from(self.ledger.sends.len()).unwrap_or(u32::MAX)) / seconds
    }

    fn to_json(&self) -> Value {
        let kinds = self.kinds().into_iter();
        let kinds: BTreeMap<_, _> = kinds
            .map(|(kind, count)| (kind.to_string(), count))
            .collect();
        json!({
            "seed": self.settings.seed,
            "publications": self.ledger.sends.len(),
            "messages": self.ledger.entries.len(),
            "kinds": kinds,
            "faults": self.disruptions,
            "workers": {
                "atOnce": self.settings.workers,
                "started": self.workers.started,
                "killed": self.workers.killed,
                "stopped": self.workers.stopped,
                "refusedToStart": self.workers.refused,
                "failed": self.workers.failed,
                "logged": self.workers.logged,
            },
            "memoryPeakKib": {
                "workers": self.workers.memory.workers,
                "renderers": self.workers.memory.renderers,
            },
            "cluster": self.settings.cluster,
            "durationSeconds": self.duration.as_secs_f64(),
            "recoverySeconds": self.recovery.as_secs_f64(),
            "stranded": self.stranded,
            "requestsPerSecond": self.throughput(),
            "generated": self.generated(),
            "deadLettered": self.codes(),
            "events": self.found.events.len(),
            "lost": self.lost(),
            "duplicates": self.duplicates(),
            "broken": self.broken.iter().map(|broken| format!("{broken:?}")).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings {
            seed,
            workers,
            cluster,
            ..
        } = &self.settings;
        let sends = self.ledger.sends.len();
        let seconds = self.duration.as_secs_f64();
        let rate = self.throughput();
        writeln!(
            f,
            "seed {seed}: {sends} publications in {seconds:.0} s, {rate:.1}/s, {workers} workers at once{}",
            if *cluster { ", on a cluster" } else { "" }
        )?;
        let repeated = sends - self.ledger.entries.len();
        let kinds = self.kinds().into_iter();
        let kinds = kinds.map(|(kind, count)| format!("{count} {kind}"));
        writeln!(f, "messages    {}, {repeated} sent twice", list(kinds))?;
        let disruptions = self.disruptions.iter();
        writeln!(
            f,
            "faults      {}: {}",
            self.disruptions.values().sum::<usize>(),
            list(disruptions.map(|(name, count)| format!("{count} {name}")))
        )?;
        let Tally {
            started,
            killed,
            stopped,
            refused,
            failed,
            logged,
            memory,
        } = &self.workers;
        let ends = format!(
            "{started} started, {killed} killed, {stopped} stopped, {refused} refused a lying store"
        );
        writeln!(f, "workers     {ends}, {} failed", failed.len())?;
        writeln!(
            f,
            "seen        {}",
            list(logged.iter().map(|(name, count)| format!("{count} {name}")))
        )?;
        for (name, slots) in [
            ("workers", &memory.workers),
            ("renderers", &memory.renderers),
        ] {
            let parts = slots.chunks(slots.len().div_ceil(10).max(1));
            let peaks = parts.map(|part| (part.iter().max().unwrap_or(&0) >> 10).to_string());
            writeln!(f, "MiB at most {name}: {}", list(peaks))?;
        }
        let recovery = self.recovery.as_secs_f64();
        writeln!(
            f,
            "recovery    {recovery:.0} s until no queue held a message, {} of them by another leader",
            self.stranded
        )?;
        let codes = self.codes().into_iter();
        let codes = list(codes.map(|(code, count)| format!("{count} {code}")));
        writeln!(
            f,
            "result      {} generated; dead letters: {codes}",
            self.generated()
        )?;
        writeln!(f, "lost        {}", self.lost())?;
        writeln!(f, "duplicates  {}", self.duplicates())?;
        for broken in self.broken.iter().take(PRINTED) {
            writeln!(f, "BROKEN      {broken:?}")?;
        }
        if self.broken.len() > PRINTED {
            writeln!(f, "BROKEN      and {} more", self.broken.len() - PRINTED)?;
        }
        write!(f, "written to  {}", self.settings.folder().display())
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
