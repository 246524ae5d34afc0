//! The files of a templates folder, and whether they have changed.
//!
//! People who may write templates may not read what else the worker can read: links are followed within the folder only,
//! as Kubernetes needs it for the files of a ConfigMap.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use invoice::Sha256Digest;
use sha2::{Digest as _, Sha256};

use crate::error::CatalogError;
use crate::files::Files;
use crate::regular;

/// Deepest folder below the templates folder. Links within the folder can make a circle.
pub(crate) const MAX_DEPTH: usize = 16;

/// Most files and folders.
pub(crate) const MAX_ENTRIES: usize = 10_000;

/// Largest file. The largest that is shipped, a font, has a megabyte.
pub(crate) const MAX_FILE_BYTES: u64 = 64 << 20;

/// Largest folder, all files together. Each renderer has a copy of them.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// The byte order mark of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// All files by their path below the folder, with a leading slash.
///
/// # Errors
///
/// A file cannot be read, leads out of the folder or is too large.
pub(crate) fn read(root: &Path) -> Result<Files, CatalogError> {
    let mut reading = Reading {
        real_root: fs::canonicalize(root).map_err(failed(root))?,
        files: Files::new(),
        entries: 0,
        bytes: 0,
    };
    reading.read_below(root, "")?;
    Ok(reading.files)
}

struct Reading {
    /// The folder without links.
    real_root: PathBuf,
    files: Files,
    entries: usize,
    bytes: u64,
}

impl Reading {
    fn read_below(&mut self, folder: &Path, prefix: &str) -> Result<(), CatalogError> {
        if prefix.matches('/').count() > MAX_DEPTH {
            let problem = format!("is nested too deeply, expected at most {MAX_DEPTH} folders");
            return Err(refused(prefix, problem));
        }
        for entry in fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if is_ignored(name) {
                continue;
            }
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                let problem = format!("is one of more than {MAX_ENTRIES} files and folders");
                return Err(refused(&format!("{prefix}/{name}"), problem));
            }
            let virtual_path = format!("{prefix}/{name}");
            // What a link leads to, so a broken link is an error.
            if fs::metadata(&path).map_err(failed(&path))?.is_dir() {
                let real = fs::canonicalize(&path).map_err(failed(&path))?;
                self.refuse_outside(&real, &virtual_path)?;
                self.read_below(&path, &virtual_path)?;
            } else {
                self.read_file(&path, virtual_path)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path, virtual_path: String) -> Result<(), CatalogError> {
        let real = fs::canonicalize(path).map_err(failed(path))?;
        self.refuse_outside(&real, &virtual_path)?;
        let unreadable = |error: io::Error| {
            // What is not of the system is about the file itself.
            if error.kind() == io::ErrorKind::Other {
                refused(&virtual_path, error.to_string())
            } else {
                failed(path)(error)
            }
        };
        let file = regular::open(path).map_err(unreadable)?;
        // Once more for what was opened: the path may lead elsewhere by now.
        let real = regular::place(&file).map_err(failed(path))?;
        self.refuse_outside(&real, &virtual_path)?;
        let left = MAX_BYTES - self.bytes;
        let mut content = regular::content(&file, MAX_FILE_BYTES.min(left)).map_err(unreadable)?;
        self.bytes += content.len() as u64;
        // Some editors write it, and no reader of JSON accepts it.
        if virtual_path.ends_with(".json") && content.starts_with(BYTE_ORDER_MARK) {
            content.drain(..BYTE_ORDER_MARK.len());
        }
        self.files.insert(virtual_path, content.into());
        Ok(())
    }

    fn refuse_outside(&self, real: &Path, virtual_path: &str) -> Result<(), CatalogError> {
        if real.starts_with(&self.real_root) {
            return Ok(());
        }
        let problem = "is a link that leads out of the templates folder, expected a file in it";
        Err(refused(virtual_path, problem.to_owned()))
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> CatalogError {
    let path = path.to_owned();
    move |source| CatalogError::Read {
        path: path.clone(),
        source,
    }
}

fn refused(path: &str, problem: String) -> CatalogError {
    CatalogError::File {
        path: path.to_owned(),
        problem,
    }
}

/// Whether a file is hidden or the backup of an editor. Such files are not part of a template.
pub(crate) fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~')
}

/// A digest that changes when one of these files, or a file below one of these folders, appears, disappears, changes its
/// length or is written.
///
/// It reads no content, so it can be polled often. Notifications of the file system would not do: network mounts send none.
/// Folders that [`read`] would refuse (too deep, too many files) are looked at up to its limits.
pub fn fingerprint(paths: &[&Path]) -> Sha256Digest {
    let mut hasher = Sha256::new();
    let mut entries = 0;
    for path in paths {
        fingerprint_path(path, 0, &mut entries, &mut hasher);
    }
    Sha256Digest::finish(hasher)
}

fn fingerprint_path(path: &Path, depth: usize, entries: &mut usize, hasher: &mut Sha256) {
    hasher.update(path.as_os_str().as_encoded_bytes());
    *entries += 1;
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            if depth > MAX_DEPTH || *entries > MAX_ENTRIES {
                return;
            }
            // A folder that cannot be read counts as empty, so that the fingerprint changes when it can be read again.
            let found = fs::read_dir(path).into_iter().flatten().flatten();
            let mut paths: Vec<PathBuf> =
                found.take(MAX_ENTRIES).map(|entry| entry.path()).collect();
            paths.sort();
            for path in paths {
                let name = path.file_name().and_then(|name| name.to_str());
                if !name.is_none_or(is_ignored) {
                    fingerprint_path(&path, depth + 1, entries, hasher);
                }
            }
        }
        Ok(metadata) => {
            hasher.update(metadata.len().to_be_bytes());
            let modified = metadata.modified().ok();
            let age = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            hasher.update(age.unwrap_or_default().as_nanos().to_be_bytes());
        }
        Err(_) => hasher.update([0]),
    }
}
