//! `dead-letters show`

use std::io::{self, BufWriter, Write};

use clap::Args;
use serde_json::{Map, Value};

use super::super::listing::{Form, Format};
use super::super::pretty::content;
use super::super::table::seconds;
use crate::app::App;
use crate::broker::replayed::{ARCHIVED_MAX, Archived};
use crate::contract::DeadLetterDetails;
use crate::database::dead_letter::Model;
use crate::database::{ReplayOutcome, dead_letter_edit};
use crate::dead_letters::{self, Shown};
use crate::output::{self, json};
use crate::text::harmless;

/// Widest column of header names; longer names move their values to the right.
const MAX_NAME_WIDTH: usize = 64;

/// Show everything about one dead letter: reason, history, headers, request.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Number of the dead letter
    #[arg(value_name = "ID")]
    id: i64,
    /// The request only, unpacked; write it to a file, change it, and give it to `edit`
    #[arg(long, conflicts_with_all = ["json", "format"])]
    request: bool,
    #[command(flatten)]
    form: Form,
}

impl Show {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let shown = dead_letters::show(app.database().await?, self.id).await?;
        let Some(shown) = shown else {
            anyhow::bail!("there is no dead letter {}", self.id);
        };
        if let Format::Json = self.form.format() {
            let Shown {
                row,
                edits,
                outcome,
            } = shown;
            let details = DeadLetterDetails::new(row, edits, outcome, ARCHIVED_MAX);
            return Ok(json::write_pretty(&mut output::stream(), &details)?);
        }
        let Shown {
            row,
            edits,
            outcome,
        } = shown;
        let mut out = BufWriter::new(output::stream());
        let archived = Archived {
            properties: &row.properties,
            headers: &row.headers,
        };
        if self.request {
            out.write_all(&archived.content(&row.payload, ARCHIVED_MAX))?;
            return Ok(out.flush()?);
        }
        facts(&mut out, &row, outcome)?;
        history(&mut out, &row, &edits)?;
        section(&mut out, "detail", &row.detail)?;
        headers(&mut out, "properties", &row.properties)?;
        headers(&mut out, "headers", &row.headers)?;
        let request = if edits.is_empty() {
            "request"
        } else {
            "request, as edited"
        };
        section(
            &mut out,
            request,
            &content(&archived.content(&row.payload, ARCHIVED_MAX)),
        )?;
        for edit in edits.iter().rev() {
            let title = format!(
                "request before it was edited at {}",
                seconds(edit.edited_at)
            );
            section(
                &mut out,
                &title,
                &content(&archived.content(&edit.before, ARCHIVED_MAX)),
            )?;
        }
        Ok(out.flush()?)
    }
}

fn facts(
    out: &mut impl Write,
    row: &Model,
    outcome: Option<Option<ReplayOutcome>>,
) -> io::Result<()> {
    let outcome = outcome.map(ReplayOutcome::name);
    let outcome = outcome.map_or_else(String::new, |outcome| format!(": {outcome}"));
    writeln!(
        out,
        "dead letter {}, {}{outcome}",
        row.id,
        row.status.as_str()
    )?;
    if let Some(other) = row.continued_as {
        writeln!(out, "  its message goes on as dead letter {other}")?;
    }
    for (name, value) in [
        ("code", Some(row.code.clone())),
        ("stage", Some(row.stage.clone())),
        ("invoice", Some(row.invoice().to_string())),
        ("message id", row.message_id.clone()),
        ("exchange", Some(row.exchange.clone())),
        ("routing key", Some(row.routing_key.clone())),
        ("attempts", Some(row.attempts.to_string())),
        ("worker", row.worker.clone()),
        ("size", Some(format!("{} bytes", row.payload.len()))),
    ] {
        let value = value.unwrap_or_else(|| "-".to_owned());
        writeln!(out, "  {name:12}  {}", harmless(&value))?;
    }
    Ok(())
}

/// In the order of time.
fn history(out: &mut impl Write, row: &Model, edits: &[dead_letter_edit::Model]) -> io::Result<()> {
    let by = |who: &Option<String>| who.clone().unwrap_or_else(|| "?".to_owned());
    let mut events = vec![(row.first_failed_at, "failed".to_owned())];
    if row.failures > 1 || row.last_failed_at != row.first_failed_at {
        let event = format!("failed again ({} times in all)", row.failures);
        events.push((row.last_failed_at, event));
    }
    for edit in edits {
        let reason = edit.reason.as_ref();
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        let moved = edit.former();
        let moved = moved.map_or_else(String::new, |former| {
            format!(" (the invoice was {former} until then)")
        });
        events.push((
            edit.edited_at,
            format!("edited by {}{reason}{moved}", edit.edited_by),
        ));
    }
    if let Some(time) = row.replayed_at {
        events.push((time, format!("replayed by {}", by(&row.replayed_by))));
    }
    if let Some(time) = row.discarded_at {
        let reason = row.discard_reason.as_deref().unwrap_or_default();
        let event = format!("discarded by {}: {reason}", by(&row.discarded_by));
        events.push((time, event));
    }
    events.sort_by_key(|(time, _)| *time);
    writeln!(out, "\nhistory")?;
    for (time, event) in events {
        writeln!(out, "  {}  {}", seconds(time), harmless(&event))?;
    }
    Ok(())
}

fn headers(out: &mut impl Write, title: &str, json: &str) -> io::Result<()> {
    let Ok(all) = serde_json::from_str::<Map<String, Value>>(json) else {
        // Nested more deeply than the parser follows, or written by another program.
        return section(out, title, json);
    };
    let width = all.keys().map(|name| name.chars().count()).max();
    let width = width.unwrap_or_default().min(MAX_NAME_WIDTH);
    writeln!(out, "\n{title}")?;
    for (name, value) in all {
        let value = match value {
            Value::String(text) => text,
            value @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_)) => value.to_string(),
        };
        let value = harmless(&value).replace('\n', "\n  ");
        writeln!(out, "  {:width$}  {value}", harmless(&name))?;
    }
    Ok(())
}

fn section(out: &mut impl Write, title: &str, text: &str) -> io::Result<()> {
    writeln!(out, "\n{title}")?;
    for line in text.lines() {
        writeln!(out, "  {}", harmless(line))?;
    }
    Ok(())
}
