//! Rendering a document again, with the templates that rendered it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use document::{
    Catalog, KeptBrand, LiveTemplates, Pdf, Pool, PoolSettings, RenderJob, RenderedWith,
    TemplateManifest, TemplateSnapshot,
};
use invoice::{Invoice, Sha256Digest};
use tokio::sync::OnceCell;

use super::error::ArchiveError;
use super::{PROGRAM, kept};
use crate::database::sales_invoice::Model;
use crate::e_invoices::{Again, embedded, made_again};
use crate::retry::Retryable as _;
use crate::storage::Storage;

/// Templates that are kept open. Each has renderer processes.
const OPEN_TEMPLATES: usize = 4;

/// Most renderers of a template that is kept open.
const RENDERERS: usize = 4;

/// Brands that are kept in memory, with logos of two megabytes at most.
const OPEN_BRANDS: usize = 32;

/// Renders documents again.
pub struct TemplateArchive {
    storage: Storage,
    in_use: Option<Arc<LiveTemplates>>,
    settings: PoolSettings,
    templates: Recent<OnceCell<Vec<Variant>>>,
    brands: Recent<OnceCell<KeptBrand>>,
}

/// A template with one set of further fonts.
struct Variant {
    manifest: TemplateManifest,
    /// The versions of the program that have used it.
    programs: Vec<String>,
    snapshot: OnceCell<TemplateSnapshot>,
    /// How many documents had the recorded bytes with it.
    successes: AtomicUsize,
}

impl TemplateArchive {
    /// An archive in a bucket. Where the templates in use are those of a record, they are used.
    pub fn new(
        storage: Storage,
        in_use: Option<Arc<LiveTemplates>>,
        settings: PoolSettings,
    ) -> Self {
        let settings = PoolSettings {
            renderers: settings.renderers.min(RENDERERS),
            ..settings
        };
        Self {
            storage,
            in_use,
            settings,
            templates: Recent::new(OPEN_TEMPLATES),
            brands: Recent::new(OPEN_BRANDS),
        }
    }

    /// Renders the document of a record again, from the request that it has.
    ///
    /// # Errors
    ///
    /// The record is not that of a document, or does not say what it was rendered with; and those of [`render`](Self::render).
    pub async fn render_record(&self, record: &Model) -> Result<Pdf, ArchiveError> {
        let lacks = |what: &str| ArchiveError::Record(format!("has no {what}"));
        let rendered_with = record.rendered_with();
        let rendered_with = rendered_with.ok_or_else(|| lacks("template_digest"))?;
        let sha256 = record
            .sha256
            .as_ref()
            .and_then(|digest| digest.parse().ok());
        let sha256 = sha256.ok_or_else(|| lacks("sha256"))?;
        let again = made_again(record).map_err(ArchiveError::Record)?;
        self.render(&again, &rendered_with, sha256).await
    }

    /// Renders an invoice, with its e-invoice, with exactly what its record names. The document has the recorded digest: any other
    /// is an error.
    ///
    /// Neither the digest of the template nor that of the brand covers the further fonts (`FONTS_DIR`): if several sets of them
    /// were used with this template, each is tried.
    ///
    /// # Errors
    ///
    /// Template or brand are not stored, or are damaged; the bucket cannot be read; the document cannot be rendered, or has other
    /// bytes.
    pub async fn render(
        &self,
        again: &Again,
        rendered_with: &RenderedWith,
        sha256: Sha256Digest,
    ) -> Result<Pdf, ArchiveError> {
        let brand = self.brand(&again.invoice, rendered_with).await?;
        let mut results = Vec::new();
        if let Some(in_use) = &self.in_use {
            let snapshot = in_use.current();
            match render(&snapshot, again, &rendered_with.digest, &brand).await {
                Some(Ok(pdf)) if Sha256Digest::of(&pdf.bytes) == sha256 => return Ok(pdf),
                // Other fonts may have been in use, of which the archive knows.
                other => results.extend(other),
            }
        }
        let kept = self.templates.get(&rendered_with.digest);
        let variants = kept
            .get_or_try_init(|| self.variants(&rendered_with.digest))
            .await;
        let variants = match variants {
            Ok(variants) => variants,
            Err(ArchiveError::Missing { .. }) if !results.is_empty() => {
                return Err(other_bytes(results, Vec::new()));
            }
            Err(error) => return Err(error),
        };
        let mut in_order: Vec<&Variant> = variants.iter().collect();
        in_order
            .sort_by_key(|variant| std::cmp::Reverse(variant.successes.load(Ordering::Relaxed)));
        let mut unusable = None;
        for variant in in_order {
            let snapshot = variant
                .snapshot
                .get_or_try_init(|| self.open(&variant.manifest));
            let snapshot = match snapshot.await {
                Ok(snapshot) => snapshot,
                Err(error) if error.is_transient() => return Err(error),
                // Another set of fonts may be whole.
                Err(error) => {
                    unusable.get_or_insert(error);
                    continue;
                }
            };
            match render(snapshot, again, &rendered_with.digest, &brand).await {
                Some(Ok(pdf)) if Sha256Digest::of(&pdf.bytes) == sha256 => {
                    variant.successes.fetch_add(1, Ordering::Relaxed);
                    return Ok(pdf);
                }
                other => results.extend(other),
            }
        }
        if let Some(error) = unusable {
            return Err(error);
        }
        let programs = variants.iter().flat_map(|variant| variant.programs.clone());
        Err(other_bytes(results, programs.collect()))
    }

    async fn brand(
        &self,
        invoice: &Invoice,
        rendered_with: &RenderedWith,
    ) -> Result<KeptBrand, ArchiveError> {
        let Some(digest) = &rendered_with.brand_digest else {
            return Ok(KeptBrand::default());
        };
        let in_use = self
            .in_use
            .as_ref()
            .and_then(|templates| KeptBrand::find(&templates.current().catalog, digest, invoice));
        if let Some(brand) = in_use {
            return Ok(brand);
        }
        let brand = self.brands.get(digest);
        let brand = brand.get_or_try_init(|| kept::brand(&self.storage, digest));
        brand.await.cloned()
    }

    /// The variants of a template, each set of fonts once: what another version of the program has stored is rendered by this one.
    async fn variants(&self, digest: &str) -> Result<Vec<Variant>, ArchiveError> {
        let mut variants: Vec<Variant> = Vec::new();
        for manifest in kept::manifests(&self.storage, digest).await? {
            let fonts = manifest.fonts_digest();
            let program = manifest.program.clone();
            let known = variants
                .iter_mut()
                .find(|known| known.manifest.fonts_digest() == fonts);
            match known {
                Some(known) => known.programs.push(program),
                None => variants.push(Variant {
                    manifest,
                    programs: vec![program],
                    snapshot: OnceCell::new(),
                    successes: AtomicUsize::new(0),
                }),
            }
        }
        // What this version has used is the most likely to have the recorded bytes.
        variants.sort_by_key(|variant| !variant.programs.iter().any(|used| used == PROGRAM));
        Ok(variants)
    }

    async fn open(&self, manifest: &TemplateManifest) -> Result<TemplateSnapshot, ArchiveError> {
        let catalog = Arc::new(kept::catalog(&self.storage, manifest).await?);
        let pool = Pool::start(self.settings.clone(), Arc::clone(&catalog)).await?;
        Ok(TemplateSnapshot { catalog, pool })
    }
}

/// Renders with the template that has this digest; none where there is no such template.
async fn render(
    snapshot: &TemplateSnapshot,
    again: &Again,
    digest: &str,
    brand: &KeptBrand,
) -> Option<Result<Pdf, ArchiveError>> {
    let catalog: &Catalog = &snapshot.catalog;
    let template = catalog.with_digest(digest)?;
    let Again {
        invoice, e_invoice, ..
    } = again;
    let rendering = async {
        let job = RenderJob::prepare_again(catalog, template, invoice, brand)?;
        let pdf = snapshot.pool.render(&job).await?;
        Ok(embedded(pdf, invoice, e_invoice.as_ref()).await?)
    };
    Some(rendering.await)
}

/// That of documents with other bytes. Where nothing could be rendered, the reason for that is the error.
fn other_bytes(results: Vec<Result<Pdf, ArchiveError>>, mut programs: Vec<String>) -> ArchiveError {
    programs.sort();
    programs.dedup();
    let mut errors = Vec::new();
    for result in results {
        match result {
            Ok(_) => return ArchiveError::OtherBytes { programs },
            Err(error) => errors.push(error),
        }
    }
    match errors.pop() {
        Some(error) => error,
        None => ArchiveError::OtherBytes { programs },
    }
}

/// The values that were used last, by digest.
struct Recent<T> {
    length: usize,
    values: Mutex<VecDeque<(String, Arc<T>)>>,
}

impl<T: Default> Recent<T> {
    fn new(length: usize) -> Self {
        Self {
            length,
            values: Mutex::default(),
        }
    }

    /// The value of a digest, a new one if it was not used lately.
    fn get(&self, digest: &str) -> Arc<T> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let known = values.iter().position(|(known, _)| known == digest);
        let known = known.and_then(|index| values.remove(index));
        let (digest, value) = known.unwrap_or_else(|| (digest.to_owned(), Arc::default()));
        values.push_front((digest, Arc::clone(&value)));
        values.truncate(self.length);
        value
    }
}
