//! The catalog: the templates of a folder, with all files in memory.
//!
//! A template is a folder with a `main.typ`. All templates share `lib` and `fonts`. Further versions of a template are folders
//! `NAME@VERSION`.

pub mod brand;
mod colour;
mod doubts;
pub(crate) mod folder;
pub(crate) mod image;
mod image_parts;
pub(crate) mod json;
pub(crate) mod labels;
mod languages;
mod lenient;
mod logo_fonts;
pub mod promise;
mod reference;
mod template;
mod texts;
mod unfinished;
mod warning;
pub(crate) mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use invoice::model::TemplateChoice;
use invoice::{Invoice, Sha256Digest};

use self::brand::Brands;
pub use self::folder::fingerprint;
use self::labels::{AllLabels, Labels};
pub use self::lenient::Needed;
use self::template::Digests;
pub use self::template::{RESERVED, Template, is_plain, may_read};
pub(crate) use self::template::{digest_of, folders};
use self::words::{AllWords, Words};
use crate::deadline;
use crate::error::{CatalogError, MissingFont, RenderError, shown};
use crate::files::Files;
use crate::fonts::Fonts;
use crate::fonts::extra::{self, ExtraFont};
use crate::fonts::list::FontFamily;
use crate::shipped;
use crate::source::TemplateSource;

/// The folder of stress samples in that of the samples.
const STRESS: &str = "stress";

/// The content of a templates folder, and the fonts.
#[derive(Debug)]
pub struct Catalog {
    root: PathBuf,
    /// Contents by path with a leading slash, as templates name them.
    files: Files,
    digests: Digests,
    /// By folder.
    templates: BTreeMap<String, Template>,
    words: AllWords,
    labels: AllLabels,
    brands: Brands,
    digest: Sha256Digest,
    fonts: Fonts,
    extra_fonts: Option<PathBuf>,
}

impl Catalog {
    /// Reads the whole folder, without further fonts.
    pub fn load(root: &Path) -> Result<Self, CatalogError> {
        Self::load_from(&TemplateSource::folder(root))
    }

    /// Reads the whole templates folder, or takes the shipped templates, and reads the fonts below another folder.
    ///
    /// # Errors
    ///
    /// A file cannot be read, also not in time, a file has a fault, or there is no template.
    pub fn load_from(from: &TemplateSource) -> Result<Self, CatalogError> {
        let source = from.clone();
        let loading = move || {
            let loaded = Self::load_however_long(&source);
            loaded.map_err(|error| error.below(source.root()))
        };
        deadline::within(deadline::READING, loading).unwrap_or_else(|source| {
            Err(CatalogError::Read {
                path: from.root().to_owned(),
                source,
            })
        })
    }

    fn load_however_long(source: &TemplateSource) -> Result<Self, CatalogError> {
        Self::of_read_files(source, read_files(source)?)
    }

    fn of_read_files(source: &TemplateSource, mut files: Files) -> Result<Self, CatalogError> {
        let unfinished = unfinished::without_main(&files);
        if !unfinished.is_empty() {
            return Err(CatalogError::Files(unfinished));
        }
        let names = folders(&files);
        let mut lacking = languages::complete(&mut files, &names)?;
        let mut catalog = Self::of_files(source.root(), files, source.fonts.as_deref())?;
        for (folder, template) in &mut catalog.templates {
            template.lacking = lacking.remove(folder).unwrap_or_default();
        }
        Ok(catalog)
    }

    /// The shipped templates with other files among them, by their paths.
    #[cfg(test)]
    pub(crate) fn shipped_with(changed: Files, fonts: Option<&Path>) -> Self {
        let mut files = shipped::files();
        files.extend(changed);
        let names = folders(&files);
        languages::complete(&mut files, &names).expect("texts");
        Self::of_files(Path::new("shipped"), files, fonts).expect("templates")
    }

    /// A catalog of files in memory, by their path, in which the texts of each language are complete.
    ///
    /// # Errors
    ///
    /// A file has a fault, a font cannot be read, or there is no template.
    pub(crate) fn of_files(
        root: &Path,
        files: Files,
        extra_fonts: Option<&Path>,
    ) -> Result<Self, CatalogError> {
        for (path, content) in files.iter().filter(|(path, _)| image::is_image(path)) {
            image::check_size(path, content).map_err(|problem| CatalogError::File {
                path: path.clone(),
                problem,
            })?;
        }
        let names = folders(&files);
        if names.is_empty() {
            return Err(CatalogError::Empty(root.to_owned()));
        }
        let brands = Brands::load(&files)?;
        let fonts = Fonts::load(&files, extra_fonts)?;
        brands.check_together(&fonts)?;
        let digests: Digests = files
            .iter()
            .map(|(path, content)| (path.clone(), Sha256Digest::of(content)))
            .collect();
        let mut templates = BTreeMap::new();
        for folder in names {
            let template = Template::read(&folder, &files, &digests, &fonts)?;
            let known = |other: &Template| {
                (&other.name, other.version()) == (&template.name, template.version())
            };
            if let Some(other) = templates.values().find(|other| known(other)) {
                let problem = format!(
                    "has the same name and version as the folder {}",
                    other.folder
                );
                return Err(template.fault(problem));
            }
            templates.insert(folder, template);
        }
        let digest = digest_of(digests.iter());
        Ok(Self {
            root: root.to_owned(),
            words: AllWords::new(&files),
            labels: AllLabels::new(&files),
            files,
            digests,
            templates,
            brands,
            digest,
            fonts,
            extra_fonts: extra_fonts.map(ToOwned::to_owned),
        })
    }

    /// The folder that it was read from; `shipped` where it is in the program.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path of its files as the user named the folder.
    pub fn shown(&self, path: &str) -> String {
        shown(&self.root, path)
    }

    /// All files by their path, which starts with a slash.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// All templates, in the order of their names.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.templates.values()
    }

    /// The template whose files have this digest, hexadecimal.
    pub fn with_digest(&self, digest: &str) -> Option<&Template> {
        self.templates()
            .find(|template| template.digest.to_string() == digest)
    }

    /// The files that a template's digest covers, and the digest of each.
    pub fn files_of<'a>(
        &'a self,
        template: &'a Template,
    ) -> impl Iterator<Item = (&'a str, Sha256Digest)> {
        let files = self.digests.iter();
        let covered = files.filter(|(path, _)| template.depends_on(path));
        covered.map(|(path, digest)| (path.as_str(), *digest))
    }

    /// The digest of the file at this path.
    pub(crate) fn digest_of_file(&self, path: &str) -> Option<Sha256Digest> {
        self.digests.get(path).copied()
    }

    /// The further fonts, each of them read.
    ///
    /// # Errors
    ///
    /// The folder or a font cannot be read, also not in time, or a font is too large.
    pub fn read_extra_fonts(&self) -> Result<Vec<ExtraFont>, CatalogError> {
        extra::fonts(self.extra_fonts())
    }

    /// The digest of all files. Two catalogs with the same digest have the same files.
    pub fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// A template's samples: requests in JSON, with their paths.
    pub fn samples(&self, template: &Template) -> impl Iterator<Item = (&str, &[u8])> {
        self.requests_in(template.samples())
    }

    /// A template's samples of what strains a design: many lines, long names. Checks render them, a start does not.
    pub fn stress_samples(&self, template: &Template) -> impl Iterator<Item = (&str, &[u8])> {
        self.requests_in(format!("{}{STRESS}/", template.samples()))
    }

    /// The requests of a folder, without those of the folders in it.
    fn requests_in(&self, folder: String) -> impl Iterator<Item = (&str, &[u8])> {
        let is_request = move |path: &str| {
            let name = path.strip_prefix(&folder);
            name.is_some_and(|name| name.ends_with(".json") && !name.contains('/'))
        };
        self.files
            .iter()
            .filter(move |(path, _)| is_request(path))
            .map(|(path, content)| (path.as_str(), &**content))
    }

    /// The brands of shops.
    pub fn brands(&self) -> &Brands {
        &self.brands
    }

    /// All fonts.
    pub(crate) fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    /// The folder of further fonts.
    pub(crate) fn extra_fonts(&self) -> Option<&Path> {
        self.extra_fonts.as_deref()
    }

    /// The font families that templates can name, in the order in which a document looks for a character.
    pub fn font_families(&self) -> Vec<FontFamily> {
        let mut texts = BTreeMap::<String, String>::new();
        for template in self.templates() {
            for language in template.base_languages() {
                let text = template.words_in(language, &self.files);
                *texts.entry(language.clone()).or_default() += &text;
            }
        }
        self.fonts.listed(&texts, |path| self.shown(path))
    }

    /// The languages of all templates whose letters are in no font, each once.
    pub fn without_font(&self) -> Vec<&MissingFont> {
        let mut missing: Vec<&MissingFont> = Vec::new();
        for language in self.templates().flat_map(|template| &template.without_font) {
            let mut known = missing.iter().map(|known| &known.language);
            if !known.any(|known| *known == language.language) {
                missing.push(language);
            }
        }
        missing
    }

    /// The template that an invoice names, and the one of its languages that is for the reader.
    ///
    /// # Errors
    ///
    /// The template, its version or the language does not exist, or no font has the letters of the language.
    pub fn choose(&self, invoice: &Invoice) -> Result<(&Template, &str), RenderError> {
        let template = self.version(&invoice.template)?;
        Ok((template, template.language(invoice)?))
    }

    /// The words of a template for codes, for readers of these locales, the nearest first.
    pub(crate) fn words(&self, template: &Template, locales: &[String]) -> &Words {
        self.words.of(&self.files, &template.folder, locales)
    }

    /// The texts of a template in one of its languages, by key.
    pub(crate) fn labels(&self, template: &Template, language: &str) -> &Labels {
        self.labels.of(&self.files, &template.folder, language)
    }

    /// The version that a request names. If it names none: the template whose folder has the plain name, or else the highest
    /// version.
    ///
    /// # Errors
    ///
    /// The template or its version does not exist.
    pub(crate) fn version(&self, choice: &TemplateChoice) -> Result<&Template, RenderError> {
        let versions = || {
            self.templates
                .values()
                .filter(|template| template.name == choice.name)
        };
        let in_force = match versions().find(|template| template.folder == template.name) {
            Some(template) => template,
            None => versions()
                .max_by_key(|template| template.declared_version.as_deref().map(ordered))
                .ok_or_else(|| RenderError::TemplateUnknown {
                    known: join(self.templates.values().map(|other| other.name.clone())),
                })?,
        };
        let Some(wanted) = &choice.version else {
            return Ok(in_force);
        };
        versions()
            .find(|template| {
                template.declared_version.as_ref() == Some(wanted)
                    || template.short_digest() == *wanted
            })
            .ok_or_else(|| RenderError::TemplateVersion {
                known: join(versions().map(Template::version)),
            })
    }
}

/// The files of a folder, or those of the shipped templates.
fn read_files(source: &TemplateSource) -> Result<Files, CatalogError> {
    match &source.folder {
        Some(folder) => folder::read(folder),
        None => Ok(shipped::files()),
    }
}

/// A key that sorts versions by their numbers: `2` before `10`, `1.9` before `1.10`.
fn ordered(version: &str) -> Vec<(u64, &str)> {
    version
        .split(['.', '-'])
        .map(|part| (part.parse().unwrap_or_default(), part))
        .collect()
}

fn join(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests;
