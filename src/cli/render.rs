//! `render`: a document from a request, on this machine, without servers.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use document::catalog::fingerprint;
use document::templates::report;
use document::{Preview, PreviewError, RenderError, preview};

use super::error::WrongUsage;
use super::input;
use crate::app::App;
use crate::output::{self, note};

/// Render one document from a request, without any server.
///
/// The same code as in the worker, and the same bytes. Errors of a template have file, line and column.
#[derive(Debug, Args)]
pub struct Render {
    /// File with a request in JSON; - is standard input
    #[arg(value_name = "FILE")]
    request: PathBuf,
    /// Where to write the PDF; - is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Also write a picture of each page beside the PDF: OUT-1.png, OUT-2.png, ...
    #[arg(long)]
    png: bool,
    /// Render it again whenever the request or a file of the templates is saved, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
}

/// How often `--watch` polls: to a person, at once.
const LOOK_EVERY: Duration = Duration::from_millis(200);

impl Render {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        if (self.watch || self.png) && self.to_standard_output()
            || self.watch && input::is_standard(&self.request)
        {
            let problem =
                "--watch needs files to read and to write, --png one beside which pictures go";
            return Err(WrongUsage(problem.into()).into());
        }
        if !self.watch {
            return self.render(app);
        }
        let templates = app.settings().documents.templates_dir.as_deref();
        let watched: Vec<&Path> = templates.into_iter().chain([&*self.request]).collect();
        loop {
            // Taken before rendering: what is saved meanwhile is rendered next.
            let seen = fingerprint(&watched);
            if let Err(error) = self.render(app) {
                note(format_args!("error: {error:#}"));
            }
            while fingerprint(&watched) == seen {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            note("");
        }
    }

    /// Renders it once.
    fn render(&self, app: &App) -> anyhow::Result<()> {
        let started = Instant::now();
        let body = input::read(&self.request)?;
        let catalog = app.catalog()?;
        let limits = app.request_limits()?;
        let Preview { pdf, pictures } = match preview(&catalog, &body, limits, self.png) {
            Err(PreviewError::Request(invalid)) => {
                for problem in invalid.problems() {
                    note(format_args!("{} {problem}", problem.code));
                }
                anyhow::bail!("the request is not valid");
            }
            Err(PreviewError::Render(error @ RenderError::Template(_))) => {
                note(report::render_error(&error, &catalog));
                anyhow::bail!("the template does not compile with this request");
            }
            Err(PreviewError::Render(error @ RenderError::ContentMismatch(_))) => {
                note(report::render_error(&error, &catalog));
                anyhow::bail!("the page does not show what the request has");
            }
            other => other?,
        };
        for warning in &pdf.warnings {
            note(report::diagnostic("warning", warning, &catalog));
        }
        // The PDF last: when it is there, the pictures are there too.
        for (index, picture) in pictures.iter().enumerate() {
            write_if_changed(&self.picture(index + 1), picture)?;
        }
        if self.png {
            self.remove_pictures_after(pictures.len())?;
        }
        let summary = format!(
            "{}: {} {}, {} bytes, {} ms",
            self.output.display(),
            pdf.pages,
            if pdf.pages == 1 { "page" } else { "pages" },
            pdf.bytes.len(),
            started.elapsed().as_millis()
        );
        if self.to_standard_output() {
            let mut out = output::stream();
            out.write_all(&pdf.bytes)?;
            out.flush()?;
            note(summary);
        } else {
            write_if_changed(&self.output, &pdf.bytes)?;
            writeln!(output::stdout(), "{summary}")?;
        }
        Ok(())
    }

    fn to_standard_output(&self) -> bool {
        input::is_standard(&self.output) || self.output == Path::new("/dev/stdout")
    }

    /// Those of an earlier run that had more pages.
    fn remove_pictures_after(&self, pages: usize) -> anyhow::Result<()> {
        for page in pages + 1.. {
            let picture = self.picture(page);
            if !picture.is_file() {
                break;
            }
            fs::remove_file(&picture)
                .with_context(|| format!("cannot remove {}", picture.display()))?;
        }
        Ok(())
    }

    /// `out.pdf` has `out-1.png` beside it.
    fn picture(&self, page: usize) -> PathBuf {
        let stem = self.output.file_stem().unwrap_or_default().display();
        self.output.with_file_name(format!("{stem}-{page}.png"))
    }
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
