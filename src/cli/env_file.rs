//! `.env` in the working directory.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};

use super::error::WrongUsage;
use crate::config::source::{EnvFile, EnvLine};

/// Adds its variables to the environment, where they are not set yet, and answers which ones there are.
pub(super) fn load() -> Result<EnvFile, WrongUsage> {
    let unreadable = |error: io::Error| WrongUsage(format!("cannot read .env: {error}"));
    let content = match fs::read(".env") {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(EnvFile::default()),
        Err(error) => return Err(unreadable(error)),
    };
    // Before they are in the environment.
    let lines = lines(&content, |name| std::env::var_os(name).is_none());
    read(&content, |lines| dotenvy::from_read(lines))?;
    Ok(EnvFile { lines })
}

/// The variables of a file with their lines, as far as it can be read. Of several with the same name the first one counts.
fn lines(content: &[u8], is_used: impl Fn(&str) -> bool) -> BTreeMap<String, EnvLine> {
    let taken = Cell::new(0);
    let reader = Lines {
        rest: content,
        taken: &taken,
    };
    let mut found = BTreeMap::new();
    for variable in dotenvy::from_read_iter(reader) {
        let Ok((name, _)) = variable else { break };
        // A value in quotes may have several lines; the name is on the first one.
        let line = (1..=taken.get()).rev();
        let mut line = line.filter(|line| name_on(content, *line) == Some(&*name));
        let line = line.next().unwrap_or(taken.get());
        let text = content.split(|byte| *byte == b'\n');
        let text = text.skip(line - 1).take(taken.get() + 1 - line);
        let text: Vec<_> = text.map(String::from_utf8_lossy).collect();
        let is_used = is_used(&name);
        found.entry(name).or_insert(EnvLine {
            line,
            is_used,
            is_substituted: is_substituted(&text.join("\n")),
        });
    }
    found
}

/// Whether a name behind a dollar sign is replaced: not in single quotes, and without a backslash before it.
fn is_substituted(text: &str) -> bool {
    let (_, value) = text.split_once('=').unwrap_or_default();
    let mut in_quotes = false;
    let mut letters = value.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\'' => in_quotes = !in_quotes,
            '\\' if !in_quotes => {
                letters.next();
            }
            // A comment.
            '#' if !in_quotes && value[..at].ends_with([' ', '\t']) => break,
            '$' if !in_quotes => {
                let name = value[at + 1..].trim_start_matches('{');
                if name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Errors have the number of the line and its variable. The parser's own message would quote the line, which may contain a
/// secret.
fn read(
    content: &[u8],
    parse: impl FnOnce(Lines<'_>) -> dotenvy::Result<()>,
) -> Result<(), WrongUsage> {
    let taken = Cell::new(0);
    let lines = Lines {
        rest: content,
        taken: &taken,
    };
    let problem = match parse(lines) {
        Ok(()) => return Ok(()),
        Err(dotenvy::Error::LineParse(quoted, _)) => {
            // A value in quotes may have several lines.
            let line = (taken.get() + 1).saturating_sub(quoted.lines().count().max(1));
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
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// Returns one line at a time, so that the number of lines taken is the position of the parser.
struct Lines<'a> {
    rest: &'a [u8],
    taken: &'a Cell<usize>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let line = end.map_or(self.rest.len(), |end| end + 1);
        let size = line.min(buffer.len());
        let (now, rest) = self.rest.split_at(size);
        buffer[..size].copy_from_slice(now);
        self.rest = rest;
        let is_whole = size > 0 && size == line;
        self.taken.set(self.taken.get() + usize::from(is_whole));
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
            let parse = |lines: Lines<'_>| {
                let all: dotenvy::Result<Vec<_>> = dotenvy::from_read_iter(lines).collect();
                all.map(drop)
            };
            let error = read(content.as_bytes(), parse).expect_err(content);
            let message = error.to_string();
            assert!(message.contains(place), "{content:?}: {message}");
            assert!(!message.contains("hush"), "{content:?}: {message}");
        }
    }

    #[test]
    fn each_variable_has_its_line_and_whether_something_was_replaced_in_it() {
        let content =
            b"# c\nA=1\n\nexport B=\"p$ss ${Q}\"\nC='p$ss'\nD='x\ny'\nE=p\\$ss # $x\nA=2\nF=a$A\n";
        let lines = lines(content, |name| name != "A");
        let found: Vec<_> = lines
            .iter()
            .map(|(name, line)| (name.as_str(), line.line, line.is_used, line.is_substituted))
            .collect();
        let expected = [
            ("A", 2, false, false),
            ("B", 4, true, true),
            ("C", 5, true, false),
            ("D", 6, true, false),
            ("E", 8, true, false),
            ("F", 10, true, true),
        ];
        assert_eq!(found, expected);
    }
}
