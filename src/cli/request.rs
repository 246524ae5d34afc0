//! `request`: publish requests, as the order service does.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

use super::error::WrongUsage;
use crate::app;
use crate::broker::topology::REQUESTED;
use crate::broker::{Outgoing, Publisher};
use crate::config::Settings;

/// Publish requests from files or standard input.
///
/// A file is one request in JSON; a file named *.ndjson, and standard input (-), hold one request a line. Every
/// request is published as it is, with a message id of its own, and confirmed by the broker before the command ends.
#[derive(Debug, Args)]
pub struct Request {
    /// Files with requests; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Messages whose confirms are awaited together.
const BATCH: usize = 256;

impl Request {
    pub(super) async fn run(&self, settings: &Settings) -> anyhow::Result<()> {
        let publisher = app::publisher(settings)?;
        let mut requests = Requests {
            publisher: &publisher,
            settings,
            batch: Vec::new(),
            progress: bar(),
            failed: 0,
        };
        for file in &self.files {
            requests.publish_file(file).await?;
        }
        requests.flush().await?;
        let (published, failed) = (requests.progress.position(), requests.failed);
        requests.progress.finish_and_clear();
        publisher.close().await;
        println!("published and confirmed: {published}");
        anyhow::ensure!(failed == 0, "not published: {failed}");
        Ok(())
    }
}

struct Requests<'a> {
    publisher: &'a Publisher,
    settings: &'a Settings,
    batch: Vec<Outgoing>,
    progress: ProgressBar,
    failed: usize,
}

impl Requests<'_> {
    async fn publish_file(&mut self, file: &Path) -> anyhow::Result<()> {
        let unreadable =
            |error: io::Error| WrongUsage(format!("cannot read {}: {error}", file.display()));
        if file.as_os_str() == "-" {
            // Not locked: the lock would have to be held while waiting for the broker.
            let lines = BufReader::new(io::stdin()).split(b'\n');
            return self.publish_lines(lines).await;
        }
        let mut open = File::open(file).map_err(unreadable)?;
        if file
            .extension()
            .is_some_and(|extension| extension == "ndjson")
        {
            return self.publish_lines(BufReader::new(open).split(b'\n')).await;
        }
        let mut body = Vec::new();
        open.read_to_end(&mut body).map_err(unreadable)?;
        self.publish(body).await
    }

    async fn publish_lines(
        &mut self,
        lines: impl Iterator<Item = io::Result<Vec<u8>>>,
    ) -> anyhow::Result<()> {
        for line in lines {
            let line = line.context("cannot read the requests")?;
            if !line.trim_ascii().is_empty() {
                self.publish(line).await?;
            }
        }
        Ok(())
    }

    async fn publish(&mut self, body: Vec<u8>) -> anyhow::Result<()> {
        let id = Uuid::now_v7().to_string();
        self.batch.push(Outgoing::json(
            &self.settings.broker.amqp_exchange,
            REQUESTED,
            body,
            &id,
        ));
        if self.batch.len() == BATCH {
            self.flush().await
        } else {
            Ok(())
        }
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let failed = self.publisher.publish_batch(&self.batch).await?;
        for (index, error) in &failed {
            let id = self.batch[*index].properties.message_id();
            tracing::error!(message_id = id.as_ref().map(|id| id.as_str()), %error, "not published");
        }
        self.progress.inc((self.batch.len() - failed.len()) as u64);
        self.failed += failed.len();
        self.batch.clear();
        Ok(())
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} published {human_pos} ({per_sec})");
    ProgressBar::new_spinner()
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
