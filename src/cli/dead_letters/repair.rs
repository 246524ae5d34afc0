//! `dead-letters repair`: one change of a group, tried for real before it is made.

mod apply;
mod create;
mod list;
mod proposals;
mod show;
mod step;
mod wait;

use clap::{Args, Subcommand};

use crate::app::App;

/// Repair a group of dead letters with one change, which is tried for real first.
///
/// A repair is tried by a process that serves the API (`serve`): each letter's request is patched, checked and rendered with the
/// templates in use, and nothing is stored but the verdicts. `show` says what would become of each letter. `apply` then gives
/// those that would be issued the very requests that were tried, and replays them; all others stay as they are. With
/// REPAIR_NEEDS_APPROVAL another person has to approve that.
#[derive(Debug, Args)]
pub(super) struct Repair {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Try a patch on a group
    Try(Box<create::Try>),
    /// Propose patches for a group, from its problem
    Proposals(proposals::Proposals),
    /// List repairs, the newest first
    List(list::List),
    /// Show a repair, or its letters with verdict and outcome
    Show(show::Show),
    /// Make the changes that were tried, and replay the letters
    Apply(apply::Apply),
    /// Approve the changes of a repair that somebody else has made
    Approve(step::Approve),
    /// Stop a repair
    Cancel(step::Cancel),
    /// Have one go on that was stopped, or try one again
    Resume(step::Resume),
}

impl Repair {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        match &self.action {
            Action::Try(command) => command.run(app).await,
            Action::Proposals(command) => command.run(),
            Action::List(command) => command.run(app).await,
            Action::Show(command) => command.run(app).await,
            Action::Apply(command) => command.run(app).await,
            Action::Approve(command) => command.run(app).await,
            Action::Cancel(command) => command.run(app).await,
            Action::Resume(command) => command.run(app).await,
        }
    }
}
