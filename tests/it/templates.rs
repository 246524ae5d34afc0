//! What authors of templates rely on: commands, diagnostics, versions, brands, and a worker that reloads changed templates
//! but never broken ones.

mod brands;
mod commands;
mod fonts;
mod reload;
mod sheet;
mod start;
mod texts;
mod watch;

use std::fs;
use std::path::Path;

use crate::faults::templates::Templates;

/// Where a message should point: the second line of this template is wrong.
const WRONG: &str = "#let render(request) = {\n  request.no-such-field\n}\n";

/// Writes a file below a templates folder.
pub(crate) fn write(templates: &Templates, path: &str, content: impl AsRef<[u8]>) {
    let path = templates.path().join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, content).expect("written");
}

/// Adds a line to a file below a templates folder.
pub(crate) fn append(templates: &Templates, path: &str, line: &str) {
    let path = templates.path().join(path);
    let text = fs::read_to_string(&path).expect("readable");
    fs::write(path, text + line + "\n").expect("written");
}

/// Copies a sample of a shipped template to another one.
fn copy_sample(templates: &Templates, from: &str, to: &str) {
    let sample = fs::read(templates.path().join(from)).expect("a sample");
    write(templates, to, sample);
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
