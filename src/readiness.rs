//! What a service manager hears of the program's state: `sd_notify(3)`, which systemd understands (`Type=notify`).
//! Nothing happens where `NOTIFY_SOCKET` is not set.

use sd_notify::NotifyState;
use tracing::debug;

/// The worker consumes.
pub fn ready() {
    notify(&[NotifyState::Ready, NotifyState::Status("consuming")]);
}

/// No request can be processed, for the reason with this code.
pub fn held_back(code: &str) {
    notify(&[NotifyState::Status(&format!("held back: {code}"))]);
}

/// No new messages are taken; those in work are finished.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

fn notify(states: &[NotifyState<'_>]) {
    // The manager may be gone; the program works without it.
    if let Err(error) = sd_notify::notify(states) {
        debug!(event = "notify_failed", %error, "the service manager could not be notified");
    }
}
