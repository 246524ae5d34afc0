//! Runs audits and reads what they report.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{World, eventually, eventually_within, peak_kib};

/// No audit takes this long.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What `audit --json` has reported.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) code: i32,
    pub(crate) findings: Vec<Value>,
    pub(crate) summary: Value,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
    pub(crate) peak_kib: u64,
}

impl Report {
    /// How many findings of which code there are.
    pub(crate) fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(text(finding, "code")).or_default() += 1;
        }
        counts
    }

    /// Code and key of each finding.
    pub(crate) fn found(&self) -> Vec<(String, String)> {
        let both = |finding: &Value| {
            let key = finding["objectKey"].as_str().unwrap_or_default();
            (text(finding, "code").to_owned(), key.to_owned())
        };
        self.findings.iter().map(both).collect()
    }

    /// The only finding.
    #[track_caller]
    pub(crate) fn only(&self) -> &Value {
        let [finding] = &self.findings[..] else {
            panic!("expected one finding: {self:#?}");
        };
        finding
    }

    /// A report of an audit that has found nothing.
    #[track_caller]
    pub(crate) fn is_clean(&self) {
        assert_eq!(self.findings, Vec::<Value>::new(), "{self:#?}");
        assert_eq!(self.code, 0, "{self:#?}");
        assert_eq!(self.summary["complete"], true, "{self:#?}");
    }
}

/// A text of a finding.
pub(crate) fn text<'a>(finding: &'a Value, member: &str) -> &'a str {
    let text = finding[member].as_str();
    text.unwrap_or_else(|| panic!("no text {member} in {finding}"))
}

/// Runs `audit --json` with these arguments, for which nothing is too young.
pub(crate) async fn audit(world: &World, arguments: &[&str]) -> Report {
    audit_with(world, &[], &[&["--min-age", "0s"], arguments].concat()).await
}

/// Runs `audit --json` with these arguments and further variables.
pub(crate) async fn audit_with(
    world: &World,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> Report {
    Running::start(world, variables, arguments).end().await
}

/// A repair needs a reason.
fn needed(arguments: &[&str]) -> &'static [&'static str] {
    let needs_one = arguments.contains(&"--repair") && !arguments.contains(&"--dry-run");
    if needs_one {
        &["--reason", "a test"]
    } else {
        &[]
    }
}

/// An audit that runs.
pub(crate) struct Running {
    child: Child,
    folder: TempDir,
    started: Instant,
}

impl Running {
    pub(crate) fn start(world: &World, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir_in(world.folder.path()).expect("a folder");
        let file = |name: &str| File::create(folder.path().join(name)).expect("a file");
        let child = Command::new(env!("CARGO_BIN_EXE_invoice-worker"))
            .args(["audit", "--json"])
            .args(arguments)
            .args(needed(arguments))
            .current_dir(world.folder.path())
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(&world.variables)
            .envs(variables.iter().copied())
            .env("USER", "auditor")
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .expect("the program starts");
        Self {
            child,
            folder,
            started: Instant::now(),
        }
    }

    fn written(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).expect("its output")
    }

    /// Waits for its first finding, then interrupts it.
    pub(crate) async fn interrupt(&self) {
        eventually("a finding", async || {
            let written = self.written("out");
            written.contains('\n').then_some(()).ok_or(written)
        })
        .await;
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("it runs");
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self) -> Report {
        let mut peak = 0;
        let child = &mut self.child;
        let status = eventually_within(LONGEST, "the audit's end", async || {
            peak = peak.max(peak_kib(Pid::from_child(child)));
            let status = child.try_wait().expect("it can be watched");
            status.ok_or("it runs")
        })
        .await;
        let took = self.started.elapsed();
        let written = self.written("out");
        let lines = written.lines().map(serde_json::from_str);
        let mut lines: Vec<Value> = lines.collect::<Result<_, _>>().expect("JSON lines");
        let summary = lines.pop().unwrap_or_default();
        assert!(lines.iter().all(|line| line["type"] == "finding"));
        Report {
            code: status.code().expect("it was not killed"),
            findings: lines,
            summary,
            stderr: self.written("err"),
            took,
            peak_kib: peak,
        }
    }
}
