//! Outages of servers, each reported once.
//!
//! Every message meets the same outage again and again. So the log has one line when it begins, a reminder each minute, and
//! one when it is over; what becomes of each message meanwhile is logged at debug. The state is that of the process, like the
//! metrics: worker, publisher and archiver meet the same servers.

mod known;
mod reminder;

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::{info, warn};

pub use self::known::{Current, Server};
use self::known::{Outages, Report, Reported, What};
pub use self::reminder::Reminder;

/// How often it is looked whether there is something to report. What is over before the first look has one line at its end.
const LOOK: Duration = Duration::from_secs(1);

static OUTAGES: Mutex<Outages> = Mutex::new(Outages::NONE);

/// Read at each call that succeeds, so without a lock.
static ANY: AtomicBool = AtomicBool::new(false);

tokio::task_local! {
    /// The message that the task works on.
    static MESSAGE: u64;
}

/// Works on a message: what fails meanwhile counts as this message's, whose key this is.
pub async fn of_message<T>(key: u64, work: impl Future<Output = T>) -> T {
    MESSAGE.scope(key, work).await
}

/// A call to a server has failed in a way that is an outage.
pub fn failed(server: Server, error: &impl Display) {
    let message = MESSAGE.try_with(|key| *key).ok();
    let began = outages().failed(server, &error.to_string(), message, Instant::now());
    if began && !ANY.swap(true, Ordering::Relaxed) {
        follow();
    }
}

/// A call to a server has succeeded, or was answered.
pub fn works(server: Server) {
    if ANY.load(Ordering::Relaxed) {
        outages().works(server);
    }
}

/// The message that the task works on waits no longer.
pub fn settled() {
    if ANY.load(Ordering::Relaxed)
        && let Ok(message) = MESSAGE.try_with(|key| *key)
    {
        outages().settled(message);
    }
}

/// Whether an outage of a server goes on and was reported. Where only some calls fail, none is: then each message is logged.
pub fn is_reported(server: Server) -> bool {
    ANY.load(Ordering::Relaxed) && outages().is_reported(server)
}

/// The outages that go on and were reported.
pub fn current() -> Vec<Current> {
    if !ANY.load(Ordering::Relaxed) {
        return Vec::new();
    }
    outages().current()
}

fn outages() -> MutexGuard<'static, Outages> {
    OUTAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reports until there are none.
fn follow() {
    // Without a runtime nothing goes on for so long.
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        ANY.store(false, Ordering::Relaxed);
        return;
    };
    runtime.spawn(async {
        loop {
            tokio::time::sleep(LOOK).await;
            let mut outages = outages();
            for (server, reported) in outages.look(Instant::now()) {
                log(server, &reported);
            }
            if outages.are_over() {
                ANY.store(false, Ordering::Relaxed);
                return;
            }
        }
    });
}

fn log(server: Server, reported: &Reported) {
    let Report {
        error,
        away,
        waiting,
        waited,
    } = &reported.report;
    let (error, away_seconds, next) = (error.as_str(), away.as_secs(), server.next());
    let server = server.as_str();
    match reported.what {
        What::Began => {
            warn!(event = "outage_began", server, error, waiting, "{next}");
        }
        What::GoesOn => {
            warn!(
                event = "outage_goes_on",
                server, error, away_seconds, waiting, "{next}"
            );
        }
        What::Over => info!(
            event = "outage_over",
            server,
            away_seconds,
            waited,
            waiting,
            "the server answers again; messages that still wait are tried again when their delay is over"
        ),
        What::Short => info!(
            event = "outage_short",
            server,
            error,
            away_seconds,
            waited,
            "some calls have failed, for a moment or among others that succeeded; they succeed again"
        ),
    }
}
