//! A worker process.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::log::{Entry, Log};
use super::poll::{eventually, eventually_within};

/// A running `invoice-worker worker`. Dropping it kills it and its renderers; when the test has failed, its log is
/// printed then.
pub(crate) struct WorkerProcess {
    child: Child,
    log: Log,
    /// Where it reports that it is ready (`sd_notify(3)`).
    notifications: UnixDatagram,
    /// A path that only this worker was given: its renderers have it among their arguments, by which they are still
    /// recognised when the worker is gone.
    mark: PathBuf,
}

impl WorkerProcess {
    /// Starts one of this program with exactly this environment, and keeps what belongs to it in this folder, which is its
    /// working directory.
    pub(super) fn start(
        program: &Path,
        folder: &Path,
        environment: BTreeMap<String, String>,
    ) -> Self {
        Self::start_as("worker", program, folder, environment)
    }

    /// The same of another subcommand with renderers.
    pub(super) fn start_as(
        subcommand: &str,
        program: &Path,
        folder: &Path,
        mut environment: BTreeMap<String, String>,
    ) -> Self {
        let (variable, mark) = mark(folder, environment.get("TEMPLATES_DIR"));
        environment.insert(variable.into(), mark.to_str().expect("UTF-8").into());
        environment
            .entry("LOG_FORMAT".into())
            .or_insert_with(|| "json".into());
        // What becomes of each message during an outage is logged at this level.
        environment
            .entry("RUST_LOG".into())
            .or_insert_with(|| "info,invoice_worker=debug".into());
        let socket = folder.join("notify");
        let notifications = UnixDatagram::bind(&socket).expect("a socket");
        notifications.set_nonblocking(true).expect("a socket");
        let (log, stderr) = Log::create(folder.join("log"));
        let child = Command::new(program)
            .arg(subcommand)
            .current_dir(folder)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(environment)
            .env("NOTIFY_SOCKET", &socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .expect("the worker starts");
        Self {
            child,
            log,
            notifications,
            mark,
        }
    }

    /// Waits until it reports that it is ready: it consumes then.
    pub(crate) async fn is_consuming(&mut self) {
        eventually("a worker that is ready", async || {
            let mut message = [0; 512];
            while let Ok(length) = self.notifications.recv(&mut message) {
                let mut lines = message[..length].split(|byte| *byte == b'\n');
                if lines.any(|line| line == b"READY=1") {
                    return Ok(());
                }
            }
            let status = self.child.try_wait().expect("the worker can be watched");
            assert!(
                status.is_none(),
                "the worker ended: {status:?}\n{}",
                self.log()
            );
            Err("its log is below")
        })
        .await;
    }

    /// Waits until it has subscribed so many times: once more after each lost connection.
    pub(crate) async fn has_subscribed(&mut self, times: usize) {
        eventually("a worker that consumes again", async || {
            let status = self.child.try_wait().expect("the worker can be watched");
            assert!(
                status.is_none(),
                "the worker ended: {status:?}\n{}",
                self.log()
            );
            let subscriptions = self.events("consuming").len();
            (subscriptions >= times)
                .then_some(())
                .ok_or("its log is below")
        })
        .await;
    }

    /// Everything that it has logged.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// The events of this name so far.
    pub(crate) fn events(&self, event: &str) -> Vec<Entry> {
        self.log.entries(|entry| entry.is(event))
    }

    /// The ends of messages so far, of those with this outcome.
    pub(crate) fn processed(&self, outcome: &str) -> Vec<Entry> {
        self.log
            .entries(|entry| entry.is("processed") && entry["outcome"] == outcome)
    }

    /// Where it serves HTTP, once it does: it was started with a `HTTP_ADDR`.
    pub(crate) async fn http_url(&self) -> String {
        self.emits("http_listening").await;
        let listening = self.events("http_listening");
        let address = listening[0]["address"].as_str().expect("an address");
        format!("http://{address}")
    }

    /// Warnings and errors so far.
    pub(crate) fn complaints(&self) -> Vec<Entry> {
        self.log.entries(Entry::is_complaint)
    }

    /// Waits for an event of this name.
    pub(crate) async fn emits(&self, event: &str) {
        self.emits_where(event, |_| true).await;
    }

    /// Waits for an event of this name that is like this.
    pub(crate) async fn emits_where(&self, event: &str, is_it: impl Fn(&Entry) -> bool) {
        eventually(&format!("the event {event}"), async || {
            // A failed test prints the log anyway.
            let found = self.events(event).iter().any(&is_it);
            found.then_some(()).ok_or("its log is below")
        })
        .await;
    }

    /// Waits until it works on this attempt of a message.
    pub(crate) async fn reaches_attempt(&self, attempt: u64) {
        eventually(&format!("attempt {attempt}"), async || {
            let found = self.log.entries(|entry| entry.attempt() == Some(attempt));
            (!found.is_empty()).then_some(()).ok_or("its log is below")
        })
        .await;
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the worker can be signalled");
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the worker can be watched")
    }

    /// Waits until it has ended.
    pub(crate) async fn wait_exit(&mut self, deadline: Duration) -> ExitStatus {
        eventually_within(deadline, "the worker's end", async || {
            let status = self.child.try_wait().expect("the worker can be watched");
            status.ok_or("it is running")
        })
        .await
    }

    /// SIGTERM, and a good end: exit code 0, no renderer left.
    pub(crate) async fn stop(&mut self) {
        self.signal(Signal::TERM);
        let status = self.wait_exit(super::DEADLINE).await;
        assert!(
            status.success(),
            "the worker ended with code {:?}, signal {:?}",
            status.code(),
            status.signal()
        );
        self.has_no_renderers().await;
    }

    /// Waits until none of its renderers is left.
    pub(crate) async fn has_no_renderers(&self) {
        eventually("the renderers' end", async || {
            let renderers = self.renderers();
            if renderers.is_empty() {
                Ok(())
            } else {
                Err(renderers)
            }
        })
        .await;
    }

    /// Process ids of its renderers, whether it is alive or not. Zombies do not count: they have no arguments.
    pub(crate) fn renderers(&self) -> Vec<Pid> {
        let mark = self.mark.to_str().expect("UTF-8");
        let processes = fs::read_dir("/proc").expect("/proc");
        processes
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|pid| {
                // It may be gone since.
                let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                let arguments = String::from_utf8_lossy(&arguments);
                let mut arguments = arguments.split('\0');
                arguments.next() == Some("invoice-renderer")
                    && arguments.any(|argument| argument == mark)
            })
            .filter_map(Pid::from_raw)
            .collect()
    }
}

/// A path for the mark, and the variable that gives it to a worker: a link to its templates, or an empty folder of fonts where
/// it uses those in the program.
fn mark(folder: &Path, templates: Option<&String>) -> (&'static str, PathBuf) {
    match templates.filter(|templates| !templates.is_empty()) {
        Some(original) => {
            let link = folder.join("templates");
            std::os::unix::fs::symlink(original, &link).expect("a link to the templates");
            ("TEMPLATES_DIR", link)
        }
        None => {
            let fonts = folder.join("fonts");
            fs::create_dir(&fonts).expect("a folder without fonts");
            ("FONTS_DIR", fonts)
        }
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // It may be gone already, and its renderers as well: they end with it.
        self.child.kill().ok();
        self.child.wait().ok();
        let started = Instant::now();
        while !self.renderers().is_empty() && started.elapsed() < Duration::from_secs(5) {
            for renderer in self.renderers() {
                kill_process(renderer, Signal::KILL).ok();
            }
            thread::sleep(Duration::from_millis(10));
        }
        if thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(200)..];
            eprintln!(
                "--- end of {}\n{}",
                self.log.path().display(),
                last.join("\n")
            );
        }
    }
}
