//! The files of a templates folder, and whether they have changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use invoice::Sha256Digest;
use sha2::{Digest as _, Sha256};

use crate::error::CatalogError;

/// All files by their path below the folder, with a leading slash.
pub(super) fn read(root: &Path) -> Result<BTreeMap<String, Vec<u8>>, CatalogError> {
    let mut files = BTreeMap::new();
    read_below(root, "", &mut files)?;
    Ok(files)
}

fn read_below(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), CatalogError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CatalogError::Read { path, source }
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if is_ignored(name) {
            continue;
        }
        let virtual_path = format!("{prefix}/{name}");
        if path.is_dir() {
            read_below(&path, &virtual_path, files)?;
        } else {
            files.insert(virtual_path, fs::read(&path).map_err(failed(&path))?);
        }
    }
    Ok(())
}

/// Whether a file is hidden or the backup of an editor. Such files are not part of a template.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~')
}

/// A digest that changes when one of these files, or a file below one of these folders, appears, disappears, changes its
/// length or is written.
///
/// It reads no content, so it can be polled often. Notifications of the file system would not do: network mounts send none.
pub fn fingerprint(paths: &[&Path]) -> Sha256Digest {
    let mut hasher = Sha256::new();
    for path in paths {
        fingerprint_path(path, &mut hasher);
    }
    Sha256Digest::finish(hasher)
}

fn fingerprint_path(path: &Path, hasher: &mut Sha256) {
    hasher.update(path.as_os_str().as_encoded_bytes());
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            // A folder that cannot be read counts as empty, so that the fingerprint changes when it can be read again.
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
            paths.sort();
            for path in paths {
                let name = path.file_name().and_then(|name| name.to_str());
                if !name.is_none_or(is_ignored) {
                    fingerprint_path(&path, hasher);
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
