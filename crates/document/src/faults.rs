//! Fault hooks: a process can be made to kill itself at a given step, for tests of what happens then.
//!
//! They are compiled into development builds only. In the released program the hook is an empty function.

/// The environment variable that has the faults: `STEP:NEEDLE`, separated by commas. The process kills itself by SIGKILL at
/// that step of a document whose identity contains the needle (for `publishing` and `published`: whose message id contains it).
pub const VARIABLE: &str = "INVOICE_WORKER_FAULTS";

/// The steps at which a process can be made to die.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// A worker has understood the request.
    Received,
    /// A renderer has begun to render the document.
    Rendering,
    /// The document is rendered.
    Rendered,
    /// The document is in the bucket.
    Stored,
    /// Everything that belongs to the document is in the bucket: its e-invoice, too, where that is an object of its own.
    Complete,
    /// The row of the document is committed.
    Recorded,
    /// The event, retry or dead letter is about to be published.
    Publishing,
    /// The event, retry or dead letter is published and confirmed; the message is not yet acknowledged.
    Published,
}

impl Step {
    #[cfg(debug_assertions)]
    fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Rendering => "rendering",
            Self::Rendered => "rendered",
            Self::Stored => "stored",
            Self::Complete => "complete",
            Self::Recorded => "recorded",
            Self::Publishing => "publishing",
            Self::Published => "published",
        }
    }
}

/// Kills the process if the environment has a fault for this step and subject.
#[cfg(debug_assertions)]
pub fn at(step: Step, subject: &str) {
    let Ok(faults) = std::env::var(VARIABLE) else {
        return;
    };
    let hit = faults.split(',').filter_map(|fault| fault.split_once(':'));
    if hit
        .into_iter()
        .any(|(name, needle)| name == step.name() && subject.contains(needle))
    {
        let own = rustix::process::getpid();
        // This call does not return.
        rustix::process::kill_process(own, rustix::process::Signal::KILL).ok();
    }
}

/// Nothing, in the released program.
#[cfg(not(debug_assertions))]
pub fn at(_step: Step, _subject: &str) {}
