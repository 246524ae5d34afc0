//! Diagnostics as text for a terminal: message, place, source line, caret, hints.

use std::fmt::{self, Write as _};

use crate::catalog::Catalog;
use crate::error::{Diagnostic, RenderError};

/// Findings with their places. A finding that occurs in several places is reported once.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

#[derive(Debug)]
struct Finding {
    what: String,
    /// The first place.
    place: String,
    /// Number of further places.
    more: usize,
}

impl Findings {
    /// Adds a finding in a document or file.
    pub fn add(&mut self, what: String, place: &str) {
        match self.0.iter_mut().find(|finding| finding.what == what) {
            Some(finding) => finding.more += 1,
            None => self.0.push(Finding {
                what,
                place: place.to_owned(),
                more: 0,
            }),
        }
    }

    /// Whether there are no findings.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Finding { what, place, more }) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n\n" };
            write!(f, "{gap}{what}\n  = in {place}")?;
            if *more > 0 {
                write!(f, ", and in {more} more")?;
            }
        }
        Ok(())
    }
}

/// An error or a warning in several lines, without a line break at the end.
pub fn diagnostic(kind: &str, diagnostic: &Diagnostic, catalog: &Catalog) -> String {
    let mut text = format!("{kind}: {}", diagnostic.message);
    // Writing to a string cannot fail.
    if let Some(location) = &diagnostic.location {
        let number = location.line.to_string();
        let gutter = " ".repeat(number.len());
        let file = catalog.shown(&location.file);
        let place = format!("{file}:{}:{}", location.line, location.column);
        write!(text, "\n{gutter}--> {place}").ok();
        if let Some(line) = source_line(catalog, &location.file, location.line) {
            // The text before the place is copied as white space, with its tabs, so that the caret is below the place.
            let before: String = line
                .chars()
                .take(location.column.saturating_sub(1))
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            let carets = "^".repeat(location.width);
            write!(
                text,
                "\n{gutter} |\n{number} | {line}\n{gutter} | {before}{carets}"
            )
            .ok();
        }
    }
    for hint in &diagnostic.hints {
        write!(text, "\n  = hint: {hint}").ok();
    }
    for call in &diagnostic.calls {
        let file = catalog.shown(&call.file);
        write!(
            text,
            "\n  = called from {file}:{}:{}",
            call.line, call.column
        )
        .ok();
    }
    text
}

/// An error with all of its diagnostics.
pub fn render_error(error: &RenderError, catalog: &Catalog) -> String {
    match error {
        RenderError::Template(diagnostics) => diagnostics
            .iter()
            .map(|one| diagnostic("error", one, catalog))
            .collect::<Vec<_>>()
            .join("\n"),
        RenderError::ContentMismatch(mismatches) => mismatches
            .iter()
            .map(|mismatch| {
                let file = catalog.shown(&mismatch.file);
                format!("error: {}\n --> {file}", mismatch.explained())
            })
            .collect::<Vec<_>>()
            .join("\n"),
        RenderError::TemplateUnknown { .. }
        | RenderError::TemplateVersion { .. }
        | RenderError::LocaleUnsupported { .. }
        | RenderError::FontMissing(_)
        | RenderError::GlyphMissing(_)
        | RenderError::PagesTooMany { .. }
        | RenderError::Timeout { .. }
        | RenderError::MemoryExceeded { .. }
        | RenderError::Crashed { .. }
        | RenderError::Start(_) => format!("error: {error}"),
    }
}

fn source_line<'a>(catalog: &'a Catalog, file: &str, line: usize) -> Option<&'a str> {
    let text = std::str::from_utf8(catalog.files().get(file)?).ok()?;
    text.lines().nth(line.checked_sub(1)?)
}
