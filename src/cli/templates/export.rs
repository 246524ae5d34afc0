//! `templates export`: the shipped templates as a folder.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use document::shipped;

use crate::cli::error::WrongUsage;
use crate::output;

/// Write the shipped templates into a folder of your own: designs, texts, words, brands, fonts and samples.
///
/// They are what the program uses without TEMPLATES_DIR, with the same digests. Change them, and set TEMPLATES_DIR to the
/// folder.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Folder to make; it must be new or empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Export {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let folder = &self.folder;
        let shown = folder.display();
        let unwritable = || format!("cannot write {shown}");
        // Not under another name first: an empty folder may be a mounted one, as from a container.
        fs::create_dir_all(folder).with_context(unwritable)?;
        if fs::read_dir(folder)
            .with_context(unwritable)?
            .next()
            .is_some()
        {
            let problem = format!("{shown} is not empty; give the path of a new folder");
            return Err(WrongUsage(problem).into());
        }
        if let Err(error) = fill(folder) {
            // A half-written folder could be used by mistake, and would be in the way of the next attempt.
            empty(folder);
            return Err(error).with_context(unwritable);
        }
        let mut out = output::stdout();
        writeln!(out, "{shown}: {} files", shipped::all().count())?;
        writeln!(
            out,
            "\nUse them, and see one while you edit it:\n    \
             export TEMPLATES_DIR={shown}\n    \
             invoice-worker render {shown}/invoice/samples/invoice-de.json -o invoice.pdf --watch"
        )?;
        Ok(())
    }
}

/// Removes what was written. A failure leaves files; the error that led here is the one to report.
fn empty(folder: &Path) {
    for name in written() {
        let path = folder.join(name);
        if path.is_dir() {
            fs::remove_dir_all(path).ok();
        } else {
            fs::remove_file(path).ok();
        }
    }
}

/// The first part of each path.
fn written() -> BTreeSet<&'static str> {
    let paths = shipped::all().map(|(path, _)| path);
    paths
        .map(|path| path.split('/').next().unwrap_or(path))
        .collect()
}

fn fill(folder: &Path) -> io::Result<()> {
    for (path, content) in shipped::all() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_before_a_failure_is_removed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let entries = || fs::read_dir(folder.path()).expect("readable").count();
        // No folder can have this name any more.
        fs::write(folder.path().join("lib"), "").expect("written");
        fill(folder.path()).expect_err("lib is a file");
        assert!(entries() > 1);
        empty(folder.path());
        assert_eq!(entries(), 0);
    }
}
