//! The state of this process: whether it works, and what it depends on. Probes and metrics read it, and a service manager
//! is notified of it: `sd_notify(3)`, which systemd understands (`Type=notify`), where `NOTIFY_SOCKET` is set.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use invoice::FailureCode;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::duration::milliseconds;

/// Longest text of an error that is shown, in characters.
const ERROR_MAX: usize = 300;

/// A loop of events that has not ticked for so long is stuck. It ticks every second.
const STUCK_AFTER: Duration = Duration::from_secs(15);

/// What the process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has not consumed or served yet.
    Starting,
    /// It does its work: a worker consumes ordinary requests.
    Working,
    /// The connection to the broker is lost, and made again.
    Connecting,
    /// No request can be processed until a person fixes the cause, which has this code.
    HeldBack(FailureCode),
    /// No new messages are taken; those in work are finished.
    Draining,
}

impl Phase {
    /// The name of the phase.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Working => "working",
            Self::Connecting => "connecting",
            Self::HeldBack(_) => "held_back",
            Self::Draining => "draining",
        }
    }
}

/// What a process depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// The connection to the broker.
    Broker,
    /// The bucket.
    Bucket,
    /// The database.
    Database,
    /// The folder of templates.
    Templates,
}

impl Component {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Broker, Self::Bucket, Self::Database, Self::Templates];

    /// The name of the component.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::Bucket => "bucket",
            Self::Database => "database",
            Self::Templates => "templates",
        }
    }
}

/// Whether a component can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It was not looked at yet.
    Unknown,
    /// It can be used.
    Up,
    /// It is used as it was before, since its last change was refused.
    Degraded,
    /// It cannot be used.
    Down,
}

impl Health {
    /// The name of the state.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

/// What is known of a component.
#[derive(Clone, Debug)]
pub struct ComponentState {
    /// Whether it can be used.
    pub health: Health,
    /// Since when.
    pub since: OffsetDateTime,
    /// What went wrong last, also if the component can be used again.
    pub last_error: Option<LastError>,
}

/// What went wrong last.
#[derive(Clone, Debug)]
pub struct LastError {
    /// When.
    pub at: OffsetDateTime,
    /// What, in at most 300 characters.
    pub text: String,
}

/// What is known of the process.
#[derive(Clone, Debug)]
pub struct State {
    /// What it is doing.
    pub phase: Phase,
    /// Since when.
    pub since: OffsetDateTime,
    /// What holds it back, in words of a server, in at most 300 characters; none where nothing does.
    pub held_back_by: Option<String>,
    components: [ComponentState; Component::ALL.len()],
}

impl State {
    /// What is known of a component.
    pub fn component(&self, component: Component) -> &ComponentState {
        &self.components[component as usize]
    }

    /// The components that were looked at.
    pub fn known(&self) -> impl Iterator<Item = (Component, &ComponentState)> {
        let all = Component::ALL.into_iter().zip(&self.components);
        all.filter(|(_, state)| state.health != Health::Unknown)
    }
}

/// Whether a process in this state is ready: each kind of process has a rule.
pub type Rule = fn(&State) -> bool;

/// The rule of a worker. That database or bucket are away is shown and does not count: the worker consumes, and its messages
/// are retried. A worker that were taken out of service for it would not come back sooner, and one that waits for its turn
/// in a rolling update would stop the update that may be the repair.
pub fn while_working(state: &State) -> bool {
    state.phase == Phase::Working
}

/// The state of this process. Clones share it.
#[derive(Clone)]
pub struct Readiness(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    started: Instant,
    /// When the loop of events ticked last, in milliseconds since the start; zero before the first time.
    ticked_ms: AtomicU64,
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

impl Readiness {
    /// Of a process that starts.
    pub fn new() -> Self {
        let now = OffsetDateTime::now_utc();
        let unknown = ComponentState {
            health: Health::Unknown,
            since: now,
            last_error: None,
        };
        let state = State {
            phase: Phase::Starting,
            since: now,
            held_back_by: None,
            components: Component::ALL.map(|_| unknown.clone()),
        };
        Self(Arc::new(Inner {
            state: Mutex::new(state),
            started: Instant::now(),
            ticked_ms: AtomicU64::new(0),
        }))
    }

    /// Its state now.
    pub fn look(&self) -> State {
        self.state().clone()
    }

    /// It does its work.
    pub fn working(&self) {
        if self.enter(Phase::Working) {
            notify("READY=1\nSTATUS=consuming\n");
        }
    }

    /// It answers calls.
    pub fn serving(&self) {
        if self.enter(Phase::Working) {
            notify("READY=1\nSTATUS=serving\n");
        }
    }

    /// It is connecting again; while it is held back, that is what counts.
    pub fn connecting(&self) {
        if self.is_held_back() || !self.enter(Phase::Connecting) {
            return;
        }
        notify("STATUS=connecting to the broker\n");
    }

    /// No request can be processed, for the reason with this code; `detail` has no personal data.
    pub fn held_back(&self, code: FailureCode, detail: &str) {
        let phase = Phase::HeldBack(code);
        let is_new = self.enter(phase);
        let mut state = self.state();
        if state.phase == phase {
            state.held_back_by = Some(bounded(detail));
        }
        drop(state);
        if is_new {
            notify(&format!("STATUS=held back: {code}\n"));
        }
    }

    /// No new messages are taken; those in work are finished. No other phase follows.
    pub fn draining(&self) {
        self.enter(Phase::Draining);
    }

    /// It is draining from the moment on when this is cancelled.
    pub fn drains_after(&self, shutdown: &CancellationToken) {
        let (readiness, shutdown) = (self.clone(), shutdown.clone());
        tokio::spawn(async move {
            shutdown.cancelled().await;
            readiness.draining();
        });
    }

    /// Whether no request can be processed until a person fixes the cause.
    pub fn is_held_back(&self) -> bool {
        matches!(self.state().phase, Phase::HeldBack(_))
    }

    /// What was seen of a component.
    pub fn seen<E: std::fmt::Display>(&self, component: Component, result: Result<(), E>) {
        match result {
            Ok(()) => self.component(component, Health::Up, None),
            Err(error) => self.component(component, Health::Down, Some(error.to_string())),
        }
    }

    /// A component is used as it was before, since its last change was refused.
    pub fn degraded(&self, component: Component, error: String) {
        self.component(component, Health::Degraded, Some(error));
    }

    /// The loop of events goes on.
    pub fn tick(&self) {
        let since_start = milliseconds(self.0.started.elapsed()).max(1);
        self.0.ticked_ms.store(since_start, Ordering::Relaxed);
    }

    /// How long the loop of events has not ticked, where that is too long.
    pub fn stuck_for(&self) -> Option<Duration> {
        let ticked = Duration::from_millis(self.0.ticked_ms.load(Ordering::Relaxed));
        let age = self.0.started.elapsed().saturating_sub(ticked);
        (age > STUCK_AFTER).then_some(age)
    }

    /// Returns whether that is a change.
    fn enter(&self, phase: Phase) -> bool {
        let mut state = self.state();
        if state.phase == phase || state.phase == Phase::Draining {
            return false;
        }
        state.phase = phase;
        state.since = OffsetDateTime::now_utc();
        state.held_back_by = None;
        true
    }

    fn component(&self, component: Component, health: Health, error: Option<String>) {
        let now = OffsetDateTime::now_utc();
        let mut state = self.state();
        let component = &mut state.components[component as usize];
        if component.health != health {
            component.health = health;
            component.since = now;
        }
        if let Some(text) = error {
            let text = bounded(&text);
            component.last_error = Some(LastError { at: now, text });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bounded(text: &str) -> String {
    text.chars().take(ERROR_MAX).collect()
}

/// Notifies the service manager that the process stops.
pub fn stopping() {
    notify("STOPPING=1\n");
}

fn notify(states: &str) {
    // The manager may be gone; the program works without it.
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET").filter(|path| !path.is_empty()) else {
        return;
    };
    if let Err(error) = try_to_notify(&socket, states) {
        debug!(event = "notify_failed", %error, "the service manager could not be notified");
    }
}

/// Does not wait: a manager that reads nothing must not stop the work.
fn try_to_notify(path: &OsStr, states: &str) -> io::Result<()> {
    let address = match path.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(path)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to_addr(states.as_bytes(), &address).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: FailureCode = FailureCode::StorageBucketMissing;

    #[test]
    fn only_a_worker_that_works_is_ready() {
        let readiness = Readiness::new();
        let is_ready = || while_working(&readiness.look());
        assert!(!is_ready());
        readiness.working();
        assert!(is_ready());
        readiness.connecting();
        assert!(!is_ready());
        readiness.working();
        readiness.held_back(CODE, "no bucket");
        assert!(!is_ready());
        readiness.connecting();
        assert_eq!(readiness.look().phase, Phase::HeldBack(CODE));
        readiness.working();
        assert!(is_ready());
        readiness.draining();
        readiness.working();
        assert!(!is_ready(), "nothing follows");
    }

    #[test]
    fn a_manager_that_reads_nothing_stops_no_work() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).expect("a socket");
        let name = format!("@invoice-worker-test-{}", std::process::id());
        let abstract_address = SocketAddr::from_abstract_name(&name[1..]).expect("an address");
        let other = UnixDatagram::bind_addr(&abstract_address).expect("a socket");
        for (socket, manager) in [(path.as_os_str(), &manager), (OsStr::new(&name), &other)] {
            let sent = (0..10_000).map(|_| try_to_notify(socket, "READY=1\n"));
            let failed = sent
                .filter_map(Result::err)
                .next()
                .expect("its queue is full");
            assert_eq!(failed.kind(), io::ErrorKind::WouldBlock);
            let mut message = [0; 16];
            let length = manager.recv(&mut message).expect("a message");
            assert_eq!(&message[..length], b"READY=1\n");
        }
    }

    #[test]
    fn a_component_keeps_its_last_error() {
        let readiness = Readiness::new();
        assert_eq!(readiness.look().known().count(), 0);
        readiness.seen(Component::Database, Err("x".repeat(1_000)));
        readiness.seen::<String>(Component::Database, Ok(()));
        let state = readiness.look();
        let database = state.component(Component::Database);
        assert_eq!(database.health, Health::Up);
        let error = database.last_error.as_ref().expect("an error");
        assert_eq!(error.text.len(), ERROR_MAX);
        for (index, component) in Component::ALL.into_iter().enumerate() {
            assert_eq!(component as usize, index);
        }
    }
}
