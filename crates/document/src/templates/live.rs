//! The templates in use: loaded, tested with their samples, and replaced while the worker runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{error, info};

use super::samples::{self, SampleFault};
use crate::catalog::{self, Catalog};
use crate::deadline;
use crate::error::{CatalogError, RenderError};
use crate::renderer::{Pool, PoolSettings};
use invoice::Sha256Digest;

/// Why templates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplatesError {
    /// The folder cannot be used.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// No renderer could be started.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Samples cannot be rendered.
    #[error(
        "TEMPLATES_DIR: {} of the templates' samples cannot be rendered: {}",
        faults.len(),
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Broken {
        /// One fault for each sample that cannot be rendered; never empty.
        faults: Vec<SampleFault>,
        /// The faults as text for a terminal.
        report: String,
    },
}

impl TemplatesError {
    /// Whether the same files may be usable later without a change.
    pub fn is_transient(&self) -> bool {
        match self {
            // Permissions may be corrected and mounts may come back without a change of the files.
            Self::Catalog(CatalogError::Read { .. } | CatalogError::Fonts { .. }) => true,
            Self::Catalog(CatalogError::Empty(_) | CatalogError::File { .. }) => false,
            Self::Render(error) => error.is_transient(),
            Self::Broken { .. } => false,
        }
    }
}

/// One state of the templates folder, and renderers that have loaded it.
pub struct TemplateSnapshot {
    /// The templates.
    pub catalog: Arc<Catalog>,
    /// The renderer processes.
    pub pool: Pool,
}

impl TemplateSnapshot {
    /// Loads the folder and renders all samples.
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
        let faults = samples::render_all(&catalog, &pool).await;
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

/// Runs a function that reads the folder in a thread for blocking work: the folder may be on a slow mount.
async fn off_the_runtime<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(read).await {
        Ok(read) => read,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// The templates in use.
///
/// A document takes the [`current`](LiveTemplates::current) snapshot once and keeps it until it is recorded, so that its
/// bytes and its record are of the same snapshot. An old snapshot, renderers included, is dropped with its last document.
pub struct LiveTemplates {
    root: PathBuf,
    fonts: Option<PathBuf>,
    settings: PoolSettings,
    current: watch::Sender<Arc<TemplateSnapshot>>,
    /// Locked while a snapshot is loaded, so that snapshots are loaded one after the other.
    loading: tokio::sync::Mutex<()>,
}

impl LiveTemplates {
    /// Loads the folder, and fonts from another one, starts renderers and renders all samples.
    ///
    /// # Errors
    ///
    /// The folder cannot be used, no renderer starts, or a sample cannot be rendered.
    pub async fn start(
        root: &Path,
        fonts: Option<&Path>,
        settings: PoolSettings,
    ) -> Result<Self, TemplatesError> {
        let snapshot = TemplateSnapshot::start(root, fonts, settings.clone()).await?;
        log(&snapshot.catalog);
        Ok(Self {
            root: root.to_owned(),
            fonts: fonts.map(ToOwned::to_owned),
            settings,
            current: watch::Sender::new(Arc::new(snapshot)),
            loading: tokio::sync::Mutex::default(),
        })
    }

    /// What new documents are rendered with.
    pub fn current(&self) -> Arc<TemplateSnapshot> {
        Arc::clone(&self.current.borrow())
    }

    /// The templates in use, and each change of them.
    pub fn changes(&self) -> watch::Receiver<Arc<TemplateSnapshot>> {
        self.current.subscribe()
    }

    /// Loads the folder again, and uses it if all of its samples can be rendered. Otherwise the templates before stay in
    /// use. Returns false if a later attempt may succeed although the folder is unchanged.
    pub async fn reload(&self) -> bool {
        match self.try_reload().await {
            Ok(true) => info!(event = "templates_reloaded", "templates reloaded"),
            Ok(false) => info!(event = "templates_unchanged", "templates are unchanged"),
            Err(error) => {
                let is_transient = error.is_transient();
                // With its causes: which file it is, and what the system says.
                let error = format!("{:#}", anyhow::Error::from(error));
                error!(
                    event = "templates_refused",
                    error, "templates not reloaded; the templates before stay in use"
                );
                return !is_transient;
            }
        }
        true
    }

    async fn try_reload(&self) -> Result<bool, TemplatesError> {
        let _one_at_a_time = self.loading.lock().await;
        let catalog = load(&self.root, self.fonts.as_deref()).await?;
        if catalog.digest() == self.current().catalog.digest() {
            return Ok(false);
        }
        let snapshot = TemplateSnapshot::with(catalog, self.settings.clone()).await?;
        log(&snapshot.catalog);
        self.current.send_replace(Arc::new(snapshot));
        Ok(true)
    }

    /// Polls the folder at this interval and reloads it after each change. Does not return.
    pub async fn follow_changes(&self, every: Duration) {
        // Changes between the start and now are not known, so the folder is loaded again after the first poll.
        let mut loaded = None;
        let mut before = self.fingerprint().await;
        loop {
            sleep(every).await;
            let now = self.fingerprint().await;
            // It has changed, but not since the last poll: a folder that is still being copied must not be loaded.
            if loaded != Some(now) && now == before && self.reload().await {
                loaded = Some(now);
            }
            before = now;
        }
    }

    async fn fingerprint(&self) -> Sha256Digest {
        let root = self.root.clone();
        let looking = move || catalog::fingerprint(&[&root]);
        // A folder that does not answer is one that has changed: loading it says why it cannot be used.
        off_the_runtime(move || deadline::within(deadline::READING, looking))
            .await
            .unwrap_or(Sha256Digest::of(b"no answer"))
    }
}

fn log(catalog: &Catalog) {
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
