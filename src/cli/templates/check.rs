//! `templates check`: everything that can be known of a template before the first request.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use document::Pool;
use document::catalog::Template;
use document::templates::checks::{self, Checked};

use crate::app::App;
use crate::cli::error::WrongUsage;
use crate::output;

/// Render every sample in every language and with every brand, and report what is wrong.
///
/// In renderer processes, with the worker's limits on time and memory. Looks also for texts that a language lacks. Ends
/// with 1 if something is wrong.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Only the template of this name
    name: Option<String>,
}

impl Check {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let catalog = Arc::new(app.catalog()?);
        let templates: Vec<&Template> = catalog
            .templates()
            .filter(|template| {
                let wanted = self.name.as_ref();
                wanted.is_none_or(|name| [&template.name, &template.folder].contains(&name))
            })
            .collect();
        if templates.is_empty() {
            let name = self.name.as_deref().unwrap_or_default();
            return Err(WrongUsage(format!("there is no template {name:?}")).into());
        }
        let pool = Pool::start(app.pool_settings(), Arc::clone(&catalog)).await?;
        let mut wrong = 0;
        for template in templates {
            let started = Instant::now();
            let checked = checks::check(&catalog, &pool, template).await;
            print(template, &checked, started.elapsed())?;
            wrong += usize::from(!checked.errors.is_empty());
        }
        anyhow::ensure!(wrong == 0, "templates with errors: {wrong}");
        Ok(())
    }
}

fn print(template: &Template, checked: &Checked, elapsed: Duration) -> io::Result<()> {
    for findings in [&checked.warnings, &checked.errors] {
        if !findings.is_empty() {
            output::note(format_args!("{findings}\n"));
        }
    }
    let verdict = match (checked.errors.is_empty(), checked.documents) {
        (false, _) => "has errors",
        (true, 0) => "has no sample, so nothing was rendered",
        (true, _) => "ok",
    };
    writeln!(
        output::stdout(),
        "{} {}: {verdict}; {} documents in {} ms",
        template.folder,
        template.short_digest(),
        checked.documents,
        elapsed.as_millis()
    )
}
