//! `request`: publish requests, as the order service does.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::error::WrongUsage;
use super::input;
use crate::app;
use crate::broker::topology::REQUESTED;
use crate::broker::{BrokerError, Outgoing, Publisher};
use crate::config::Settings;
use crate::output;

/// Publish requests from files or standard input.
///
/// A file is one request in JSON; a file named *.ndjson holds one request a line. Standard input (-) holds either. Every
/// request is published as it is, with a message id of its own, and confirmed by the broker before the command ends.
/// Nothing is published if a line is no JSON object.
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
        let mut bodies = Vec::new();
        for file in &self.files {
            bodies.append(&mut requests_in(file)?);
        }
        let total = bodies.len() as u64;
        let publisher = app::publisher(settings)?;
        let progress = bar();
        let result = publish(&publisher, settings, bodies, &progress).await;
        let published = progress.position();
        progress.finish_and_clear();
        publisher.close().await;
        let told = writeln!(output::stdout(), "published and confirmed: {published}");
        let failed = format!("not published: {}", total - published);
        result.map_err(|error| anyhow::Error::from(error).context(failed.clone()))?;
        anyhow::ensure!(published == total, failed);
        Ok(told?)
    }
}

async fn publish(
    publisher: &Publisher,
    settings: &Settings,
    bodies: Vec<Vec<u8>>,
    progress: &ProgressBar,
) -> Result<(), BrokerError> {
    let mut bodies = bodies.into_iter().peekable();
    while bodies.peek().is_some() {
        let outgoing = |body| {
            let id = Uuid::now_v7().to_string();
            Outgoing::json(&settings.broker.amqp_exchange, REQUESTED, body, &id)
        };
        let batch: Vec<Outgoing> = bodies.by_ref().take(BATCH).map(outgoing).collect();
        let failed = publisher.publish_batch(&batch).await?;
        for (index, error) in &failed {
            let id = batch[*index].properties.message_id();
            tracing::error!(event = "request_unpublished", message_id = id.as_ref().map(|id| id.as_str()), %error, "not published");
        }
        progress.inc((batch.len() - failed.len()) as u64);
    }
    Ok(())
}

/// The requests of a file, as they are.
fn requests_in(file: &Path) -> Result<Vec<Vec<u8>>, WrongUsage> {
    let content = input::read(file)?;
    let is_ndjson = file.extension().is_some_and(|name| name == "ndjson");
    if !is_ndjson && !input::is_standard(file) {
        return Ok(vec![content]);
    }
    if input::is_standard(file) && is_object(&content) {
        return Ok(vec![content.trim_ascii().to_vec()]);
    }
    let mut requests = Vec::new();
    for (index, line) in content.split(|byte| *byte == b'\n').enumerate() {
        if is_object(line) {
            requests.push(line.to_vec());
        } else if !line.trim_ascii().is_empty() {
            return Err(WrongUsage(format!(
                "{}, line {}: no JSON object; nothing was published",
                file.display(),
                index + 1
            )));
        }
    }
    Ok(requests)
}

fn is_object(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} published {human_pos} ({per_sec})");
    ProgressBar::new_spinner()
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
