//! Files that are given to a command.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::error::WrongUsage;

/// Whether standard input is meant, or standard output.
pub(super) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A file; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, WrongUsage> {
    let content = if is_standard(path) {
        let mut content = Vec::new();
        io::stdin().read_to_end(&mut content).map(|_| content)
    } else {
        fs::read(path)
    };
    content.map_err(|error| WrongUsage(format!("cannot read {}: {error}", path.display())))
}
