//! What is kept of templates and brands, so that their documents can be rendered again when the folder has changed.
//!
//! A manifest names files by path, digest and size; the content of each is kept once, under its digest. What comes back is
//! checked like a templates folder: renderers read it.

mod brand;
mod template;

use invoice::Sha256Digest;
use serde::{Deserialize, Serialize};

pub use self::brand::{BrandManifest, KeptBrand};
pub use self::template::TemplateManifest;
use crate::catalog::folder;
use crate::error::CatalogError;

/// The format of manifests that this program writes and reads.
const FORMAT: u32 = 1;

/// Largest manifest that is read, in bytes. One of the most files that a templates folder can have has two megabytes.
pub const MAX_MANIFEST_BYTES: u64 = 4 << 20;

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptFile {
    /// Its path, as templates name it.
    pub path: String,
    /// The digest of its content, under which that is kept.
    pub sha256: Sha256Digest,
    /// The length of its content.
    pub size_bytes: u64,
}

/// Why templates or a brand cannot be kept, or cannot be used as they were kept.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The manifest is not one that this program can use.
    #[error("the manifest {0}")]
    Manifest(String),
    /// The content of a file is not that of its digest.
    #[error("{path} has other content than it was stored with; its SHA-256 is not {sha256}")]
    Damaged {
        /// Its path in the manifest.
        path: String,
        /// The digest under which it was kept.
        sha256: Sha256Digest,
    },
    /// The files have a fault, as those of a templates folder can have.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl KeptFile {
    /// Refuses other content than that which was kept.
    fn check(&self, content: &[u8]) -> Result<(), BundleError> {
        if Sha256Digest::of(content) == self.sha256 {
            return Ok(());
        }
        Err(BundleError::Damaged {
            path: self.path.clone(),
            sha256: self.sha256,
        })
    }

    /// Refuses a path that a templates folder cannot have.
    fn check_path(&self) -> Result<(), BundleError> {
        let is_usual = |name: &str| {
            let odd = |c: char| c == '\\' || c.is_control();
            !name.is_empty() && !folder::is_ignored(name) && !name.contains(odd)
        };
        let names = self.path.strip_prefix('/').map(|path| path.split('/'));
        let is_deep = self.path.matches('/').count() > folder::MAX_DEPTH + 1;
        if !is_deep && names.is_some_and(|mut names| names.all(is_usual)) {
            return Ok(());
        }
        Err(BundleError::Manifest(format!(
            "has the path {:?}, expected one that a templates folder can have",
            self.path
        )))
    }
}

fn check_format(format: u32) -> Result<(), BundleError> {
    if format == FORMAT {
        return Ok(());
    }
    Err(BundleError::Manifest(format!(
        "has the format {format}, expected {FORMAT}; it is of a later version of this program"
    )))
}

fn unreadable(error: serde_json::Error) -> BundleError {
    BundleError::Manifest(format!("is not JSON as expected: {error}"))
}

#[cfg(test)]
mod tests;
