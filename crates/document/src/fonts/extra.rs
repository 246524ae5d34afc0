//! The further fonts, below `FONTS_DIR`: which files they are, and their content.
//!
//! No digest of a template covers them. What is kept of a template, to render its documents again, has to name them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use invoice::Sha256Digest;

use crate::deadline;
use crate::error::CatalogError;
use crate::regular;

/// Largest font file that can be kept. The largest of Noto, with Chinese, Japanese and Korean letters, has 26 MB.
const MAX_BYTES: u64 = 64 << 20;

/// A further font.
#[derive(Clone, Debug)]
pub struct ExtraFont {
    /// Its file.
    path: PathBuf,
    /// Its path below the folder, for people.
    pub name: String,
    /// The digest of its content.
    pub sha256: Sha256Digest,
    /// Its length in bytes.
    pub size_bytes: u64,
}

impl ExtraFont {
    /// Its content.
    ///
    /// # Errors
    ///
    /// It cannot be read, also not in time.
    pub fn read(&self) -> Result<Vec<u8>, CatalogError> {
        read(&self.path)
    }
}

/// The fonts below a folder, in the order in which a document looks for a font. All of them are read, so this can take a second.
///
/// # Errors
///
/// The folder or a font cannot be read, also not in time, or a font is too large.
pub(crate) fn fonts(folder: Option<&Path>) -> Result<Vec<ExtraFont>, CatalogError> {
    let paths = paths(folder)?.into_iter();
    let fonts = paths.map(|path| {
        let content = read(&path)?;
        let below = folder.and_then(|folder| path.strip_prefix(folder).ok());
        Ok(ExtraFont {
            name: below.unwrap_or(&path).to_string_lossy().into_owned(),
            sha256: Sha256Digest::of(&content),
            size_bytes: content.len() as u64,
            path,
        })
    });
    fonts.collect()
}

fn read(path: &Path) -> Result<Vec<u8>, CatalogError> {
    let file = path.to_owned();
    let reading = move || regular::content(&regular::open(&file)?, MAX_BYTES);
    deadline::within(deadline::READING, reading)
        .flatten()
        .map_err(unreadable(path))
}

/// The font files below a folder, in the order in which a document looks for a font.
pub(super) fn paths(folder: Option<&Path>) -> Result<Vec<PathBuf>, CatalogError> {
    let mut paths = Vec::new();
    if let Some(folder) = folder {
        find(folder, &mut paths)?;
    }
    paths.sort();
    Ok(paths)
}

fn find(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), CatalogError> {
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            find(&path, paths)?;
        } else if matches!(extension, Some("ttf" | "otf" | "ttc" | "otc")) {
            paths.push(path);
        }
    }
    Ok(())
}

pub(super) fn unreadable(path: &Path) -> impl Fn(io::Error) -> CatalogError {
    let path = path.to_owned();
    move |source| CatalogError::Fonts {
        path: path.clone(),
        // What the tables at its beginning promise is not there.
        source: if source.kind() == io::ErrorKind::UnexpectedEof {
            io::Error::other("it is no font, or the end of the file is missing")
        } else {
            source
        },
    }
}
