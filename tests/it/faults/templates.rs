//! Templates folders with hostile templates.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::samples;

/// Runs until it is killed. (`while true` would not: the compiler detects it.)
pub(crate) const ENDLESS: &str = "\
#let render(request) = {
  for outer in range(100000) {
    for inner in range(100000) {
      let _ = outer * inner
    }
  }
}
";

/// Half a billion numbers, 32 bytes each.
pub(crate) const GREEDY: &str = "#let render(request) = range(500000000).len()\n";

/// More pages than a document may have.
pub(crate) const WASTEFUL: &str = "\
#let render(request) = {
  set document(title: \"Wasteful\", date: datetime(year: 2026, month: 1, day: 1))
  for page in range(1001) { pagebreak() }
  [The end.]
}
";

/// A page that takes some two seconds of the processor's time: long enough to be met in work, and short enough to be done in
/// time on a busy machine.
pub(crate) const SLOW: &str = "\
#let render(request) = {
  for outer in range(2000) {
    for inner in range(2000) {
      let _ = outer * inner
    }
  }
  set document(title: \"Slow\", date: datetime(year: 2026, month: 1, day: 1))
  [Done.]
}
";

/// A request for a document in this template.
pub(crate) fn request(template: &str, order_id: &str) -> Value {
    let mut request = samples::with_identity(samples::receipt(), order_id, "1");
    request["template"] = json!({ "name": template });
    request
}

/// A copy of the templates, with some more.
pub(crate) struct Templates(TempDir);

impl Templates {
    /// With templates of these names and sources, in the languages of the shared texts.
    pub(crate) fn with(additional: &[(&str, &str)]) -> Self {
        let templates = Self(tempfile::tempdir().expect("a temporary directory"));
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        copy(&original, templates.path());
        for (name, source) in additional {
            let folder = templates.path().join(name);
            fs::create_dir_all(&folder).expect("a writable folder");
            fs::write(folder.join("main.typ"), source).expect("a writable folder");
            // They show next to nothing of the invoice.
            let manifest = folder.join("template.json");
            fs::write(manifest, r#"{ "promises": [] }"#).expect("a writable folder");
        }
        templates
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a writable folder");
    for entry in fs::read_dir(from).expect("a readable folder") {
        let path: PathBuf = entry.expect("a readable folder").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a readable file");
        }
    }
}
