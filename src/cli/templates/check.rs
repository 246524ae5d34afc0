//! `templates check`: everything that can be known of a template before the first request.

use std::io::{self, Write as _};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use document::catalog::Template;
use document::templates::checks::{self, Checked};
use document::templates::{logos, samples};
use document::{Catalog, CatalogError, FileFault, Pool};
use tokio::time::timeout;

use crate::app::App;
use crate::cli::error::{self, WrongUsage};
use crate::output;

/// Render every sample in every language and with every brand, and report what is wrong.
///
/// In renderer processes, with the worker's limits on time and memory. Before that, texts and words of all languages are
/// compared with the English ones. A font family that no file has is an error. Ends with 1 if something is wrong.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Only the template of this name
    name: Option<String>,
}

impl Check {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let catalog = match app.catalog() {
            Err(error @ (CatalogError::File { .. } | CatalogError::Files(_))) => {
                error::report(&error.into());
                anyhow::bail!("the templates folder has errors, so no sample was rendered");
            }
            other => Arc::new(other?),
        };
        let templates: Vec<&Template> = catalog
            .templates()
            .filter(|template| {
                let wanted = self.name.as_ref();
                wanted.is_none_or(|name| [&template.name, &template.folder].contains(&name))
            })
            .collect();
        if templates.is_empty() {
            let name = self.name.as_deref().unwrap_or_default();
            let known: Vec<&str> = catalog.templates().map(|known| &*known.folder).collect();
            let known = known.join(", ");
            let problem = format!("there is no template {name:?}, expected one of {known}");
            return Err(WrongUsage(problem).into());
        }
        let pool = Pool::start(app.pool_settings(), Arc::clone(&catalog)).await?;
        let mut wrong = 0;
        for fault in catalog.doubts_about_brands() {
            output::note(format_args!("warning: {fault}\n"));
        }
        let faults = logos::try_all(&catalog, &pool).await;
        if !faults.is_empty() {
            output::note(format_args!("{}\n", samples::report(&faults, &catalog)));
            writeln!(
                output::stdout(),
                "brands: {} logos have errors",
                faults.len()
            )?;
            wrong += 1;
        }
        for template in templates {
            let started = Instant::now();
            let checked = patiently(template, checks::check(&catalog, &pool, template)).await;
            print(&catalog, template, &checked, started.elapsed())?;
            wrong += usize::from(!checked.errors.is_empty());
        }
        anyhow::ensure!(
            wrong == 0,
            "templates with errors, brands included: {wrong}"
        );
        Ok(())
    }
}

/// How long a template is checked without a line of progress.
const PROGRESS: Duration = Duration::from_secs(60);

/// Waits for the check of a template, and says so: on a busy machine, hundreds of documents take minutes.
async fn patiently(template: &Template, checking: impl Future<Output = Checked>) -> Checked {
    let mut checking = pin!(checking);
    let began = Instant::now();
    loop {
        match timeout(PROGRESS, &mut checking).await {
            Ok(checked) => return checked,
            Err(_) => output::note(format_args!(
                "{}: still rendering after {} s",
                template.folder,
                began.elapsed().as_secs()
            )),
        }
    }
}

/// Languages of the shared texts in which a template cannot be printed: its author may have forgotten them.
fn note_languages(catalog: &Catalog, template: &Template) {
    let languages: Vec<&str> = template.lacking.keys().map(String::as_str).collect();
    if let Some(FileFault { path, problem, .. }) = template.lacking.values().next() {
        output::note(format_args!(
            "note: {} cannot be printed in {}: {} {problem}",
            template.folder,
            languages.join(", "),
            catalog.shown(path),
        ));
    }
}

fn print(
    catalog: &Catalog,
    template: &Template,
    checked: &Checked,
    elapsed: Duration,
) -> io::Result<()> {
    note_languages(catalog, template);
    for findings in [&checked.warnings, &checked.errors] {
        if !findings.is_empty() {
            output::note(format_args!("{findings}\n"));
        }
    }
    let verdict = if checked.errors.is_empty() {
        "ok"
    } else {
        "has errors"
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
