//! `.env` in the working directory.

use std::fs;
use std::io::{self, Read};

use super::error::WrongUsage;

/// Adds its variables to the environment, where they are not set yet.
pub(super) fn load() -> Result<(), WrongUsage> {
    let unreadable = |error: io::Error| WrongUsage(format!("cannot read .env: {error}"));
    match fs::read(".env") {
        Ok(content) => read(&content, |lines| dotenvy::from_read(lines)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unreadable(error)),
    }
}

/// Errors have the number of the line and its variable. The parser's own message would quote the line, which may contain a
/// secret.
fn read(
    content: &[u8],
    parse: impl FnOnce(&mut Lines<'_>) -> dotenvy::Result<()>,
) -> Result<(), WrongUsage> {
    let mut lines = Lines {
        rest: content,
        taken: 0,
    };
    let problem = match parse(&mut lines) {
        Ok(()) => return Ok(()),
        Err(dotenvy::Error::LineParse(quoted, _)) => {
            // A value in quotes may have several lines.
            let line = (lines.taken + 1).saturating_sub(quoted.lines().count().max(1));
            let name = name_on(content, line).map_or_else(String::new, |name| format!(" ({name})"));
            format!(
                "line {line}{name} is not NAME=VALUE: close every quote, and put a value with spaces or one of \
                 # $ \\ \" into single quotes"
            )
        }
        Err(error) => error.to_string(),
    };
    Err(WrongUsage(format!("cannot read .env: {problem}")))
}

fn name_on(content: &[u8], line: usize) -> Option<&str> {
    let line = content
        .split(|byte| *byte == b'\n')
        .nth(line.checked_sub(1)?)?;
    let (name, _) = std::str::from_utf8(line).ok()?.split_once('=')?;
    let name = name.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// Returns one line at a time, so that the number of lines taken is the position of the parser.
struct Lines<'a> {
    rest: &'a [u8],
    taken: usize,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let line = end.map_or(self.rest.len(), |end| end + 1);
        let size = line.min(buffer.len());
        let (now, rest) = self.rest.split_at(size);
        buffer[..size].copy_from_slice(now);
        self.rest = rest;
        self.taken += usize::from(size > 0 && size == line);
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_line_and_variable_and_quotes_nothing() {
        for (content, place) in [
            ("A=1\nSECRET=hush hush\nB=2\n", "line 2 (SECRET)"),
            ("A=1\n\n# c\nSECRET='hush\nB=2\n", "line 4 (SECRET)"),
            ("A='x\ny'\nSECRET=hush\\hush", "line 3 (SECRET)"),
            ("SECRET=\"a=hush", "line 1 (SECRET)"),
            ("SECRET=a=hush hush", "line 1 (SECRET)"),
            ("A=1\nhush hush\n", "line 2 is"),
            ("A=1\nhush hush=hush\n", "line 2 is"),
            ("A='1\nhush'x y\nB=2\n", "line 1 (A)"),
        ] {
            let parse = |lines: &mut Lines<'_>| {
                let all: dotenvy::Result<Vec<_>> = dotenvy::from_read_iter(lines).collect();
                all.map(drop)
            };
            let error = read(content.as_bytes(), parse).expect_err(content);
            let message = error.to_string();
            assert!(message.contains(place), "{content:?}: {message}");
            assert!(!message.contains("hush"), "{content:?}: {message}");
        }
    }
}
