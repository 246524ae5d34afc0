//! `render`: a document from a request, on this machine, without servers.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use document::catalog::fingerprint;
use document::templates::report;
use document::{Preview, RenderError, preview};
use einvoice::EInvoice;
use invoice::{InvalidRequest, Invoice, Warning};

use super::error::WrongUsage;
use super::input;
use super::render_xml::XmlArgs;
use crate::app::App;
use crate::e_invoices::{check, embedded};
use crate::output::{self, note};
use crate::text::harmless;

/// Render one document from a request, without any server.
///
/// The same code as in the worker, and the same bytes. Errors of a template have file, line and column. A request with
/// `eInvoice` gives a document with its e-invoice in it; `--xml` writes the XML as well, or alone.
#[derive(Debug, Args)]
pub struct Render {
    /// File with a request in JSON; - is standard input
    #[arg(value_name = "FILE")]
    request: PathBuf,
    /// Where to write the PDF; - is standard output. Not needed with --xml
    #[arg(short, long, value_name = "FILE", required_unless_present = "xml")]
    output: Option<PathBuf>,
    #[command(flatten)]
    xml: XmlArgs,
    /// Also write a picture of each page beside the PDF: OUT-1.png, OUT-2.png, ...
    #[arg(long, requires = "output")]
    png: bool,
    /// Render it again whenever the request or a file of the templates is saved, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
}

/// How often `--watch` polls: to a person, at once.
const LOOK_EVERY: Duration = Duration::from_millis(200);

impl Render {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let outputs: Vec<&Path> = self
            .output
            .iter()
            .chain(self.xml.path())
            .map(|it| &**it)
            .collect();
        let to_standard = outputs
            .iter()
            .filter(|path| is_standard_output(path))
            .count();
        if (self.watch || self.png) && to_standard > 0
            || self.watch && input::is_standard(&self.request)
        {
            let problem =
                "--watch needs files to read and to write, --png one beside which pictures go";
            return Err(WrongUsage(problem.into()).into());
        }
        if to_standard > 1 {
            let problem = "standard output can take the PDF or the XML, not both";
            return Err(WrongUsage(problem.into()).into());
        }
        if !self.watch {
            return self.render(app).await;
        }
        let templates = app.settings().documents.templates_dir.as_deref();
        let watched: Vec<&Path> = templates.into_iter().chain([&*self.request]).collect();
        loop {
            // Taken before rendering: what is saved meanwhile is rendered next.
            let seen = fingerprint(&watched);
            if let Err(error) = self.render(app).await {
                note(format_args!("error: {error:#}"));
            }
            while fingerprint(&watched) == seen {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            note("");
        }
    }

    /// Renders it once.
    async fn render(&self, app: &App) -> anyhow::Result<()> {
        let started = Instant::now();
        let body = input::read(&self.request)?;
        let checked = check(&body, app.request_limits()?).map_err(|invalid| refused(&invalid))?;
        let invoice = checked
            .parsed
            .invoice
            .map_err(|invalid| refused(&invalid))?;
        warn(&checked.parsed.warnings);
        let e_invoice = checked.e_invoice;
        let xml = self.xml.made(&invoice, e_invoice.as_ref())?;
        if let Some(output) = &self.output {
            let document = self.document(app, output, &invoice, e_invoice.as_ref());
            let (bytes, pages) = document.await?;
            let summary = format!(
                "{}: {} {}, {} bytes, {} ms",
                output.display(),
                pages,
                if pages == 1 { "page" } else { "pages" },
                bytes.len(),
                started.elapsed().as_millis()
            );
            write(output, &bytes, &summary)?;
        }
        if let Some((path, e_invoice)) = xml {
            let (profile, bytes) = (e_invoice.profile.as_str(), &e_invoice.xml);
            let summary = format!("{}: {profile}, {} bytes", path.display(), bytes.len());
            write(path, bytes, &summary)?;
        }
        Ok(())
    }

    /// The PDF, and the number of its pages; pictures of these are written.
    async fn document(
        &self,
        app: &App,
        output: &Path,
        invoice: &Invoice,
        e_invoice: Option<&EInvoice>,
    ) -> anyhow::Result<(Vec<u8>, usize)> {
        let (catalog, faults) = app.catalog_for(invoice)?;
        for fault in faults {
            note(format_args!("warning: {fault}"));
        }
        let Preview { pdf, pictures } = match preview(&catalog, invoice, self.png) {
            Err(error @ RenderError::Template(_)) => {
                note(report::render_error(&error, &catalog));
                anyhow::bail!("the template does not compile with this request");
            }
            Err(error @ RenderError::ContentMismatch(_)) => {
                note(report::render_error(&error, &catalog));
                anyhow::bail!("the page does not show what the request has");
            }
            other => other?,
        };
        for warning in &pdf.warnings {
            note(report::diagnostic("warning", warning, &catalog));
        }
        let pdf = embedded(pdf, invoice, e_invoice).await?;
        // The PDF last: when it is there, the pictures are there too.
        for (index, bytes) in pictures.iter().enumerate() {
            write_if_changed(&picture(output, index + 1), bytes)?;
        }
        if self.png {
            remove_pictures_after(output, pictures.len())?;
        }
        Ok((pdf.bytes, pdf.pages))
    }
}

/// Prints what is wrong with a request.
fn refused(invalid: &InvalidRequest) -> anyhow::Error {
    for problem in invalid.problems() {
        note(format_args!("{} {problem}", problem.code));
    }
    warn(invalid.warnings());
    anyhow::anyhow!("the request is not valid")
}

/// Prints what is suspicious in a request, as `validate` does: a member that is no field leaves no trace on the page.
fn warn(warnings: &[Warning]) {
    for warning in warnings {
        note(harmless(&format!("warning {warning}")));
    }
}

/// Writes a file, and says so.
fn write(path: &Path, bytes: &[u8], summary: &str) -> anyhow::Result<()> {
    if is_standard_output(path) {
        let mut out = output::stream();
        out.write_all(bytes)?;
        out.flush()?;
        note(summary);
    } else {
        write_if_changed(path, bytes)?;
        writeln!(output::stdout(), "{summary}")?;
    }
    Ok(())
}

fn is_standard_output(path: &Path) -> bool {
    input::is_standard(path) || path == Path::new("/dev/stdout")
}

/// Those of an earlier run that had more pages.
fn remove_pictures_after(output: &Path, pages: usize) -> anyhow::Result<()> {
    for page in pages + 1.. {
        let picture = picture(output, page);
        if !picture.is_file() {
            break;
        }
        fs::remove_file(&picture)
            .with_context(|| format!("cannot remove {}", picture.display()))?;
    }
    Ok(())
}

/// `out.pdf` has `out-1.png` beside it.
fn picture(output: &Path, page: usize) -> PathBuf {
    let stem = output.file_stem().unwrap_or_default().display();
    output.with_file_name(format!("{stem}-{page}.png"))
}

/// Where the output is in a watched folder, writing the same bytes again would be a change, and rendered again without
/// end.
fn write_if_changed(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    // A pipe would be waited for.
    if path.is_file() && fs::read(path).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    output::file::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
