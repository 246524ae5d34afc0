//! `dead-letters`: what operators do with requests that were dead-lettered.

mod discard;
mod edit;
mod edits;
mod export;
mod filter;
mod groups;
mod import;
mod list;
mod repair;
mod replay;
mod replays;
mod show;

use clap::{Args, Subcommand};

pub(super) use self::filter::reason;

use crate::app::App;

/// Inspect dead letters, edit them, and replay or discard them.
///
/// Workers move dead letters to the table `dead_letter`, where each is `open` until it is replayed or discarded. One that is
/// replayed and fails again is open again, under the same number.
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
    /// Write them out, one JSON object a line
    Export(export::Export),
    /// Take back what `export` wrote, with requests that were changed
    Import(import::Import),
    /// Replace the request of one, or change many with a patch; what they were is kept
    Edit(edit::Edit),
    /// Try one change of many for real, make it, and replay them
    Repair(repair::Repair),
    /// Publish their requests again
    Replay(replay::Replay),
    /// List replays, or cancel one
    Replays(replays::Replays),
    /// Mark them as not to be processed
    Discard(discard::Discard),
}

impl DeadLetters {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        match &self.action {
            Action::List(command) => command.run(app).await,
            Action::Groups(command) => command.run(app).await,
            Action::Show(command) => command.run(app).await,
            Action::Export(command) => command.run(app).await,
            Action::Import(command) => command.run(app).await,
            Action::Edit(command) => command.run(app).await,
            Action::Repair(command) => command.run(app).await,
            Action::Replay(command) => command.run(app).await,
            Action::Replays(command) => command.run(app).await,
            Action::Discard(command) => command.run(app).await,
        }
    }
}
