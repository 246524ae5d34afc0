//! `check`: whether the servers are reachable and have what a worker needs, and what to do next.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::Arc;

use document::Catalog;

use super::{error, start};
use crate::app::App;
use crate::broker::{BrokerError, Topology};
use crate::config::EffectiveSettings;
use crate::database::{Database, DatabaseError};
use crate::output;
use crate::patience::answered;
use crate::storage::{Storage, StorageError};
use crate::template_archive::{self, Missing};

/// What was found of a server.
struct Checked {
    name: &'static str,
    /// What is wrong.
    problem: Option<anyhow::Error>,
    /// What helps.
    next: Option<&'static str>,
}

const SETUP: &str = "`invoice-worker setup` makes what is missing";
const MIGRATE: &str = "`invoice-worker migrate up` brings the schema up to date";

pub(super) async fn run(app: &App, effective: &EffectiveSettings) -> anyhow::Result<()> {
    let topology = app.topology();
    let catalog = app.catalog().map(Arc::new);
    let (broker, (bucket, archive), database) = tokio::join!(
        broker(app, &topology),
        bucket(app, catalog.as_ref().ok()),
        database(app),
    );
    let mut out = output::stdout();
    let checked = [broker, bucket, database];
    for Checked { name, problem, .. } in &checked {
        match problem {
            None => writeln!(out, "{name}: ok")?,
            Some(problem) => writeln!(out, "{name}: {}", error::with_source(problem))?,
        }
    }
    // A broker whose bindings are not known is not a failure.
    if let Some(refusal) = topology.not_compared() {
        writeln!(
            out,
            "broker: arguments and bindings of exchanges and queues are not compared ({refusal})"
        )?;
    }
    if let Some(archive) = archive {
        writeln!(out, "template archive: {archive}")?;
    }
    if let Ok(catalog) = &catalog {
        fonts(catalog, &mut out)?;
    }
    for doubt in start::doubts(app.settings(), effective) {
        writeln!(out, "settings: {} {}", doubt.setting, doubt.problem)?;
    }
    conclude(checked, catalog.err().map(Into::into), &mut out)
}

/// What to do next, and the exit code: wrong settings come before servers that are away.
fn conclude(
    checked: [Checked; 3],
    templates: Option<anyhow::Error>,
    out: &mut output::Output,
) -> anyhow::Result<()> {
    let mut nexts: Vec<&str> = Vec::new();
    let mut problems: Vec<anyhow::Error> = templates.into_iter().collect();
    for Checked { problem, next, .. } in checked {
        nexts.extend(next.filter(|next| !nexts.contains(next)));
        problems.extend(problem);
    }
    for next in &nexts {
        writeln!(out, "next: {next}")?;
    }
    if problems.is_empty() {
        writeln!(
            out,
            "next: `invoice-worker worker`, then `invoice-worker status`"
        )?;
        return Ok(());
    }
    // Which of the two is wrong, a setting or a queue, is not known.
    let is_setting = |problem: &anyhow::Error| {
        let broker = problem.downcast_ref();
        error::is_wrong_usage(problem) && !matches!(broker, Some(BrokerError::TopologyDiffers(_)))
    };
    let wrong = problems.into_iter().find(is_setting);
    Err(wrong.unwrap_or_else(|| anyhow::anyhow!("not everything can be used as it is")))
}

async fn broker(app: &App, topology: &Topology) -> Checked {
    let checking = async {
        let endpoint = app.endpoint()?;
        let checking = async {
            let connection = endpoint.connect("check").await?;
            topology.check(&connection).await
        };
        Ok(answered(checking).await??)
    };
    let problem = checking.await.err();
    let is_missing = matches!(of(&problem), Some(BrokerError::TopologyMissing(_)));
    Checked {
        name: "broker",
        next: is_missing.then_some(SETUP),
        problem,
    }
}

/// With the state of the template archive, where the bucket can be used and templates are kept there.
async fn bucket(app: &App, catalog: Option<&Arc<Catalog>>) -> (Checked, Option<String>) {
    let checking = async {
        let storage = app.storage().await?;
        let checking = async {
            storage.check().await?;
            storage.prove_conditional_writes().await
        };
        answered(checking).await??;
        anyhow::Ok(storage)
    };
    let (archive, problem) = match (checking.await, catalog) {
        (Ok(storage), Some(catalog)) if app.settings().documents.archive_templates => {
            (Some(archive(storage, catalog).await), None)
        }
        (Ok(_), _) => (None, None),
        (Err(problem), _) => (None, Some(problem)),
    };
    let is_missing = matches!(of(&problem), Some(StorageError::BucketMissing(_)));
    let bucket = Checked {
        name: "bucket",
        next: is_missing.then_some(SETUP),
        problem,
    };
    (bucket, archive)
}

/// An archive without the templates in use is not a failure: a worker stores them.
async fn archive(storage: &Storage, catalog: &Arc<Catalog>) -> String {
    let missing = template_archive::missing(storage, catalog);
    match answered(missing).await {
        Ok(Ok(Missing { count: 0, .. })) => "ok".to_owned(),
        Ok(Ok(Missing { count, all })) => format!(
            "{count} of {all} templates and brands are not stored; a worker stores them at its start"
        ),
        Ok(Err(error)) => error.to_string(),
        Err(none) => none.to_string(),
    }
}

async fn database(app: &App) -> Checked {
    let checking = async {
        let url = app.settings().database.url()?;
        Database::check_url(url)?;
        if let Some(file) = Database::missing_file(url) {
            return Err(Missed(format!("there is no file {file} (DATABASE_URL)")).into());
        }
        Ok(answered(async { Database::connect(url, false).await?.check().await }).await??)
    };
    let problem = checking.await.err();
    let is_old = matches!(of(&problem), Some(DatabaseError::SchemaMissing(_)));
    let is_missing = of::<Missed>(&problem).is_some();
    Checked {
        name: "database",
        next: is_old
            .then_some(MIGRATE)
            .or_else(|| is_missing.then_some(SETUP)),
        problem,
    }
}

/// Something that is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Missed(String);

fn of<E: Display + std::fmt::Debug + Send + Sync + 'static>(
    problem: &Option<anyhow::Error>,
) -> Option<&E> {
    problem.as_ref()?.downcast_ref()
}

/// A language without a font is not a failure.
fn fonts(catalog: &Catalog, out: &mut output::Output) -> std::io::Result<()> {
    let without_font = catalog.without_font();
    if without_font.is_empty() {
        writeln!(out, "fonts: ok")?;
    }
    for missing in without_font {
        writeln!(out, "fonts: {missing}")?;
    }
    Ok(())
}
