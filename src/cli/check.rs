//! `check`: whether the servers are reachable and have what a program needs, and what to do next.

mod servers;

use std::io::Write as _;
use std::sync::Arc;

use clap::Args;
use document::{Catalog, MissingFont, TemplateSnapshot, TemplatesError};

use self::servers::{Checked, MIGRATE, SETUP, broker, bucket, database};
use super::{error, start};
use crate::app::App;
use crate::broker::{BrokerError, Needed};
use crate::config::EffectiveSettings;
use crate::output;

/// Check that broker, bucket and database are reachable and have what a worker needs. Creates nothing but a small object
/// that shows whether the bucket honours conditional writes, and missing bindings where the broker's user may declare them.
///
/// The rights of the users are checked too, and no right is needed that the worker does without. What is missing is named, in the
/// database as the GRANT of SQL that gives it. Nothing is published.
#[derive(Debug, Args)]
pub struct Check {
    /// Check what `serve` and the commands for dead letters need, instead of what a worker needs; writes no object
    #[arg(long)]
    serve: bool,
}

impl Check {
    pub(super) async fn run(&self, app: &App, effective: &EffectiveSettings) -> anyhow::Result<()> {
        let needed = if self.serve {
            Needed::Serve
        } else {
            Needed::Worker
        };
        let topology = app.topology();
        let catalog = app.catalog().map(Arc::new);
        let (broker, (bucket, archive), database, api, samples) = tokio::join!(
            broker(app, &topology, needed),
            bucket(app, catalog.as_ref().ok(), needed),
            database(app, needed),
            app.check_api(self.serve),
            samples(app, catalog.as_ref().ok()),
        );
        let mut out = output::stdout();
        let checked = [broker, bucket, database];
        for Checked { name, problem, .. } in &checked {
            match problem {
                None => writeln!(out, "{name}: ok")?,
                Some(problem) => writeln!(out, "{name}: {}", error::with_source(problem))?,
            }
        }
        for Checked { name, remarks, .. } in &checked {
            for remark in remarks {
                writeln!(out, "{name}: {remark}")?;
            }
        }
        if let Some(archive) = archive {
            writeln!(out, "template archive: {archive}")?;
        }
        if let Ok(catalog) = &catalog {
            fonts(catalog, &mut out)?;
        }
        match &samples {
            Some(Ok(())) => writeln!(out, "templates: ok")?,
            Some(Err(TemplatesError::Broken { faults, .. })) => writeln!(
                out,
                "templates: samples and logos that cannot be rendered: {}",
                faults.len()
            )?,
            Some(Err(error)) => writeln!(out, "templates: {error}")?,
            None => {}
        }
        for doubt in start::doubts(app.settings(), effective) {
            writeln!(out, "settings: {} {}", doubt.setting, doubt.problem)?;
        }
        if let Err(problem) = &api {
            writeln!(out, "settings of the API: {}", error::with_source(problem))?;
        }
        let broken = samples.and_then(Result::err).map(Into::into);
        let templates = catalog.err().map(Into::into).or(broken);
        let settings = [templates, api.err()];
        self.conclude(checked, settings, &mut out)
    }

    /// What to do next, and the exit code: wrong settings come before servers that are away.
    fn conclude(
        &self,
        checked: [Checked; 3],
        settings: [Option<anyhow::Error>; 2],
        out: &mut output::Output,
    ) -> anyhow::Result<()> {
        let mut nexts: Vec<&str> = Vec::new();
        let mut problems: Vec<anyhow::Error> = settings.into_iter().flatten().collect();
        for Checked { problem, next, .. } in checked {
            nexts.extend(next.filter(|next| !nexts.contains(next)));
            problems.extend(problem);
        }
        // `setup` brings the schema up to date as well.
        if nexts.contains(&SETUP) {
            nexts.retain(|next| *next != MIGRATE);
        }
        for next in &nexts {
            writeln!(out, "next: {next}")?;
        }
        if problems.is_empty() {
            let next = if self.serve {
                "`invoice-worker serve`"
            } else {
                "`invoice-worker worker`, then `invoice-worker status`"
            };
            writeln!(out, "next: {next}")?;
            return Ok(());
        }
        // Which of the two is wrong, a setting or a queue, is not known.
        let is_setting = |problem: &anyhow::Error| {
            let broker = problem.downcast_ref();
            let is_broken = matches!(problem.downcast_ref(), Some(TemplatesError::Broken { .. }));
            is_broken
                || error::is_wrong_usage(problem)
                    && !matches!(broker, Some(BrokerError::TopologyDiffers(_)))
        };
        let wrong = problems.into_iter().find(is_setting);
        Err(wrong.unwrap_or_else(|| anyhow::anyhow!("not everything can be used as it is")))
    }
}

/// Whether a start would render the samples of the templates folder; none without one: the templates in the program are tested
/// with it.
async fn samples(app: &App, catalog: Option<&Arc<Catalog>>) -> Option<Result<(), TemplatesError>> {
    app.settings().documents.templates_dir.as_ref()?;
    let catalog = Arc::clone(catalog?);
    Some(TemplateSnapshot::try_out(catalog, app.pool_settings()).await)
}

/// A language without a font is not a failure. Languages that need the same font share a line.
fn fonts(catalog: &Catalog, out: &mut output::Output) -> std::io::Result<()> {
    let without_font = catalog.without_font();
    if without_font.is_empty() {
        writeln!(out, "fonts: ok")?;
    }
    for line in MissingFont::lines(&without_font) {
        writeln!(out, "fonts: {line}")?;
    }
    Ok(())
}
