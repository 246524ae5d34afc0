//! Files that are given to a command.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use invoice::content::BYTE_ORDER_MARK;
use serde::de::IgnoredAny;

use super::error::WrongUsage;

/// A request in a file.
pub(super) struct Given {
    /// The line, from 1; none where the file is one request.
    pub(super) line: Option<usize>,
    /// The request as it is.
    pub(super) body: Vec<u8>,
}

/// The requests of a file: one, or of `*.ndjson` one a line that is not blank. Standard input may be either.
pub(super) fn requests_in(file: &Path) -> Result<Vec<Given>, WrongUsage> {
    let content = read(file)?;
    if is_standard(file) && content.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let are_lines = if is_standard(file) {
        !is_object(&content)
            && lines(&content)
                .next()
                .is_some_and(|(_, line)| is_object(line))
    } else {
        file.extension().is_some_and(|name| name == "ndjson")
    };
    if !are_lines {
        return Ok(vec![Given {
            line: None,
            body: if is_standard(file) {
                content.trim_ascii().to_vec()
            } else {
                content
            },
        }]);
    }
    let given = lines(&content).map(|(number, line)| Given {
        line: Some(number),
        body: line.to_vec(),
    });
    Ok(given.collect())
}

/// The lines that are not blank, with their numbers.
fn lines(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = content.split(|byte| *byte == b'\n').enumerate();
    lines
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
}

/// Whether this is one JSON object.
pub(super) fn is_object(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// Whether standard input is meant, or standard output.
pub(super) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A file without its byte order mark; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, WrongUsage> {
    let content = if is_standard(path) {
        let mut content = Vec::new();
        io::stdin().read_to_end(&mut content).map(|_| content)
    } else {
        fs::read(path)
    };
    let mut content =
        content.map_err(|error| WrongUsage(format!("cannot read {}: {error}", path.display())))?;
    if content.starts_with(BYTE_ORDER_MARK) {
        content.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(content)
}
