//! The catalog: the templates of a folder, with all files in memory.
//!
//! A template is a folder with a `main.typ`. All templates share `lib` and `fonts`. Further versions of a template are folders
//! `NAME@VERSION`.

pub mod brand;
pub(crate) mod folder;
pub(crate) mod image;
mod image_parts;
mod template;
mod texts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use invoice::model::TemplateChoice;
use invoice::{Invoice, Sha256Digest};

use self::brand::Brands;
pub use self::folder::fingerprint;
use self::template::Digests;
pub(crate) use self::template::digest_of;
pub use self::template::{RESERVED, Template, is_plain, may_read};
use crate::deadline;
use crate::error::{CatalogError, MissingFont, RenderError};
use crate::fonts::Fonts;
use crate::fonts::extra::{self, ExtraFont};

/// The content of a templates folder, and the fonts.
#[derive(Debug)]
pub struct Catalog {
    root: PathBuf,
    /// Contents by path with a leading slash, as templates name them.
    files: BTreeMap<String, Vec<u8>>,
    digests: Digests,
    /// By folder.
    templates: BTreeMap<String, Template>,
    brands: Brands,
    digest: Sha256Digest,
    fonts: Fonts,
    extra_fonts: Option<PathBuf>,
}

impl Catalog {
    /// Reads the whole folder, without further fonts.
    pub fn load(root: &Path) -> Result<Self, CatalogError> {
        Self::load_with_fonts(root, None)
    }

    /// Reads the whole folder, and the fonts below another folder (`FONTS_DIR`).
    ///
    /// # Errors
    ///
    /// A file cannot be read, also not in time, a file has a fault, or there is no template.
    pub fn load_with_fonts(root: &Path, extra_fonts: Option<&Path>) -> Result<Self, CatalogError> {
        let (folder, fonts) = (root.to_owned(), extra_fonts.map(ToOwned::to_owned));
        let loading = move || Self::load_however_long(&folder, fonts.as_deref());
        deadline::within(deadline::READING, loading).unwrap_or_else(|source| {
            Err(CatalogError::Read {
                path: root.to_owned(),
                source,
            })
        })
    }

    fn load_however_long(root: &Path, extra_fonts: Option<&Path>) -> Result<Self, CatalogError> {
        let mut files = folder::read(root)?;
        for folder in folders(&files) {
            texts::complete(&mut files, &folder)?;
        }
        Self::of_files(root, files, extra_fonts)
    }

    /// A catalog of files in memory, by their path, in which the texts of each language are complete.
    ///
    /// # Errors
    ///
    /// A file has a fault, a font cannot be read, or there is no template.
    pub(crate) fn of_files(
        root: &Path,
        files: BTreeMap<String, Vec<u8>>,
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
            files,
            digests,
            templates,
            brands,
            digest,
            fonts,
            extra_fonts: extra_fonts.map(ToOwned::to_owned),
        })
    }

    /// The folder that it was read from.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All files by their path, which starts with a slash.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
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
        let prefix = template.samples();
        self.files
            .iter()
            .filter(move |(path, _)| path.starts_with(&prefix) && path.ends_with(".json"))
            .map(|(path, content)| (path.as_str(), content.as_slice()))
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

    /// The version that a request names. If it names none: the template whose folder has the plain name, or else the highest
    /// version.
    fn version(&self, choice: &TemplateChoice) -> Result<&Template, RenderError> {
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

/// The folders that are templates.
fn folders(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    files
        .keys()
        .filter_map(|path| path.strip_prefix('/')?.strip_suffix("/main.typ"))
        .filter(|folder| !folder.contains('/') && !RESERVED.contains(folder))
        .map(ToOwned::to_owned)
        .collect()
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
