//! `templates sheet`: every sample in every language at a glance.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use document::catalog::Template;
use document::templates::sheet::{self, Sample, Sheets, Side};
use document::{Catalog, Pool, Priority, TemplateSource};

use crate::app::App;
use crate::cli::error::WrongUsage;
use crate::output::{self, note};
use crate::template_archive::{self, is_digest};

/// Make contact sheets: pictures of every sample in every language.
///
/// A sheet shows one sample: DIR/TEMPLATE/SAMPLE.pdf and .png; one with very many pictures has further parts (.2, .3). Stress
/// samples are shown in their own language: DIR/TEMPLATE/stress/SAMPLE.
/// Documents are rendered as a worker would render them. With --against, all pages are compared, pixel by pixel, with those of
/// other templates, such as those in use: a document that differs is framed in red, first on its sheet, before and after side
/// by side. A template that workers have used is in the bucket under the digest that records and `templates list` have; only this
/// template is compared then, with the same brands and fonts.
///
/// Exit codes: 0 all sheets were made, and nothing differs; 1 something differs, is lost or cannot be rendered. What the other
/// templates do not have is new, which is no difference.
#[derive(Debug, Args)]
pub(super) struct Sheet {
    /// Only the templates of these names
    #[arg(value_name = "TEMPLATE")]
    names: Vec<String>,
    /// Folder for the sheets; it is made where it is missing
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Only these languages, separated by commas
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    languages: Vec<String>,
    /// Show all pages instead of the first, or the first that differs
    #[arg(long)]
    all_pages: bool,
    /// Compare with these templates: a folder, `shipped`, or the digest of a template in the bucket or its first digits, at least 6
    #[arg(long, value_name = "DIR|shipped|DIGEST")]
    against: Option<PathBuf>,
}

/// The templates to compare with.
struct Before {
    catalog: Arc<Catalog>,
    /// Whether it is one template, which was named by its digest.
    is_one: bool,
}

/// What became of all samples.
#[derive(Default)]
struct Counts {
    sheets: usize,
    documents: usize,
    differing: usize,
    new: usize,
    failed: usize,
}

impl Sheet {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let catalog = Arc::new(app.catalog()?);
        self.refuse_unknown_name(&catalog)?;
        let before = self.before(app, &catalog).await?;
        let only = self.only(before.as_ref())?;
        let is_shown = |template: &Template| match &only {
            Some(folder) => template.folder == *folder,
            None => self.wants(template),
        };
        let before = before.map(|before| before.catalog);
        self.refuse_unknown_language(&[Some(&catalog), before.as_ref()])?;
        let templates = catalog.templates();
        let templates: Vec<&Template> = templates.filter(|one| is_shown(one)).collect();
        fs::create_dir_all(&self.output)
            .with_context(|| format!("cannot write {}", self.output.display()))?;
        let pool = Pool::start(app.pool_settings(), Arc::clone(&catalog)).await?;
        let before_pool = match &before {
            Some(before) => Some(Pool::start(app.pool_settings(), Arc::clone(before)).await?),
            None => None,
        };
        let now = Side {
            catalog: &catalog,
            pool: &pool,
            priority: Priority::Ordinary,
        };
        let before = before.as_deref().zip(before_pool.as_ref());
        let before = before.map(|(catalog, pool)| Side {
            catalog,
            pool,
            priority: Priority::Ordinary,
        });
        let mut counts = Counts::default();
        for template in templates {
            for sample in Sample::all(&catalog, template) {
                let sheets = sheet::of_sample(
                    now,
                    before,
                    template,
                    sample,
                    &self.languages,
                    self.all_pages,
                );
                let name = name(sample.path);
                match sheets.await {
                    Ok(sheets) if sheets.documents == 0 => note(format_args!(
                        "note: {name}: no sheet, it has none of the languages, or no font has their letters"
                    )),
                    Ok(sheets) => self.write(&name, &sheets, &mut counts)?,
                    Err(error) => {
                        counts.failed += 1;
                        note(format_args!("error: {name}: {error}"));
                    }
                }
            }
        }
        let lost = before.map_or_else(Vec::new, |before| sheet::lost(&catalog, before.catalog));
        let lost = lost.into_iter().filter(|(template, language)| {
            let is_wanted =
                self.languages.is_empty() || self.languages.iter().any(|one| one == language);
            is_wanted && is_shown(template)
        });
        let lost = lost.map(|(template, language)| format!("{} in {language}", template.folder));
        self.conclude(&counts, &lost.collect::<Vec<_>>())
    }

    fn refuse_unknown_name(&self, catalog: &Catalog) -> anyhow::Result<()> {
        for name in &self.names {
            let mut names = catalog.templates().flat_map(|one| [&one.name, &one.folder]);
            if !names.any(|known| known == name) {
                let known: Vec<&str> = catalog.templates().map(|known| &*known.folder).collect();
                let known = known.join(", ");
                let problem = format!("there is no template {name:?}, expected one of {known}");
                return Err(WrongUsage(problem).into());
            }
        }
        Ok(())
    }

    /// The folder of the one template to compare with, if it is one; the other templates are left out.
    fn only(&self, before: Option<&Before>) -> anyhow::Result<Option<String>> {
        let one = before.filter(|before| before.is_one);
        let Some(one) = one.and_then(|before| before.catalog.templates().next()) else {
            return Ok(None);
        };
        if self.wants(one) {
            return Ok(Some(one.folder.clone()));
        }
        Err(WrongUsage(format!(
            "--against: this is the digest of template {}, expected that of {}",
            one.folder,
            self.names.join(" or ")
        ))
        .into())
    }

    /// A language that only the other templates have is one that was lost.
    fn refuse_unknown_language(&self, catalogs: &[Option<&Arc<Catalog>>]) -> anyhow::Result<()> {
        for language in &self.languages {
            let templates = catalogs.iter().flatten().flat_map(|one| one.templates());
            let mut known = templates.flat_map(|template| &template.languages);
            if !known.any(|known| known == language) {
                let problem = format!("no template has the language {language:?}");
                return Err(WrongUsage(problem).into());
            }
        }
        Ok(())
    }

    fn wants(&self, template: &Template) -> bool {
        let mut names = self.names.iter();
        self.names.is_empty()
            || names.any(|name| [&template.name, &template.folder].contains(&name))
    }

    /// The templates to compare with, and the same further fonts. A folder goes before a digest.
    async fn before(&self, app: &App, now: &Catalog) -> anyhow::Result<Option<Before>> {
        let Some(against) = &self.against else {
            return Ok(None);
        };
        let digits = against.to_str().filter(|text| is_digest(text));
        let (catalog, is_one) = match digits {
            Some(digits) if !against.exists() => {
                let kept = template_archive::find(app.storage().await?, digits, now).await;
                (kept.context("--against")?, true)
            }
            Some(_) | None => {
                let folder = Some(against.clone());
                let source = TemplateSource {
                    folder: folder.filter(|folder| folder != Path::new("shipped")),
                    ..app.settings().documents.source()
                };
                (Catalog::load_from(&source)?, false)
            }
        };
        let catalog = Arc::new(catalog);
        Ok(Some(Before { catalog, is_one }))
    }

    fn write(&self, name: &str, sheets: &Sheets, counts: &mut Counts) -> anyhow::Result<()> {
        for (index, page) in sheets.pages.iter().enumerate() {
            let part = match index {
                0 => name.to_owned(),
                _ => format!("{name}.{}", index + 1),
            };
            let files = [
                (format!("{part}.pdf"), Some(&page.bytes)),
                (format!("{part}.png"), page.picture.as_ref()),
            ];
            for (file, content) in files {
                let path = self.output.join(file);
                let folder = path.parent().unwrap_or(&self.output);
                fs::create_dir_all(folder)
                    .with_context(|| format!("cannot write {}", folder.display()))?;
                output::file::write(&path, content.context("a sheet has no picture")?)
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        counts.sheets += sheets.pages.len();
        counts.documents += sheets.documents;
        counts.differing += sheets.differing.len();
        counts.new += sheets.new.len();
        let mut out = output::stdout();
        write!(out, "{name}: {} documents", sheets.documents)?;
        if !sheets.differing.is_empty() {
            let languages = sheets.differing.join(" ");
            write!(out, ", {} differ: {languages}", sheets.differing.len())?;
        }
        if !sheets.new.is_empty() {
            write!(out, ", {} new: {}", sheets.new.len(), sheets.new.join(" "))?;
        }
        Ok(writeln!(out)?)
    }

    fn conclude(&self, counts: &Counts, lost: &[String]) -> anyhow::Result<()> {
        let mut out = output::stdout();
        for lost in lost {
            writeln!(out, "lost: {lost}")?;
        }
        let folder = self.output.display();
        let (sheets, documents) = (counts.sheets, counts.documents);
        write!(out, "{folder}: {sheets} sheets of {documents} documents")?;
        if self.against.is_some() {
            let new = match counts.new {
                0 => String::new(),
                new => format!(", {new} new"),
            };
            write!(
                out,
                "; {} differ{new}, {} lost",
                counts.differing,
                lost.len()
            )?;
        }
        writeln!(out)?;
        anyhow::ensure!(
            counts.failed == 0,
            "samples that cannot be rendered: {}",
            counts.failed
        );
        anyhow::ensure!(
            counts.differing == 0 && lost.is_empty(),
            "the templates differ from those of --against"
        );
        Ok(())
    }
}

/// The name of a sheet, without its ending: `invoice/stress/paid` for `/invoice/samples/stress/paid.json`.
fn name(sample: &str) -> String {
    let name = sample.trim_start_matches('/').trim_end_matches(".json");
    name.replacen("/samples/", "/", 1)
}
