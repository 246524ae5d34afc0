//! The templates, with and without renderers.

use std::sync::Arc;
use std::time::Duration;

use document::catalog::Needed;
use document::{
    Catalog, CatalogError, FileFault, LiveTemplates, PoolSettings, TemplateSource, TemplatesError,
};
use invoice::Invoice;

use super::App;
use super::usable::notice_unused_templates;

impl App {
    /// The templates, without renderers.
    pub fn catalog(&self) -> Result<Catalog, CatalogError> {
        Catalog::load_from(&self.template_source())
    }

    /// The templates that an invoice needs, without renderers, and the faults of those that it does not need.
    pub fn catalog_for(
        &self,
        invoice: &Invoice,
    ) -> Result<(Catalog, Vec<FileFault>), CatalogError> {
        Catalog::load_needed(&self.template_source(), &Needed::by(invoice))
    }

    fn template_source(&self) -> TemplateSource {
        let source = self.settings.documents.source();
        if source.folder.is_none() {
            notice_unused_templates();
        }
        source
    }

    /// How many renderers there are, and what each may use.
    pub fn pool_settings(&self) -> PoolSettings {
        let documents = &self.settings.documents;
        PoolSettings {
            renderers: self.settings.worker.concurrency(),
            timeout: Duration::from_secs(documents.render_timeout_seconds),
            memory_mib: documents.render_memory_mib,
            bulk_share_percent: self.settings.worker.bulk_share_percent,
            is_background: false,
        }
    }

    /// The templates with their renderers. All samples are rendered first: a broken template keeps the program from
    /// starting, instead of turning requests into dead letters.
    pub async fn templates(&self) -> Result<Arc<LiveTemplates>, TemplatesError> {
        let source = self.template_source();
        let templates = LiveTemplates::start(source, self.pool_settings()).await?;
        let templates = Arc::new(templates);
        self.templates.set(Arc::clone(&templates)).ok();
        Ok(templates)
    }
}
