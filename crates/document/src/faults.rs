//! Fault hooks: ways to die at a given step, for the tests that prove what happens then.
//!
//! Compiled into development builds only; in the released program the hook is an empty function.

/// The variable that holds the faults: `STEP:NEEDLE`, separated by commas. The process kills itself, as `kill -9`
/// does, at that step of a document whose identity (for `published`: whose message id) holds the needle.
pub const VARIABLE: &str = "INVOICE_WORKER_FAULTS";

/// The steps at which a process can be made to die.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// A worker has understood the request.
    Received,
    /// A renderer has begun to set the document.
    Rendering,
    /// The document is set.
    Rendered,
    /// It is in the bucket.
    Stored,
    /// Its row is committed.
    Recorded,
    /// What takes the message's place is published and confirmed; the message is not yet acknowledged.
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
            Self::Recorded => "recorded",
            Self::Published => "published",
        }
    }
}

/// Dies here if the environment says so.
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
        // It does not return.
        rustix::process::kill_process(own, rustix::process::Signal::KILL).ok();
    }
}

/// Nothing, in the released program.
#[cfg(not(debug_assertions))]
pub fn at(_step: Step, _subject: &str) {}
