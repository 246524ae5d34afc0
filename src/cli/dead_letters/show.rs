//! `dead-letters show`

use std::io::{self, BufWriter, Write};

use clap::Args;
use serde_json::{Map, Value};

use super::super::listing::{Form, Format};
use super::super::pretty::content;
use super::super::table::seconds;
use crate::app::App;
use crate::broker::replayed::{ARCHIVED_MAX, Archived};
use crate::contract::{DeadLetterDetails, FieldChange};
use crate::database::dead_letter::Model;
use crate::database::dead_letters::EditSummary;
use crate::database::{Database, ReplayOutcome};
use crate::dead_letters::{self, SHOWN_EDITS, Shown};
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
        let database = app.database().await?;
        let shown_edits = match self.form.format() {
            Format::Json => SHOWN_EDITS,
            // The text has all of them, each read when it is written.
            Format::Table => 0,
        };
        let shown = dead_letters::show(database, self.id, shown_edits).await?;
        let Some(shown) = shown else {
            anyhow::bail!("there is no dead letter {}", self.id);
        };
        let Shown {
            row,
            edits,
            older_edits,
            outcome,
            differences,
        } = shown;
        if let Format::Json = self.form.format() {
            let edits = (edits, older_edits);
            let details = DeadLetterDetails::new(row, edits, outcome, differences, ARCHIVED_MAX);
            return Ok(json::write_pretty(&mut output::stream(), &details)?);
        }
        let mut out = BufWriter::new(output::stream());
        let archived = Archived {
            properties: &row.properties,
            headers: &row.headers,
        };
        if self.request {
            out.write_all(&archived.content(&row.payload, ARCHIVED_MAX))?;
            return Ok(out.flush()?);
        }
        let edits = all_edits(database, self.id).await?;
        facts(&mut out, &row, outcome)?;
        history(&mut out, &row, &edits)?;
        section(&mut out, "detail", &row.detail)?;
        if let Some(differences) = &differences {
            conflict(&mut out, &row, differences)?;
        }
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
        for edit in edits {
            let title = format!(
                "request before it was edited at {}",
                seconds(edit.edited_at)
            );
            let Some((_, edit)) = dead_letters::edit_of(database, self.id, edit.id).await? else {
                continue;
            };
            section(
                &mut out,
                &title,
                &content(&archived.content(&edit.before, ARCHIVED_MAX)),
            )?;
        }
        Ok(out.flush()?)
    }
}

/// All edits, the newest first, without the messages.
async fn all_edits(database: &Database, id: i64) -> anyhow::Result<Vec<EditSummary>> {
    /// Rows that are read at once.
    const PAGE: u64 = 500;
    let (mut edits, mut cursor) = (Vec::new(), None);
    loop {
        let page = dead_letters::edit_history(database, id, cursor, PAGE).await?;
        let Some(page) = page else {
            return Ok(edits);
        };
        edits.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(edits);
        }
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

/// How the request differs from the issued one, and where that is.
fn conflict(out: &mut impl Write, row: &Model, differences: &[FieldChange]) -> io::Result<()> {
    writeln!(out, "\nissued -> this request")?;
    for change in differences {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let (issued, this) = (shown(&change.before), shown(&change.after));
        writeln!(out, "  {}: {issued} -> {this}", harmless(&change.pointer))?;
    }
    if differences.is_empty() {
        writeln!(out, "  no field differs: the message can be discarded")?;
    }
    let parts = row.invoice().into_parts().map(Option::unwrap_or_default);
    let parts = harmless(&parts.join(" "));
    writeln!(out, "  the issued one: invoice-worker show {parts}")
}

/// In the order of time.
fn history(out: &mut impl Write, row: &Model, edits: &[EditSummary]) -> io::Result<()> {
    let by = |who: &Option<String>| who.clone().unwrap_or_else(|| "?".to_owned());
    let mut events = vec![(row.first_failed_at, "failed".to_owned())];
    if row.failures > 1 || row.last_failed_at != row.first_failed_at {
        let event = format!("failed again ({} times in all)", row.failures);
        events.push((row.last_failed_at, event));
    }
    for edit in edits.iter().rev() {
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
