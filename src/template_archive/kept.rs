//! Reading what is stored, with each file checked against its digest.

use document::bundle::MAX_MANIFEST_BYTES;
use document::{BrandManifest, BundleError, Catalog, KeptBrand, KeptFile, TemplateManifest};

use super::error::ArchiveError;
use super::keys;
use crate::storage::{OwnKey, Storage, StorageError};

const TEMPLATE: &str = "template";
const BRAND: &str = "brand";

/// A manifest of a template. All of them name the same files of it.
///
/// # Errors
///
/// There is none that can be used, or the bucket cannot be read.
pub(super) async fn manifest(
    storage: &Storage,
    digest: &str,
) -> Result<TemplateManifest, ArchiveError> {
    let mut error = missing(TEMPLATE, digest);
    for key in stored(storage, digest).await? {
        match read(storage, &key, digest).await? {
            Ok(manifest) => return Ok(manifest),
            Err(unusable) => error = unusable,
        }
    }
    Err(error)
}

/// All manifests of a template: each is of another version of the program, or of other fonts.
///
/// # Errors
///
/// There is none that can be used, or the bucket cannot be read.
pub(super) async fn manifests(
    storage: &Storage,
    digest: &str,
) -> Result<Vec<TemplateManifest>, ArchiveError> {
    let mut manifests = Vec::new();
    let mut error = missing(TEMPLATE, digest);
    for key in stored(storage, digest).await? {
        match read(storage, &key, digest).await? {
            Ok(manifest) => manifests.push(manifest),
            Err(unusable) => error = unusable,
        }
    }
    if manifests.is_empty() {
        return Err(error);
    }
    Ok(manifests)
}

/// The keys of a template's manifests.
async fn stored(storage: &Storage, digest: &str) -> Result<Vec<OwnKey>, ArchiveError> {
    let start = keys::templates(digest);
    let found = storage.own_keys(&start).await;
    found.map_err(ArchiveError::storage(&start))
}

/// A manifest, or why it cannot be used: one that a later version has stored, or a damaged one, does not stand in the way of others.
async fn read(
    storage: &Storage,
    key: &OwnKey,
    digest: &str,
) -> Result<Result<TemplateManifest, ArchiveError>, ArchiveError> {
    let json = storage.get_own(key, MAX_MANIFEST_BYTES).await;
    let json = json.map_err(ArchiveError::storage(key))?;
    Ok(TemplateManifest::parse(&json, digest).map_err(unusable(TEMPLATE, digest)))
}

/// The templates of a manifest.
pub(super) async fn catalog(
    storage: &Storage,
    manifest: &TemplateManifest,
) -> Result<Catalog, ArchiveError> {
    let digest = manifest.digest.to_string();
    let mut contents = Vec::new();
    for file in manifest.contents() {
        contents.push(content(storage, TEMPLATE, &digest, file).await?);
    }
    manifest.open(contents).map_err(unusable(TEMPLATE, &digest))
}

/// The template of a manifest, with the brands and further fonts of another catalog.
pub(super) async fn catalog_beside(
    storage: &Storage,
    manifest: &TemplateManifest,
    other: &Catalog,
) -> Result<Catalog, ArchiveError> {
    let digest = manifest.digest.to_string();
    let mut contents = Vec::new();
    for file in manifest.files() {
        contents.push(content(storage, TEMPLATE, &digest, file).await?);
    }
    let opened = manifest.open_beside(contents, other);
    opened.map_err(unusable(TEMPLATE, &digest))
}

/// The brand with this digest.
pub(super) async fn brand(storage: &Storage, digest: &str) -> Result<KeptBrand, ArchiveError> {
    let key = keys::brand(digest);
    let json = match storage.get_own(&key, MAX_MANIFEST_BYTES).await {
        Err(StorageError::NotFound) => return Err(missing(BRAND, digest)),
        other => other.map_err(ArchiveError::storage(&key))?,
    };
    let manifest = BrandManifest::parse(&json, digest).map_err(unusable(BRAND, digest))?;
    let logo = match manifest.logo() {
        Some(logo) => Some(content(storage, BRAND, digest, logo).await?),
        None => None,
    };
    manifest.open(logo).map_err(unusable(BRAND, digest))
}

async fn content(
    storage: &Storage,
    what: &'static str,
    digest: &str,
    file: &KeptFile,
) -> Result<Vec<u8>, ArchiveError> {
    let key = keys::file(file);
    match storage.get_own(&key, file.size_bytes).await {
        Ok(content) => Ok(content),
        Err(StorageError::NotFound) => Err(ArchiveError::FileMissing {
            what,
            digest: digest.to_owned(),
            path: file.path.clone(),
            key,
        }),
        Err(source) => Err(ArchiveError::Storage { key, source }),
    }
}

fn missing(what: &'static str, digest: &str) -> ArchiveError {
    ArchiveError::Missing {
        what,
        digest: digest.to_owned(),
    }
}

fn unusable(what: &'static str, digest: &str) -> impl Fn(BundleError) -> ArchiveError {
    let digest = digest.to_owned();
    move |source| ArchiveError::Unusable {
        what,
        digest: digest.clone(),
        source,
    }
}
