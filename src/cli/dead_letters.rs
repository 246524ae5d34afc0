//! `dead-letters`: what operators do with requests that were given up.

mod discard;
mod edit;
mod export;
mod filter;
mod groups;
mod json;
mod list;
mod operator;
mod replay;
mod show;
mod table;

use clap::{Args, Subcommand};

use crate::app;
use crate::config::Settings;

/// Look at dead letters, mend them, and replay or discard them.
///
/// Workers move dead letters to the table `dead_letter`, where each stays `open` until it is replayed or discarded. One
/// that is replayed and fails again is open again, under the same number.
#[derive(Debug, Args)]
pub struct DeadLetters {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List dead letters, the newest first
    List(list::List),
    /// Count dead letters by what is wrong with them
    Groups(groups::Groups),
    /// Show everything about one: reason, history, headers, request
    Show(show::Show),
    /// Write them out whole, one JSON object a line
    Export(export::Export),
    /// Replace the request of one; what it was is kept
    Edit(edit::Edit),
    /// Publish their requests again
    Replay(replay::Replay),
    /// Mark them as not to be processed
    Discard(discard::Discard),
}

impl DeadLetters {
    pub(super) async fn run(&self, settings: &Settings) -> anyhow::Result<()> {
        let database = app::database(settings).await?;
        match &self.action {
            Action::List(command) => command.run(&database).await,
            Action::Groups(command) => command.run(&database).await,
            Action::Show(command) => command.run(&database).await,
            Action::Export(command) => command.run(&database).await,
            Action::Edit(command) => command.run(settings, &database).await,
            Action::Replay(command) => command.run(settings, &database).await,
            Action::Discard(command) => command.run(&database).await,
        }
    }
}
