//! Storing the templates in use, in the background: no message waits for it, and none fails by it.

use std::collections::{BTreeSet, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use document::bundle::MAX_MANIFEST_BYTES;
use document::catalog::brand::Brand;
use document::{
    BrandManifest, BundleError, Catalog, CatalogError, ExtraFont, KeptFile, LiveTemplates,
    TemplateManifest,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{PROGRAM, keys};
use crate::blocking::off_the_runtime;
use crate::retry::Delays;
use crate::storage::{OwnKey, Storage, StorageError};

/// Why templates cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The bucket cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The further fonts cannot be read.
    #[error(transparent)]
    Fonts(#[from] CatalogError),
    /// A template is more than can be kept.
    #[error("template {template}")]
    Bundle {
        /// Its folder.
        template: String,
        /// Why.
        source: BundleError,
    },
    /// What is stored is not a manifest.
    #[error("{key} is damaged; delete it, so that it is stored again")]
    Manifest {
        /// Where.
        key: OwnKey,
        /// What is wrong.
        source: BundleError,
    },
    /// A further font was replaced.
    #[error("the font {path} has changed while it was stored")]
    FontChanged {
        /// Its path below the folder.
        path: String,
    },
    /// What is stored is not the file.
    #[error(
        "{key} has {found} bytes, expected {expected}: it is damaged; delete it, so that it is stored again"
    )]
    Damaged {
        /// Where.
        key: OwnKey,
        /// Its length.
        found: u64,
        /// That of the file.
        expected: u64,
    },
}

impl StoreError {
    fn manifest(key: &OwnKey) -> impl FnOnce(BundleError) -> Self {
        let key = key.clone();
        |source| Self::Manifest { key, source }
    }
}

/// Most catalogs that wait to be stored: that many reloads while the bucket is away.
const MOST_WAITING: usize = 16;

/// How often it is looked whether the bucket still has the templates: it may have been lost, and made again. Each look reads one
/// manifest for each template and brand.
const LOOK_AGAIN: Duration = Duration::from_secs(40);

/// Stores the templates in use, now, after each change, and where the bucket has lost them, until `stop` is cancelled. What cannot
/// be stored is tried again for as long as it takes.
pub async fn follow(storage: Storage, templates: Arc<LiveTemplates>, stop: &CancellationToken) {
    let mut changes = templates.changes();
    changes.mark_changed();
    let mut known = BTreeSet::new();
    // Templates that were replaced before they could be stored have rendered documents, too. The catalog alone: a snapshot has
    // renderers, which end with its last document.
    let mut waiting: VecDeque<Arc<Catalog>> = VecDeque::new();
    let mut is_known_lost = false;
    loop {
        if std::mem::take(&mut is_known_lost) {
            known.clear();
        }
        let next = waiting.front().cloned();
        let is_idle = next.is_none();
        let storing = async {
            if let Some(catalog) = next {
                until_stored(&storage, &catalog, &mut known).await;
            }
        };
        let mut storing = pin!(storing);
        loop {
            tokio::select! {
                () = &mut storing, if !is_idle => {
                    waiting.pop_front();
                    break;
                }
                () = stop.cancelled() => return,
                () = sleep(LOOK_AGAIN), if is_idle => {
                    let catalog = Arc::clone(&changes.borrow().catalog);
                    if is_lost(&storage, &catalog).await {
                        is_known_lost = true;
                        waiting.push_back(catalog);
                        break;
                    }
                }
                changed = changes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    waiting.truncate(MOST_WAITING);
                    waiting.push_back(Arc::clone(&changes.borrow_and_update().catalog));
                    if is_idle {
                        break;
                    }
                }
            }
        }
    }
}

/// Whether the bucket lacks templates that were stored. One that is away has lost nothing.
async fn is_lost(storage: &Storage, catalog: &Arc<Catalog>) -> bool {
    let missing = missing(storage, catalog).await;
    missing.is_ok_and(|missing| missing.count > 0)
}

async fn until_stored(storage: &Storage, catalog: &Arc<Catalog>, known: &mut BTreeSet<OwnKey>) {
    let mut delays = Delays::hold_back();
    let mut fonts = None;
    loop {
        match store(storage, catalog, &mut fonts, known).await {
            Ok(stored) => {
                info!(
                    event = "templates_archived",
                    manifests = stored.manifests,
                    files = stored.files,
                    "what documents are rendered with is in the bucket"
                );
                return;
            }
            Err(error) => {
                if matches!(error, StoreError::FontChanged { .. }) {
                    fonts = None;
                }
                let delay = delays.next_delay();
                warn!(
                    event = "templates_not_archived",
                    error = format!("{:#}", anyhow::Error::from(error)),
                    delay_seconds = delay.as_secs(),
                    "what documents are rendered with is not in the bucket yet; trying again"
                );
                sleep(delay).await;
            }
        }
    }
}

/// What was not in the bucket before.
#[derive(Debug, Default)]
struct Stored {
    manifests: usize,
    files: usize,
}

/// Stores everything that a catalog's documents depend on and that is not `known` to be stored.
async fn store(
    storage: &Storage,
    catalog: &Arc<Catalog>,
    fonts: &mut Option<Vec<ExtraFont>>,
    known: &mut BTreeSet<OwnKey>,
) -> Result<Stored, StoreError> {
    let mut stored = Stored::default();
    for manifest in brands(catalog) {
        let key = keys::brand_of(&manifest);
        if !known.contains(&key) {
            if !is_brand_stored(storage, &key, &manifest).await? {
                if let Some(logo) = manifest.logo() {
                    let content = || content(catalog, &[], logo);
                    stored.files += usize::from(store_file(storage, logo, content).await?);
                }
                let is_new = storage.put_own(&key, JSON, manifest.json()).await?;
                stored.manifests += usize::from(is_new);
            }
            known.insert(key);
        }
    }
    let fonts = match fonts {
        Some(fonts) => &*fonts,
        None => fonts.insert(read_fonts(catalog).await?),
    };
    for manifest in templates(catalog, fonts)? {
        let key = keys::template(&manifest);
        if !known.contains(&key) {
            if !is_template_stored(storage, &key, &manifest).await? {
                for file in manifest.contents() {
                    let content = || content(catalog, fonts, file);
                    stored.files += usize::from(store_file(storage, file, content).await?);
                }
                let is_new = storage.put_own(&key, JSON, manifest.json()).await?;
                stored.manifests += usize::from(is_new);
            }
            known.insert(key);
        }
    }
    Ok(stored)
}

async fn is_brand_stored(
    storage: &Storage,
    key: &OwnKey,
    manifest: &BrandManifest,
) -> Result<bool, StoreError> {
    let Some(json) = stored_manifest(storage, key).await? else {
        return Ok(false);
    };
    let stored = BrandManifest::parse(&json, &manifest.digest.to_string());
    stored.map(|_| true).map_err(StoreError::manifest(key))
}

async fn is_template_stored(
    storage: &Storage,
    key: &OwnKey,
    manifest: &TemplateManifest,
) -> Result<bool, StoreError> {
    let Some(json) = stored_manifest(storage, key).await? else {
        return Ok(false);
    };
    let stored = TemplateManifest::parse(&json, &manifest.digest.to_string());
    stored.map(|_| true).map_err(StoreError::manifest(key))
}

/// The manifest under this key. It is read, and not only looked for: anything can answer that it has an object.
async fn stored_manifest(storage: &Storage, key: &OwnKey) -> Result<Option<Vec<u8>>, StorageError> {
    match storage.get_own(key, MAX_MANIFEST_BYTES).await {
        Ok(json) => Ok(Some(json)),
        Err(error) if error.may_mean_absent() => Ok(None),
        Err(other) => Err(other),
    }
}

/// The media type of manifests.
const JSON: &str = "application/json";

/// That of everything else: no browser shows a template's file as a page.
const BYTES: &str = "application/octet-stream";

/// Stores the content of a file, unless it is there. Returns whether it was stored.
async fn store_file<F>(
    storage: &Storage,
    file: &KeptFile,
    content: impl FnOnce() -> F,
) -> Result<bool, StoreError>
where
    F: Future<Output = Result<Vec<u8>, StoreError>>,
{
    let key = keys::file(file);
    match storage.size_of_own(&key).await? {
        Some(found) if found == file.size_bytes => Ok(false),
        Some(found) => Err(StoreError::Damaged {
            key,
            found,
            expected: file.size_bytes,
        }),
        None => Ok(storage.put_own(&key, BYTES, content().await?).await?),
    }
}

/// The content of a file of a manifest. Fonts of `FONTS_DIR` are not in memory.
async fn content(
    catalog: &Catalog,
    fonts: &[ExtraFont],
    file: &KeptFile,
) -> Result<Vec<u8>, StoreError> {
    if let Some(content) = catalog.files().get(&file.path) {
        return Ok(content.to_vec());
    }
    let changed = || StoreError::FontChanged {
        path: file.path.clone(),
    };
    let font = fonts.iter().find(|font| font.sha256 == file.sha256);
    let font = font.ok_or_else(changed)?.clone();
    let content = off_the_runtime(move || font.read()).await?;
    if invoice::Sha256Digest::of(&content) == file.sha256 {
        Ok(content)
    } else {
        Err(changed())
    }
}

/// A folder may be on a slow mount.
async fn read_fonts(catalog: &Arc<Catalog>) -> Result<Vec<ExtraFont>, CatalogError> {
    let catalog = Arc::clone(catalog);
    off_the_runtime(move || catalog.read_extra_fonts()).await
}

fn templates(catalog: &Catalog, fonts: &[ExtraFont]) -> Result<Vec<TemplateManifest>, StoreError> {
    let manifests = catalog.templates().map(|template| {
        TemplateManifest::of(catalog, template, fonts, PROGRAM).map_err(|source| {
            StoreError::Bundle {
                template: template.folder.clone(),
                source,
            }
        })
    });
    manifests.collect()
}

/// Those of all brands, each once.
fn brands(catalog: &Catalog) -> Vec<BrandManifest> {
    let of = |brand: Brand| BrandManifest::of(catalog, &brand, PROGRAM);
    let mut manifests: Vec<BrandManifest> = catalog.brands().all().filter_map(of).collect();
    manifests.sort_by_key(|manifest| manifest.digest.to_string());
    manifests.dedup_by_key(|manifest| manifest.digest);
    manifests
}

/// How much of a catalog is not in the bucket.
#[derive(Clone, Copy, Debug)]
pub struct Missing {
    /// Templates and brands that are not stored.
    pub count: usize,
    /// Templates and brands that there are.
    pub all: usize,
}

/// Looks how much of a catalog is in the bucket; stores nothing.
pub async fn missing(storage: &Storage, catalog: &Arc<Catalog>) -> Result<Missing, StoreError> {
    let brands = brands(catalog);
    let templates = templates(catalog, &read_fonts(catalog).await?)?;
    let mut stored = 0;
    for manifest in &brands {
        let key = keys::brand_of(manifest);
        stored += usize::from(is_brand_stored(storage, &key, manifest).await?);
    }
    for manifest in &templates {
        let key = keys::template(manifest);
        stored += usize::from(is_template_stored(storage, &key, manifest).await?);
    }
    let all = brands.len() + templates.len();
    Ok(Missing {
        count: all - stored,
        all,
    })
}
