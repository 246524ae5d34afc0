//! `man`: manual pages.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_mangen::Man;

use crate::output;

/// Print the manual page, or write it and those of all subcommands into a folder.
///
/// Where the folder is one that `man` looks in, `man invoice-worker` and `man invoice-worker-dead-letters-replay` show them.
#[derive(Debug, Args)]
pub struct Manual {
    /// Folder for all pages; it is made where it is missing
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Manual {
    pub(super) fn run(&self, mut command: Command) -> anyhow::Result<()> {
        let Some(folder) = &self.folder else {
            let mut page = Vec::new();
            Man::new(command).render(&mut page)?;
            let mut out = output::stream();
            out.write_all(&page)?;
            return Ok(out.flush()?);
        };
        command.build();
        let command = command.mut_subcommands(without_settings);
        let written = fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(command, folder))
            .with_context(|| format!("cannot write manual pages to {}", folder.display()));
        written?;
        Ok(writeln!(
            output::stdout(),
            "{}: manual pages",
            folder.display()
        )?)
    }
}

/// The settings are on the page of the program; they would bury a subcommand's own options.
fn without_settings(subcommand: Command) -> Command {
    let subcommand = subcommand.mut_args(|argument| {
        let is_setting = argument.get_env().is_some();
        argument.hide(is_setting)
    });
    subcommand.mut_subcommands(without_settings)
}
