//! The templates in force: loaded, tried on their samples, and replaced while the worker works.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::sleep;
use tracing::{error, info};

use super::catalog::{self, Catalog, CatalogError};
use super::error::RenderError;
use super::pool::{Pool, PoolSettings};
use super::samples::{self, SampleFault};
use invoice::digest::Sha256Digest;

/// Why templates cannot come into force.
#[derive(Debug, thiserror::Error)]
pub enum TemplatesError {
    /// The folder cannot be used.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// There is no renderer to try them in.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Samples do not become documents.
    #[error(
        "TEMPLATES_DIR: {} of the templates' samples cannot be set: {}",
        faults.len(),
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Broken {
        /// What is wrong, one for each sample; never empty.
        faults: Vec<SampleFault>,
        /// The same for a terminal.
        report: String,
    },
}

impl TemplatesError {
    /// Whether the same files may come into force later, without anyone changing them.
    pub fn is_transient(&self) -> bool {
        match self {
            // Permissions may be mended, and mounts come back, without a trace in the files.
            Self::Catalog(CatalogError::Read { .. } | CatalogError::Fonts { .. }) => true,
            Self::Catalog(CatalogError::Empty(_) | CatalogError::File { .. }) => false,
            Self::Render(error) => error.is_transient(),
            Self::Broken { .. } => false,
        }
    }
}

/// One state of the templates folder, and renderers that have loaded it.
pub struct Generation {
    /// The templates.
    pub catalog: Arc<Catalog>,
    /// The renderer processes.
    pub pool: Pool,
}

impl Generation {
    /// Loads the folder and sets all samples. None of it comes into force if one of them fails.
    async fn start(
        root: &Path,
        fonts: Option<&Path>,
        settings: PoolSettings,
    ) -> Result<Self, TemplatesError> {
        let catalog = load(root, fonts).await?;
        Self::with(catalog, settings).await
    }

    async fn with(catalog: Arc<Catalog>, settings: PoolSettings) -> Result<Self, TemplatesError> {
        let pool = Pool::start(settings, Arc::clone(&catalog)).await?;
        let faults = samples::set_all(&catalog, &pool).await;
        if faults.is_empty() {
            return Ok(Self { catalog, pool });
        }
        let report = samples::report(&faults, &catalog).to_string();
        Err(TemplatesError::Broken { faults, report })
    }
}

async fn load(root: &Path, fonts: Option<&Path>) -> Result<Arc<Catalog>, CatalogError> {
    let root = root.to_owned();
    let fonts = fonts.map(ToOwned::to_owned);
    off_the_runtime(move || Catalog::load_with_fonts(&root, fonts.as_deref()).map(Arc::new)).await
}

/// The folder may be on a slow mount, which must not hold up the runtime's threads.
async fn off_the_runtime<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(read).await {
        Ok(read) => read,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// The templates in force.
///
/// Whoever sets a document takes [`Templates::in_force`] once and keeps it until the document is recorded: so its
/// bytes and its record are of the same generation. An old generation, renderers included, goes with its last
/// document.
pub struct Templates {
    root: PathBuf,
    fonts: Option<PathBuf>,
    settings: PoolSettings,
    current: RwLock<Arc<Generation>>,
    /// Held while loading: one generation after the other.
    loading: tokio::sync::Mutex<()>,
}

impl Templates {
    /// Loads the folder, and fonts from another one, starts renderers and sets all samples.
    pub async fn start(
        root: &Path,
        fonts: Option<&Path>,
        settings: PoolSettings,
    ) -> Result<Self, TemplatesError> {
        let generation = Generation::start(root, fonts, settings.clone()).await?;
        tell(&generation.catalog);
        Ok(Self {
            root: root.to_owned(),
            fonts: fonts.map(ToOwned::to_owned),
            settings,
            current: RwLock::new(Arc::new(generation)),
            loading: tokio::sync::Mutex::default(),
        })
    }

    /// What new documents are set with.
    pub fn in_force(&self) -> Arc<Generation> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }

    /// Loads the folder again. What is there comes into force only if all of its samples can be set. Answers whether
    /// another try makes no difference until the folder changes.
    pub async fn reload(&self) -> bool {
        match self.try_reload().await {
            Ok(true) => info!(event = "templates_reloaded", "templates reloaded"),
            Ok(false) => info!(
                event = "templates_unchanged",
                "templates are the same as before"
            ),
            Err(error) => {
                error!(event = "templates_refused", %error, "templates not reloaded; those before stay in force");
                return !error.is_transient();
            }
        }
        true
    }

    async fn try_reload(&self) -> Result<bool, TemplatesError> {
        let _one_at_a_time = self.loading.lock().await;
        let catalog = load(&self.root, self.fonts.as_deref()).await?;
        if catalog.digest() == self.in_force().catalog.digest() {
            return Ok(false);
        }
        let generation = Generation::with(catalog, self.settings.clone()).await?;
        tell(&generation.catalog);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(generation);
        Ok(true)
    }

    /// Reloads whenever the folder has changed; looks every so often, for good.
    pub async fn follow_changes(&self, every: Duration) {
        // What has changed between the start and now is not known, so the first look loads it again, too.
        let mut loaded = None;
        let mut before = self.fingerprint().await;
        loop {
            sleep(every).await;
            let now = self.fingerprint().await;
            // Changed, and not still being written: a folder that was copied by half is worth nothing.
            if loaded != Some(now) && now == before && self.reload().await {
                loaded = Some(now);
            }
            before = now;
        }
    }

    async fn fingerprint(&self) -> Sha256Digest {
        let root = self.root.clone();
        off_the_runtime(move || catalog::fingerprint(&[&root])).await
    }
}

fn tell(catalog: &Catalog) {
    for missing in catalog.without_font() {
        info!(
            event = "font_missing",
            language = missing.language,
            "{missing}"
        );
    }
    for template in catalog.templates() {
        info!(
            event = "template_loaded",
            template = template.name,
            version = template.version(),
            digest = template.short_digest(),
            languages = template.languages.join(" "),
            "template"
        );
    }
}
