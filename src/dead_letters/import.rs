//! Taking back what [`export`](super::export) wrote, with requests that were changed meanwhile.

use std::io::{self, BufRead, Seek};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::edits::{EditTerms, Edits};
use crate::broker::replayed::{ARCHIVED_MAX, Archived};
use crate::contract::EditReport;
use crate::database::dead_letter::Model;
use crate::database::{Database, DatabaseError};

/// Why an import ended, or did not begin.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// A line is not what an export writes. Nothing is changed.
    #[error("line {line}: {problem}; expected a line of `dead-letters export`")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// There is no line.
    #[error("there are no lines; expected those of `dead-letters export`")]
    Empty,
    /// The database cannot be used. What was edited until then is edited.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What an import did.
#[derive(Debug)]
pub struct Imported {
    /// What became of the dead letters.
    pub report: EditReport,
    /// Lines, by their numbers from 1, in which something was changed that an import does not take back; the first 20.
    pub ignored: Vec<usize>,
}

/// Most lines that are named for what is ignored in them.
const MAX_IGNORED: usize = 20;

/// What an import reads of a line.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: i64,
    /// That of the export: a dead letter that was changed since is not overwritten.
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    /// The content as a text, as it was exported; or as JSON, which is easier to write for a script.
    payload: Option<Box<RawValue>>,
    /// The bytes of a content that is no text.
    payload_base64: Option<String>,
    /// What a person may take for the request.
    code: Option<String>,
    /// The same.
    detail: Option<String>,
}

impl Line {
    /// Whether what a script may have changed by mistake is no more what was exported.
    fn differs_beside_the_request(&self, row: &Model) -> bool {
        let differs =
            |given: &Option<String>, kept: &str| given.as_deref().is_some_and(|it| it != kept);
        row.updated_at == self.updated_at
            && (differs(&self.code, &row.code) || differs(&self.detail, &row.detail))
    }
}

/// Changes the requests of the dead letters of these lines where they differ from the archive, with the same checks and history
/// as an edit. A dead letter that was changed since its export is skipped and named. All lines are read before anything is
/// changed, one at a time.
pub async fn import(
    database: &Database,
    lines: &mut (impl BufRead + Seek + Send),
    terms: EditTerms<'_>,
) -> Result<Imported, ImportError> {
    let mut count = 0;
    while let Some(line) = next(lines, &mut count)? {
        content(&line).map_err(|problem| ImportError::Line {
            line: count,
            problem,
        })?;
    }
    if count == 0 {
        return Err(ImportError::Empty);
    }
    lines.rewind()?;
    let mut ignored = Vec::new();
    let target = format!("dead-letters import of {count} lines");
    let mut edits = Edits::new(database, terms, target);
    let mut place = 0;
    while let Some(line) = next(lines, &mut place)? {
        match database.dead_letter(line.id).await? {
            Some(row) => {
                if ignored.len() < MAX_IGNORED && line.differs_beside_the_request(&row) {
                    ignored.push(place);
                }
                one(&mut edits, &row, &line).await?;
            }
            None => {
                let reason = format!("there is no dead letter {}", line.id);
                edits.skip(line.id, reason, Vec::new());
            }
        }
    }
    let report = edits.into_report();
    Ok(Imported { report, ignored })
}

async fn one(edits: &mut Edits<'_>, row: &Model, line: &Line) -> Result<(), DatabaseError> {
    let archived = Archived {
        properties: &row.properties,
        headers: &row.headers,
    };
    let content = content(line);
    let now = archived.content(&row.payload, ARCHIVED_MAX);
    if content.as_ref().is_ok_and(|content| **content == *now) {
        edits.unchanged(row.id);
        return Ok(());
    }
    if row.updated_at != line.updated_at {
        let reason = "it was changed since the export: export it again".to_owned();
        edits.skip(row.id, reason, Vec::new());
        return Ok(());
    }
    edits.edit(row, content).await
}

/// The next line that is not blank; `count` becomes its number.
fn next(lines: &mut impl BufRead, count: &mut usize) -> Result<Option<Line>, ImportError> {
    let mut text = String::new();
    loop {
        text.clear();
        let wrong = |line, problem| ImportError::Line { line, problem };
        match lines.read_line(&mut text) {
            Ok(0) => return Ok(None),
            Ok(_) => *count += 1,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(wrong(*count + 1, "it is not UTF-8".to_owned()));
            }
            Err(error) => return Err(error.into()),
        }
        // Some editors begin a file with a byte order mark.
        let json = text.trim_start_matches('\u{feff}');
        if json.trim().is_empty() {
            continue;
        }
        let line = serde_json::from_str(json);
        return line.map(Some).map_err(|error| wrong(*count, words(&error)));
    }
}

/// What is wrong with JSON. Its place is left out: it is that in the line, which would be taken for the line of the file.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// The content that a line gives its dead letter, or what is wrong with it.
fn content(line: &Line) -> Result<Vec<u8>, String> {
    match (&line.payload, &line.payload_base64) {
        (Some(payload), _) if payload.get().starts_with('"') => {
            let text: String = serde_json::from_str(payload.get())
                .map_err(|error| format!("payload: {}", words(&error)))?;
            Ok(text.into_bytes())
        }
        (Some(payload), _) => Ok(payload.get().as_bytes().to_vec()),
        (None, Some(bytes)) => BASE64_STANDARD
            .decode(bytes)
            .map_err(|error| format!("payloadBase64: {error}")),
        (None, None) => Err("payload is missing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_wrong_is_named_by_its_number_in_the_file() {
        let good = r#"{"id":1,"updatedAt":"2026-11-29T12:00:00Z","payload":"{}"}"#;
        for (last, expected) in [
            (&b"{"[..], "line 3: EOF while parsing an object; expected"),
            (&b"{}"[..], "line 3: missing field `id`; expected"),
            (&b"\xff"[..], "line 3: it is not UTF-8; expected"),
        ] {
            let text = [format!("\u{feff}{good}\n\n").as_bytes(), last].concat();
            let (mut lines, mut count) = (text.as_slice(), 0);
            let first = next(&mut lines, &mut count).expect("a line");
            assert_eq!((first.map(|line| line.id), count), (Some(1), 1));
            let error = next(&mut lines, &mut count).err().expect("an error");
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}
