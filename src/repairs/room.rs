//! The renderers of trials: of their own, few, and of the lowest priority, so that trials cost documents and previews nothing.

use std::sync::Arc;

use document::{Catalog, LiveTemplates, Pool, PoolSettings, RenderError, TemplateSnapshot};
use invoice::Sha256Digest;

use crate::blocking::off_the_runtime;

/// How many times as long as a worker a trial waits for a document. The limit is one of the clock, and on a busy machine a process
/// of the lowest priority gets little of the processor.
const PATIENCE: u32 = 10;

/// Where trials render.
pub(super) struct Room {
    in_use: Arc<LiveTemplates>,
    settings: PoolSettings,
    /// Renderers with the templates that they have loaded.
    open: Option<Arc<TemplateSnapshot>>,
    /// The digest of these templates, which takes reading files to compute.
    digest: Option<(Arc<Catalog>, String)>,
}

impl Room {
    /// For the templates in use, with this many renderers of these limits. None is started yet.
    pub(super) fn new(in_use: Arc<LiveTemplates>, settings: PoolSettings) -> Self {
        Self {
            in_use,
            settings: PoolSettings {
                is_background: true,
                timeout: settings.timeout.saturating_mul(PATIENCE),
                ..settings
            },
            open: None,
            digest: None,
        }
    }

    /// Renderers with the templates that are in use now, and the digest of these.
    ///
    /// # Errors
    ///
    /// A renderer does not start.
    pub(super) async fn enter(&mut self) -> Result<(Arc<TemplateSnapshot>, String), RenderError> {
        let catalog = Arc::clone(&self.in_use.current().catalog);
        let digest = self.digest_of(&catalog).await;
        if let Some(open) = &self.open
            && Arc::ptr_eq(&open.catalog, &catalog)
        {
            return Ok((Arc::clone(open), digest));
        }
        // The former renderers end first: there are never more than the setting says.
        self.open = None;
        let pool = Pool::start(self.settings.clone(), Arc::clone(&catalog)).await?;
        let snapshot = Arc::new(TemplateSnapshot { catalog, pool });
        self.open = Some(Arc::clone(&snapshot));
        Ok((snapshot, digest))
    }

    /// The digest of the templates that are in use now.
    pub(super) async fn digest(&mut self) -> String {
        let catalog = Arc::clone(&self.in_use.current().catalog);
        self.digest_of(&catalog).await
    }

    async fn digest_of(&mut self, catalog: &Arc<Catalog>) -> String {
        if let Some((of, digest)) = &self.digest
            && Arc::ptr_eq(of, catalog)
        {
            return digest.clone();
        }
        let digest = templates_digest(catalog).await;
        self.digest = Some((Arc::clone(catalog), digest.clone()));
        digest
    }

    /// Ends the renderers: their memory is of use to others while nothing is tried.
    pub(super) fn leave(&mut self) {
        self.open = None;
        self.digest = None;
    }
}

/// The digest of everything but the request that a trial depends on: the templates, the further fonts, and the version of the
/// program.
pub async fn templates_digest(catalog: &Arc<Catalog>) -> String {
    let catalog = Arc::clone(catalog);
    off_the_runtime(move || {
        let mut parts = vec![
            env!("CARGO_PKG_VERSION").to_owned(),
            catalog.digest().to_string(),
        ];
        match catalog.read_extra_fonts() {
            Ok(fonts) => parts.extend(fonts.iter().map(|font| font.sha256.to_string())),
            // Renderers cannot read them either.
            Err(_) => parts.push("no fonts".to_owned()),
        }
        Sha256Digest::of(parts.join("\n").as_bytes()).to_string()
    })
    .await
}
