//! `render-again`: the document of a record, from the request in it and the templates that rendered it.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use document::LiveTemplates;

use super::show::IdentityArgs;
use crate::app::App;
use crate::invoices;
use crate::output::{self, note};

/// Render the document of a record again, whatever is in the templates folder by now.
///
/// The request comes from the database, the templates from TEMPLATES_DIR, the program or the bucket, where workers store them. The file
/// is written only if it has the recorded SHA-256; the bucket is not changed.
#[derive(Debug, Args)]
pub struct RenderAgain {
    #[command(flatten)]
    identity: IdentityArgs,
    /// Where to write the PDF
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl RenderAgain {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let identity = self.identity.identity()?;
        let record = invoices::record(app.database().await?, &identity).await?;
        let in_use = if may_have(app, record.template_digest.as_deref()) {
            in_use(app).await
        } else {
            None
        };
        let archive = app.template_archive(in_use).await?;
        let pdf = archive.render_record(&record).await?;
        output::file::write(&self.output, &pdf.bytes)
            .with_context(|| format!("cannot write {}", self.output.display()))?;
        let (path, bytes) = (self.output.display(), pdf.bytes.len());
        writeln!(output::stdout(), "{path}: {bytes} bytes, as recorded")?;
        Ok(())
    }
}

/// Whether the template with this digest is in the folder, or the folder cannot be read.
fn may_have(app: &App, digest: Option<&str>) -> bool {
    app.catalog().map_or(true, |catalog| {
        let template = digest.and_then(|digest| catalog.with_digest(digest));
        template.is_some()
    })
}

/// The templates of the folder. One that cannot be used is not needed: the bucket has what documents were rendered with.
pub(super) async fn in_use(app: &App) -> Option<Arc<LiveTemplates>> {
    let unusable = |error| {
        note(format_args!(
            "the templates of TEMPLATES_DIR or the program are not used: {error}"
        ))
    };
    app.templates().await.map_err(unusable).ok()
}
