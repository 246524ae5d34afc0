//! `request`: publish requests, as the order service does.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tracing::error;
use uuid::Uuid;

use super::error::WrongUsage;
use super::input::{self, Given};
use crate::app::App;
use crate::broker::Lane;
use crate::output;
use crate::requests::{self, NewRequest, Unpublished};

/// Publish requests from files or standard input.
///
/// A file is one request in JSON; a file named *.ndjson has one request a line. Standard input (-) may be either. Every
/// request is published as it is, with a message id of its own, and confirmed by the broker before the command ends.
/// Nothing is published if a file or a line is not a JSON object. Several requests use the bulk lane, where they keep no ordinary
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
        ensure!(total > 0, "there are no requests");
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
    let mut requests = Vec::new();
    for Given { line, body } in input::requests_in(file)? {
        if !input::is_object(&body) {
            let line = line.map_or_else(String::new, |line| format!(", line {line}"));
            return Err(WrongUsage(format!(
                "{}{line}: not a JSON object; nothing was published",
                file.display()
            )));
        }
        requests.push(body);
    }
    Ok(requests)
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} published {human_pos} ({per_sec})");
    ProgressBar::new_spinner()
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
