//! Reads an export as an accountant does: with an unpacker and `sha256sum` that know nothing of the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Tests the checksums of a ZIP and unpacks it.
const UNPACK: &str = "\
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    names = archive.namelist()
    assert len(names) == len({name.lower() for name in names})
    archive.extractall(sys.argv[2])
";

/// An unpacked export.
pub(crate) struct Archive {
    folder: TempDir,
}

impl Archive {
    /// Unpacks an export and checks its checksums.
    #[track_caller]
    pub(crate) fn open(zip: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let unpacked = unpack(zip, folder.path());
        if let Err(fault) = unpacked {
            panic!("{fault}");
        }
        let checked = Command::new("sha256sum")
            .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
            .current_dir(folder.path())
            .output()
            .expect("sha256sum");
        assert!(checked.status.success(), "{checked:?}");
        let archive = Self { folder };
        // Each file has a checksum.
        let sums = archive.text("SHA256SUMS").lines().count();
        assert_eq!(sums + 1, archive.files().len());
        archive
    }

    /// The names of all files.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.folder.path()).expect("in it");
                    found.push(name.to_str().expect("UTF-8").to_owned());
                }
            }
        }
        found.sort();
        found
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        let path: PathBuf = self.folder.path().join(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("UTF-8")
    }

    /// The rows of a list, by the names of its columns. The texts of the samples have neither quotes nor line ends.
    pub(crate) fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let text = self.text(name);
        let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
        let mut lines = text.split_terminator("\r\n").map(cells);
        let columns = lines.next().expect("columns");
        let row = |cells: Vec<String>| {
            assert_eq!(cells.len(), columns.len(), "{cells:?}");
            columns.iter().cloned().zip(cells).collect()
        };
        lines.map(row).collect()
    }
}

fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            _ => cells.last_mut().expect("one").push(letter),
        }
    }
    cells
}

/// Unpacks a ZIP; the error is what the unpacker says.
pub(crate) fn unpack(zip: &Path, folder: &Path) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join("target/tools/bin/python3"))
        .args(["-c", UNPACK])
        .args([zip, folder])
        .output()
        .expect("Python, which `make test` installs");
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
