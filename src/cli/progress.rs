//! How far a long command is, on standard error: a line that changes on a terminal, else a line now and then.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Time between two lines.
const NOTE_EVERY: Duration = Duration::from_secs(30);

/// How far a command is whose end is not known.
pub(super) struct Progress {
    /// The line on a terminal.
    pub(super) bar: ProgressBar,
    noted: Instant,
    is_terminal: bool,
}

impl Progress {
    /// With this template of a line.
    pub(super) fn new(template: &str) -> Self {
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
        Self {
            bar: ProgressBar::new_spinner().with_style(style),
            noted: Instant::now(),
            is_terminal: io::stderr().is_terminal(),
        }
    }

    /// Changes the line on a terminal, or writes a line now and then.
    pub(super) fn show(&mut self, change: impl FnOnce(&ProgressBar), note: impl FnOnce()) {
        if self.is_terminal {
            change(&self.bar);
        } else if self.noted.elapsed() >= NOTE_EVERY {
            self.noted = Instant::now();
            note();
        }
    }
}
