//! `check`: can the servers be reached, and are there fonts for every language?

use std::fmt::Display;

use crate::app;
use crate::broker::connection::Endpoint;
use crate::config::Settings;
use crate::database::Database;
use crate::storage::Storage;

pub(super) async fn run(settings: &Settings) -> anyhow::Result<()> {
    // Wrong settings end the command; a server that is away is a line of the result.
    let endpoint = Endpoint::new(&settings.broker)?;
    let storage = Storage::connect(&settings.storage).await?;
    let database_url = settings.database.url()?;
    Database::check_url(database_url)?;
    let catalog = app::catalog(settings)?;

    let broker = async {
        let connection = endpoint.connect("check").await?;
        let channel = connection.create_channel().await?;
        app::topology(settings).declare(&channel).await
    };
    let database = async { Database::connect(database_url, false).await?.check().await };
    let (broker, bucket, database) = tokio::join!(broker, storage.check(), database);
    let all = [
        line("broker", broker),
        line("bucket", bucket),
        line("database", database),
    ];
    // Not to have every language is no failure.
    let without_font = catalog.without_font();
    if without_font.is_empty() {
        println!("fonts: ok");
    }
    for missing in without_font {
        println!("fonts: {missing}");
    }
    anyhow::ensure!(
        all.iter().all(|reached| *reached),
        "not everything can be reached"
    );
    Ok(())
}

fn line<E: Display>(name: &str, result: Result<(), E>) -> bool {
    match &result {
        Ok(()) => println!("{name}: ok"),
        Err(error) => println!("{name}: {error}"),
    }
    result.is_ok()
}
