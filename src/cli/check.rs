//! `check`: whether the servers are reachable, and which languages have no font.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::sync::Arc;

use crate::app::App;
use crate::database::{Database, DatabaseError};
use crate::output;
use crate::storage::StorageError;
use crate::template_archive::{self, Missing};

pub(super) async fn run(app: &App) -> anyhow::Result<()> {
    // Wrong settings end the command; an unreachable server is a line of the result.
    let endpoint = app.endpoint()?;
    let storage = app.storage().await?;
    let database_url = app.settings().database.url()?;
    Database::check_url(database_url)?;
    let catalog = Arc::new(app.catalog()?);

    let broker = async {
        let connection = endpoint.connect("check").await?;
        app.topology().check(&connection).await
    };
    let database = async { Database::connect(database_url, false).await?.check().await };
    let bucket = async {
        storage.check().await?;
        storage.prove_conditional_writes().await
    };
    let archive = template_archive::missing(storage, &catalog);
    let (broker, bucket, database, archive) = tokio::join!(broker, bucket, database, archive);
    let all = [
        line("broker", &broker)?,
        line("bucket", &bucket)?,
        line("database", &database)?,
    ];
    // An archive without the templates in use is not a failure: a worker stores them.
    if bucket.is_ok() && app.settings().documents.archive_templates {
        let mut out = output::stdout();
        match archive {
            Ok(missing) if missing.count == 0 => writeln!(out, "template archive: ok")?,
            Ok(Missing { count, all }) => writeln!(
                out,
                "template archive: {count} of {all} templates and brands are not stored; a worker stores them at its start"
            )?,
            Err(error) => writeln!(out, "template archive: {:#}", anyhow::Error::from(error))?,
        }
    }
    // A language without a font is not a failure.
    let without_font = catalog.without_font();
    let mut out = output::stdout();
    if without_font.is_empty() {
        writeln!(out, "fonts: ok")?;
    }
    for missing in without_font {
        writeln!(out, "fonts: {missing}")?;
    }
    if let Err(error @ StorageError::ConditionIgnored) = bucket {
        return Err(error.into());
    }
    if let Err(error @ DatabaseError::Encoding(_)) = database {
        return Err(error.into());
    }
    anyhow::ensure!(
        all.iter().all(|reached| *reached),
        "not everything can be reached"
    );
    Ok(())
}

fn line<E: Display>(name: &str, result: &Result<(), E>) -> io::Result<bool> {
    let mut out = output::stdout();
    match result {
        Ok(()) => writeln!(out, "{name}: ok")?,
        Err(error) => writeln!(out, "{name}: {error}")?,
    }
    Ok(result.is_ok())
}
