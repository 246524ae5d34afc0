//! `request`: publish requests, as the order service does.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::IgnoredAny;
use tracing::error;
use uuid::Uuid;

use super::error::WrongUsage;
use super::input;
use crate::app::App;
use crate::broker::Lane;
use crate::output;
use crate::requests::{self, NewRequest, Unpublished};

/// Publish requests from files or standard input.
///
/// A file is one request in JSON; a file named *.ndjson has one request a line. Standard input (-) may be either. Every
/// request is published as it is, with a message id of its own, and confirmed by the broker before the command ends.
/// Nothing is published if a line is not a JSON object. Several requests use the bulk lane, where they keep no ordinary
/// requests waiting; a single one uses the ordinary lane.
#[derive(Debug, Args)]
pub struct Request {
    /// Files with requests; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Lane of the requests [default: bulk for several requests, ordinary for one]
    #[arg(long, value_enum)]
    lane: Option<Lane>,
}

impl Request {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let mut bodies = Vec::new();
        for file in &self.files {
            bodies.append(&mut requests_in(file)?);
        }
        let total = bodies.len() as u64;
        let usual = if total > 1 {
            Lane::Bulk
        } else {
            Lane::Ordinary
        };
        let lane = self.lane.unwrap_or(usual);
        let new = bodies.into_iter().map(|body| NewRequest {
            message_id: Uuid::now_v7().to_string(),
            body,
        });
        let progress = bar();
        let confirmed = |count| progress.inc(count as u64);
        let result = requests::publish(app.publisher()?, lane, new, confirmed).await;
        let published = progress.position();
        progress.finish_and_clear();
        let written = writeln!(output::stdout(), "published and confirmed: {published}");
        let failed = format!("not published: {}", total - published);
        let unpublished = result.with_context(|| failed.clone())?;
        for Unpublished { message_id, error } in unpublished {
            error!(event = "request_unpublished", message_id, %error, "request not published");
        }
        ensure!(published == total, failed);
        Ok(written?)
    }
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
                "{}, line {}: not a JSON object; nothing was published",
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
