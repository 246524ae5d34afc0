//! `templates`: for template authors.

mod check;
mod export;
mod fonts;
mod list;
mod new;
mod sheet;

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
    /// Make contact sheets: pictures of every sample in every language, and what differs from other templates
    Sheet(sheet::Sheet),
    /// Write the shipped templates into a folder of your own
    Export(export::Export),
    /// List font families, their files, and the languages that they cover
    Fonts(fonts::Fonts),
    /// Create a template: a page design to change, with texts and a sample
    New(new::New),
}

impl Templates {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let documents = &app.settings().documents;
        match &self.action {
            Action::List(command) => command.run(documents.source()),
            Action::Check(command) => command.run(app).await,
            Action::Fonts(command) => command.run(app),
            Action::New(command) => command.run(documents.templates_dir.as_deref()),
            Action::Sheet(command) => command.run(app).await,
            Action::Export(command) => command.run(),
        }
    }
}
