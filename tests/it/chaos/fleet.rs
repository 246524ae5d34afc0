//! Worker processes, and a supervisor for each that starts the next one when it is gone.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::time::Duration;

use document::faults;
use futures_util::future::join_all;
use rustix::process::{Signal, kill_process};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::ledger::{KILLS_RENDERERS, KILLS_WORKERS, MARKS, mark};
use super::random::Random;
use crate::harness::{WorkerProcess, World, program};

/// Longer than any drill.
const FOR_EVER: Duration = Duration::from_secs(86_400);

/// What is done to a worker.
#[derive(Clone, Copy, Debug)]
pub(super) enum Blow {
    /// kill -9
    Kill,
    /// SIGTERM
    Terminate,
    /// kill -9 of one of its renderers.
    KillRenderer,
}

/// A constant number of workers.
pub(super) struct Fleet<'a> {
    world: &'a World,
    /// Where the servers are to be found: behind the proxies.
    servers: Vec<(&'static str, String)>,
    random: RefCell<Random>,
    /// A new worker is of one of these.
    pub(super) programs: RefCell<Vec<PathBuf>>,
    /// Whether new workers get fault hooks other than those for the requests that are poison.
    pub(super) armed: Cell<bool>,
    pub(super) tally: RefCell<Tally>,
}

/// What was seen of the workers.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) started: usize,
    /// Killed by their own hook or by the drill.
    pub(super) killed: usize,
    /// Ended in good order after SIGTERM.
    pub(super) stopped: usize,
    /// Ended otherwise, which none may.
    pub(super) failed: Vec<String>,
    /// How often each of these events was logged.
    pub(super) logged: BTreeMap<&'static str, usize>,
}

/// Events of the log, and what the report calls them.
const COUNTED: [(&str, &str); 7] = [
    ("call_retried", "calls repeated in place"),
    ("retry_scheduled", "messages sent to retry queues"),
    ("already_generated", "requests found generated"),
    ("connection_lost", "connections lost"),
    ("suspect_processed_alone", "suspects processed alone"),
    ("render_retried", "documents rendered once more"),
    ("publish_failed", "publications repeated"),
];

impl<'a> Fleet<'a> {
    pub(super) fn new(
        world: &'a World,
        servers: Vec<(&'static str, String)>,
        random: Random,
    ) -> Self {
        Self {
            world,
            servers,
            random: RefCell::new(random),
            programs: RefCell::new(vec![program()]),
            armed: Cell::new(true),
            tally: RefCell::default(),
        }
    }

    /// Keeps a worker running for each of these, until `stop`; then all end in good order.
    pub(super) async fn run(&self, blows: Vec<mpsc::Receiver<Blow>>, stop: &CancellationToken) {
        join_all(blows.into_iter().map(|blows| self.supervise(blows, stop))).await;
    }

    async fn supervise(&self, mut blows: mpsc::Receiver<Blow>, stop: &CancellationToken) {
        let mut worker = self.start();
        loop {
            tokio::select! {
                _ended = worker.wait_exit(FOR_EVER) => {
                    self.bury(worker).await;
                    worker = self.start();
                }
                Some(blow) = blows.recv() => strike(&mut worker, blow, &self.random),
                () = stop.cancelled() => {
                    worker.signal(Signal::TERM);
                    worker.wait_exit(crate::harness::DEADLINE).await;
                    return self.bury(worker).await;
                }
            }
        }
    }

    fn start(&self) -> WorkerProcess {
        let mut faults = format!("received:{KILLS_WORKERS},rendering:{KILLS_RENDERERS}");
        let mut random = self.random.borrow_mut();
        if self.armed.get() {
            // Another mark for each process: what killed the one before is most likely harmless for the next.
            let steps = [
                "received",
                "rendered",
                "stored",
                "recorded",
                "publishing",
                "published",
            ];
            let (step, mark) = (random.pick(&steps), mark(random.below(MARKS)));
            faults.push_str(&format!(",{step}:{mark}"));
        }
        // With none, every failure goes through the retry queues.
        let in_place = random.pick(&["0", "1", "5"]);
        let mut variables = vec![
            (faults::VARIABLE, &*faults),
            ("RETRY_IN_PLACE_SECONDS", in_place),
        ];
        variables.extend(self.servers.iter().map(|(name, url)| (*name, &**url)));
        self.tally.borrow_mut().started += 1;
        let program = random.pick(&self.programs.borrow()).clone();
        self.world.start_worker_of(&program, &variables)
    }

    /// Looks at how a worker ended. No renderer may outlive it.
    async fn bury(&self, mut worker: WorkerProcess) {
        worker.has_no_renderers().await;
        let status = worker.ended().expect("it has ended");
        let log = worker.log();
        let mut tally = self.tally.borrow_mut();
        match (status.code(), status.signal()) {
            (Some(0), _) => tally.stopped += 1,
            (_, Some(signal)) if signal == Signal::KILL.as_raw() => tally.killed += 1,
            // Asked to stop before it had begun, it ends as any program does.
            (_, Some(signal)) if signal == Signal::TERM.as_raw() && log.is_empty() => {
                tally.stopped += 1;
            }
            _ => {
                let last: Vec<_> = log.lines().rev().take(5).collect();
                tally.failed.push(format!("{status}: {last:#?}"));
            }
        }
        for (event, name) in COUNTED {
            let count = worker.events(event).len();
            if count > 0 {
                *tally.logged.entry(name).or_default() += count;
            }
        }
        // A panic is written by the runtime, past the log.
        for line in log.lines().filter(|line| line.contains("panicked")) {
            tally.failed.push(line.to_owned());
        }
    }
}

fn strike(worker: &mut WorkerProcess, blow: Blow, random: &RefCell<Random>) {
    if worker.ended().is_some() {
        return;
    }
    match blow {
        Blow::Kill => worker.signal(Signal::KILL),
        Blow::Terminate => worker.signal(Signal::TERM),
        Blow::KillRenderer => {
            let renderers = worker.renderers();
            if !renderers.is_empty() {
                // It may end in the same moment.
                kill_process(*random.borrow_mut().pick(&renderers), Signal::KILL).ok();
            }
        }
    }
}
