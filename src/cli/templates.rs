//! `templates`: for template authors.

mod check;
mod list;
mod new;

use clap::{Args, Subcommand};

use crate::app::App;

/// List, check and create templates.
///
/// docs/templates.md leads from nothing to a branded invoice. While you edit one, `invoice-worker render --watch` shows
/// it.
#[derive(Debug, Args)]
pub struct Templates {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List templates and brands
    List(list::List),
    /// Render every sample in every language and with every brand, and report what is wrong
    Check(check::Check),
    /// Create a template: a page design to change, with texts and a sample
    New(new::New),
}

impl Templates {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let folder = &app.settings().documents.templates_dir;
        match &self.action {
            Action::List(command) => command.run(folder),
            Action::Check(command) => command.run(app).await,
            Action::New(command) => command.run(folder),
        }
    }
}
