//! What edits of many dead letters did, as a table.

use std::io::{self, BufWriter, Write};

use super::super::table::{DETAIL_CHARS, Table};
use crate::contract::{EditReport, LetterEdit};
use crate::output;
use crate::text::{harmless, one_line};

/// Prints a report. Fails where a dead letter was skipped.
pub(super) fn report(report: &EditReport) -> anyhow::Result<()> {
    let mut out = BufWriter::new(output::stdout());
    let (edited, skipped) = if report.is_dry_run {
        ("would edit", "would skip")
    } else {
        ("edited", "skipped")
    };
    let EditReport {
        edited: count,
        unchanged,
        ..
    } = report;
    write!(out, "{edited} {count}, {skipped} {}", report.skipped)?;
    if *unchanged > 0 {
        write!(out, ", {unchanged} have this content already")?;
    }
    writeln!(out)?;
    letters(&mut out, report)?;
    changes(&mut out, &report.letters)?;
    out.flush()?;
    let were = if report.is_dry_run {
        "would be"
    } else {
        "were"
    };
    let is_whole = report.skipped == 0;
    anyhow::ensure!(
        is_whole,
        "dead letters that {were} skipped: {}",
        report.skipped
    );
    if *count > 0 && !report.is_dry_run {
        output::note(format_args!("publish them with `{}`", replay_of(report)));
    }
    Ok(())
}

/// Most numbers of a command that is suggested.
const MAX_NUMBERS: usize = 50;

/// The command that publishes what was edited.
fn replay_of(report: &EditReport) -> String {
    let edited = report.letters.iter().filter(|it| it.result == "edited");
    let ids: Vec<String> = edited.map(|letter| letter.id.to_string()).collect();
    let ids = if ids.len() <= MAX_NUMBERS && ids.len() as u64 == report.edited {
        ids.join(" ")
    } else {
        // They are in the list above, and the filter that has selected them still does.
        "FILTERS".to_owned()
    };
    format!("invoice-worker dead-letters replay {ids} --reason TEXT")
}

fn letters(out: &mut impl Write, report: &EditReport) -> io::Result<()> {
    let rows: Vec<[String; 3]> = report.letters.iter().map(columns).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = Table::start(out, ["ID", "RESULT", "DETAIL"], &rows)?;
    rows.iter().try_for_each(|row| table.row(out, row))?;
    let all = report.edited + report.unchanged + report.skipped;
    let more = all.saturating_sub(rows.len() as u64);
    if more > 0 {
        writeln!(out, "... and {more} more")?;
    }
    Ok(())
}

fn columns(letter: &LetterEdit) -> [String; 3] {
    let problems = letter.errors.iter().map(|problem| {
        let detail = one_line(&problem.detail, DETAIL_CHARS);
        // The whole body has the empty pointer.
        let place = match problem.pointer.as_str() {
            "" => "the body".to_owned(),
            pointer => harmless(pointer),
        };
        format!("{} {place} {detail}", problem.code)
    });
    let problems = problems.collect::<Vec<_>>().join("; ");
    let reason = letter.reason.as_deref().unwrap_or_default();
    let detail = match problems.as_str() {
        "" => harmless(reason),
        problems => problems.to_owned(),
    };
    [letter.id.to_string(), letter.result.to_owned(), detail]
}

/// What changes in the first ones.
fn changes(out: &mut impl Write, letters: &[LetterEdit]) -> io::Result<()> {
    for letter in letters.iter().filter(|letter| !letter.changes.is_empty()) {
        writeln!(out, "\ndead letter {}", letter.id)?;
        for change in &letter.changes {
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            let (before, after) = (shown(&change.before), shown(&change.after));
            writeln!(out, "  {}: {before} -> {after}", harmless(&change.pointer))?;
        }
    }
    Ok(())
}
