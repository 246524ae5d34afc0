//! Worker processes, and a supervisor for each that starts the next one when it is gone.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::time::Duration;

use document::faults;
use futures_util::future::join_all;
use rustix::process::{Signal, kill_process};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::ledger::{KILLS_RENDERERS, KILLS_WORKERS, MARKS, mark};
use super::memory::Memory;
use super::random::Random;
use crate::harness::{WorkerProcess, World, program};
use crate::kill_points::STEPS;

/// How often the memory of workers is looked at.
const LOOK: Duration = Duration::from_secs(1);

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
    /// SIGHUP: it loads changed templates.
    Reload,
}

/// A constant number of workers.
pub(super) struct Fleet<'a> {
    world: &'a World,
    /// Variables of each worker.
    variables: Vec<Vec<(&'static str, String)>>,
    /// What gives some of them a clock that is wrong.
    clock: Vec<(&'static str, String)>,
    random: RefCell<Random>,
    /// Each worker's log is kept here.
    logs: PathBuf,
    /// A new worker is of one of these.
    pub(super) programs: RefCell<Vec<PathBuf>>,
    pub(super) lies: Lies,
    /// Whether new workers get fault hooks other than those for the requests that are poison.
    pub(super) armed: Cell<bool>,
    pub(super) tally: RefCell<Tally>,
}

/// Whether the object store reports successes that are none. A worker that starts meanwhile refuses to.
#[derive(Default)]
pub(super) struct Lies {
    /// How many have begun.
    begun: Cell<usize>,
    now: Cell<bool>,
}

impl Lies {
    pub(super) fn begin(&self) {
        self.begun.set(self.begun.get() + 1);
        self.now.set(true);
    }

    pub(super) fn end(&self) {
        self.now.set(false);
    }

    /// How many had ended before this moment.
    fn ended(&self) -> usize {
        self.begun.get() - usize::from(self.now.get())
    }
}

/// What was seen of the workers.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) started: usize,
    /// Killed by their own hook or by the drill.
    pub(super) killed: usize,
    /// Ended in good order after SIGTERM.
    pub(super) stopped: usize,
    /// Refused to start, because the object store lied.
    pub(super) refused: usize,
    /// Ended otherwise, which none may.
    pub(super) failed: Vec<String>,
    /// How often each of these events was logged.
    pub(super) logged: BTreeMap<&'static str, usize>,
    pub(super) memory: Memory,
}

/// A worker that runs.
struct Running {
    /// The first one that was started is 1.
    number: usize,
    worker: WorkerProcess,
    /// How many lies of the object store had ended before it was started.
    lies_before: usize,
}

/// Events of the log, and what the report calls them.
const COUNTED: [(&str, &str); 8] = [
    ("call_retried", "calls repeated in place"),
    ("retry_scheduled", "messages sent to retry queues"),
    ("connection_lost", "connections lost"),
    ("suspect_processed_alone", "suspects processed alone"),
    ("render_retried", "documents rendered once more"),
    ("publish_failed", "publications repeated"),
    ("templates_reloaded", "templates reloaded"),
    ("held_back", "times held back"),
];

impl<'a> Fleet<'a> {
    pub(super) fn new(
        world: &'a World,
        variables: Vec<Vec<(&'static str, String)>>,
        clock: Vec<(&'static str, String)>,
        random: Random,
        logs: PathBuf,
    ) -> Self {
        Self {
            world,
            variables,
            clock,
            random: RefCell::new(random),
            logs,
            programs: RefCell::new(vec![program()]),
            lies: Lies::default(),
            armed: Cell::new(true),
            tally: RefCell::default(),
        }
    }

    /// Keeps a worker running for each of these, until `stop`; then all end in good order.
    pub(super) async fn run(&self, blows: Vec<mpsc::Receiver<Blow>>, stop: &CancellationToken) {
        let supervising = blows.into_iter().zip(&self.variables);
        join_all(supervising.map(|(blows, variables)| self.supervise(blows, variables, stop)))
            .await;
    }

    async fn supervise(
        &self,
        mut blows: mpsc::Receiver<Blow>,
        variables: &[(&'static str, String)],
        stop: &CancellationToken,
    ) {
        let mut running = self.start(variables);
        let mut looks = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                _ended = running.worker.wait_exit(FOR_EVER) => {
                    self.bury(running).await;
                    running = self.start(variables);
                }
                Some(blow) = blows.recv() => strike(&mut running.worker, blow, &self.random),
                _now = looks.tick() => self.tally.borrow_mut().memory.look_at(&running.worker),
                () = stop.cancelled() => {
                    running.worker.signal(Signal::TERM);
                    running.worker.wait_exit(crate::harness::DEADLINE).await;
                    return self.bury(running).await;
                }
            }
        }
    }

    fn start(&self, own: &[(&'static str, String)]) -> Running {
        let mut faults = format!("received:{KILLS_WORKERS},rendering:{KILLS_RENDERERS}");
        let mut random = self.random.borrow_mut();
        if self.armed.get() {
            // Another mark for each process: what killed the one before is most likely harmless for the next.
            let (step, mark) = (random.pick(&STEPS), mark(random.below(MARKS)));
            faults.push_str(&format!(",{step}:{mark}"));
        }
        // With none, every failure goes through the retry queues.
        let in_place = random.pick(&["0", "1", "5"]);
        let mut variables = vec![
            (faults::VARIABLE, &*faults),
            ("RETRY_IN_PLACE_SECONDS", in_place),
        ];
        variables.extend(own.iter().map(|(name, value)| (*name, &**value)));
        if random.below(3) == 0 {
            variables.extend(self.clock.iter().map(|(name, value)| (*name, &**value)));
        }
        let mut tally = self.tally.borrow_mut();
        tally.started += 1;
        let program = random.pick(&self.programs.borrow()).clone();
        Running {
            number: tally.started,
            worker: self.world.start_worker_of(&program, &variables),
            lies_before: self.lies.ended(),
        }
    }

    /// Looks at how a worker ended. No renderer may outlive it.
    async fn bury(&self, running: Running) {
        let Running {
            number,
            mut worker,
            lies_before,
        } = running;
        let met_a_lie = self.lies.begun.get() > lies_before;
        worker.has_no_renderers().await;
        let status = worker.ended().expect("it has ended");
        let log = worker.log();
        let kept = self.logs.join(format!("{number}.ndjson"));
        fs::write(kept, &log).expect("the log can be kept");
        let mut tally = self.tally.borrow_mut();
        match (status.code(), status.signal()) {
            (Some(0), _) => tally.stopped += 1,
            (_, Some(signal)) if signal == Signal::KILL.as_raw() => tally.killed += 1,
            // Asked to stop before it had begun, it ends as any program does.
            (_, Some(signal)) if signal == Signal::TERM.as_raw() && log.is_empty() => {
                tally.stopped += 1;
            }
            (Some(2), _) if met_a_lie && log.contains("object store") => tally.refused += 1,
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
        let found = worker.processed("already_generated").len();
        if found > 0 {
            let name = "requests found generated";
            *tally.logged.entry(name).or_default() += found;
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
        // One that has just started would end, as any program does. It loads the changed templates anyway.
        Blow::Reload if worker.events("templates_loaded").is_empty() => {}
        Blow::Reload => worker.signal(Signal::HUP),
        Blow::KillRenderer => {
            let renderers = worker.renderers();
            if !renderers.is_empty() {
                // It may end in the same moment.
                kill_process(*random.borrow_mut().pick(&renderers), Signal::KILL).ok();
            }
        }
    }
}
