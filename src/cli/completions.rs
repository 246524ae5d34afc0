//! `completions`: what shells complete.

use std::io::Write as _;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::output;

/// Print what a shell needs to complete subcommands and options.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, mut command: Command) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "invoice-worker", &mut script);
        let mut out = output::stream();
        out.write_all(&script)?;
        Ok(out.flush()?)
    }
}
