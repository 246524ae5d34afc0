//! The templates in use: loaded, tested with their samples, and replaced while the worker runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{debug, error, info, warn};

use super::logos;
use super::lost::lost;
use super::samples::{self, SampleFault};
use crate::catalog::{self, Catalog};
use crate::deadline;
use crate::error::{CatalogError, RenderError};
use crate::renderer::{Pool, PoolSettings};
use crate::source::TemplateSource;
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
    /// Samples or logos cannot be rendered.
    #[error(
        "TEMPLATES_DIR: {} of the templates' samples and the brands' logos cannot be rendered: {}",
        faults.len(),
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Broken {
        /// One fault for each sample or logo that cannot be rendered; never empty.
        faults: Vec<SampleFault>,
        /// The faults as text for a terminal.
        report: String,
    },
    /// A reload would take away what requests may ask for, or a brand.
    #[error("a reload would take away {}; restart to load the templates all the same", .0.join("; "))]
    Lost(Vec<String>),
}

impl TemplatesError {
    /// Whether the same files may be usable later without a change.
    pub fn is_transient(&self) -> bool {
        match self {
            // Permissions may be corrected and mounts may come back without a change of the files.
            Self::Catalog(CatalogError::Read { .. } | CatalogError::Fonts { .. }) => true,
            Self::Catalog(
                CatalogError::Empty(_) | CatalogError::File { .. } | CatalogError::Files(_),
            ) => false,
            Self::Render(error) => error.is_transient(),
            Self::Broken { .. } | Self::Lost(_) => false,
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
    /// Renders all samples and logos, as a start does, and keeps nothing.
    ///
    /// # Errors
    ///
    /// No renderer starts, or a sample or a logo cannot be rendered.
    pub async fn try_out(
        catalog: Arc<Catalog>,
        settings: PoolSettings,
    ) -> Result<(), TemplatesError> {
        Self::with(catalog, settings).await.map(drop)
    }

    /// Renders all samples and logos.
    ///
    /// Those of the shipped templates as well: whether a document can be rendered depends also on the limits, on
    /// `FONTS_DIR` and on the machine, and a start tries all of that before it takes a message.
    async fn with(catalog: Arc<Catalog>, settings: PoolSettings) -> Result<Self, TemplatesError> {
        let pool = Pool::start(settings, Arc::clone(&catalog)).await?;
        let mut faults = logos::try_all(&catalog, &pool).await;
        faults.extend(samples::render_all(&catalog, &pool).await);
        if faults.is_empty() {
            return Ok(Self { catalog, pool });
        }
        let report = samples::report(&faults, &catalog).to_string();
        Err(TemplatesError::Broken { faults, report })
    }
}

async fn load(source: &TemplateSource) -> Result<Arc<Catalog>, CatalogError> {
    let source = source.clone();
    off_the_runtime(move || Catalog::load_from(&source).map(Arc::new)).await
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
    source: TemplateSource,
    settings: PoolSettings,
    current: watch::Sender<Arc<TemplateSnapshot>>,
    /// Why the last reload was refused; none after one that was not.
    refused: watch::Sender<Option<String>>,
    /// Locked while a snapshot is loaded, so that snapshots are loaded one after the other. The fingerprint of the folder with
    /// further fonts, as it was before the last one was loaded: no digest of templates covers these.
    loading: tokio::sync::Mutex<Sha256Digest>,
}

impl LiveTemplates {
    /// Loads templates and fonts, starts renderers and renders all samples.
    ///
    /// # Errors
    ///
    /// The folder cannot be used, no renderer starts, or a sample cannot be rendered.
    pub async fn start(
        source: TemplateSource,
        settings: PoolSettings,
    ) -> Result<Self, TemplatesError> {
        let fonts_before = fingerprint(source.fonts.iter().collect()).await;
        let catalog = load(&source).await?;
        let snapshot = TemplateSnapshot::with(catalog, settings.clone()).await?;
        log(&snapshot.catalog);
        Ok(Self {
            source,
            settings,
            current: watch::Sender::new(Arc::new(snapshot)),
            refused: watch::Sender::default(),
            loading: tokio::sync::Mutex::new(fonts_before),
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

    /// Why the last reload was refused, and each change of that; none after a reload that was not.
    pub fn refused(&self) -> watch::Receiver<Option<String>> {
        self.refused.subscribe()
    }

    /// Loads the folder again, and uses it if all of its samples can be rendered and nothing that requests may ask for is lost.
    /// Otherwise the templates before stay in use. Returns false if a later attempt may succeed although the folder is unchanged.
    ///
    /// The shipped templates do not change while the program runs; fonts of a folder may.
    pub async fn reload(&self) -> bool {
        if self.source.never_changes() {
            nothing_to_reload();
            return true;
        }
        let reloaded = self.try_reload().await;
        if reloaded.is_ok() {
            self.refused.send_replace(None);
        }
        match reloaded {
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
                self.refused.send_replace(Some(error));
                return !is_transient;
            }
        }
        true
    }

    async fn try_reload(&self) -> Result<bool, TemplatesError> {
        let mut fonts_before = self.loading.lock().await;
        let fonts = fingerprint(self.source.fonts.iter().collect()).await;
        let catalog = load(&self.source).await?;
        if catalog.digest() == self.current().catalog.digest() && fonts == *fonts_before {
            return Ok(false);
        }
        let lost = lost(&self.current().catalog, &catalog);
        if !lost.is_empty() {
            return Err(TemplatesError::Lost(lost));
        }
        let snapshot = TemplateSnapshot::with(catalog, self.settings.clone()).await?;
        log(&snapshot.catalog);
        self.current.send_replace(Arc::new(snapshot));
        *fonts_before = fonts;
        Ok(true)
    }

    /// Polls the folders at this interval and reloads them after each change. Returns only where there is no folder.
    pub async fn follow_changes(&self, every: Duration) {
        if self.source.never_changes() {
            return nothing_to_reload();
        }
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
        let TemplateSource { folder, fonts } = &self.source;
        fingerprint(folder.iter().chain(fonts).collect()).await
    }
}

async fn fingerprint(folders: Vec<&PathBuf>) -> Sha256Digest {
    let folders: Vec<PathBuf> = folders.into_iter().cloned().collect();
    let looking = move || {
        let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
        catalog::fingerprint(&folders)
    };
    // A folder that does not answer is one that has changed: loading it says why it cannot be used.
    off_the_runtime(move || deadline::within(deadline::READING, looking))
        .await
        .unwrap_or(Sha256Digest::of(b"no answer"))
}

fn nothing_to_reload() {
    info!(
        event = "templates_not_reloaded",
        "the templates are those in the program, which do not change; set TEMPLATES_DIR or FONTS_DIR to use those of a folder"
    );
}

/// Two lines at most; the rest is at debug level.
fn log(catalog: &Catalog) {
    let templates = catalog.templates();
    let templates = templates.map(|template| format!("{}@{}", template.name, template.version()));
    info!(
        event = "templates_loaded",
        from = %catalog.root().display(),
        templates = templates.collect::<Vec<_>>().join(" "),
        "templates loaded"
    );
    let without_font = catalog.without_font();
    if !without_font.is_empty() {
        let languages = without_font.iter().map(|missing| &*missing.language);
        info!(
            event = "fonts_missing",
            languages = languages.collect::<Vec<_>>().join(" "),
            "no font has the letters of these languages; requests in them are refused until FONTS_DIR has such fonts"
        );
    }
    for missing in without_font {
        debug!(
            event = "font_missing",
            language = missing.language,
            "{missing}"
        );
    }
    for fault in catalog.logos_in_other_fonts() {
        warn!(event = "logo_font_missing", "{fault}");
    }
    for template in catalog.templates() {
        debug!(
            event = "template_loaded",
            template = template.name,
            version = template.version(),
            digest = template.short_digest(),
            languages = template.languages.join(" "),
            "template"
        );
    }
}
