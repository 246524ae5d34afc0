//! The templates folder: which templates there are, and all their files in memory.
//!
//! A template is a folder with a `main.typ`. `lib` and `fonts` are shared. Several versions of a template stand side by
//! side as folders `NAME@VERSION`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::error::{CatalogError, MissingFont, RenderError};
use crate::fonts::Fonts;
use crate::templates::brand::Brands;
use crate::templates::image;
use crate::templates::texts;
use invoice::Invoice;
use invoice::Sha256Digest;
use invoice::model::TemplateChoice;

/// Everything below the templates folder.
#[derive(Debug)]
pub struct Catalog {
    root: PathBuf,
    /// Contents by path with a leading slash, as templates name them.
    files: BTreeMap<String, Vec<u8>>,
    /// By folder.
    templates: BTreeMap<String, Template>,
    brands: Brands,
    digest: Sha256Digest,
    fonts: Fonts,
    extra_fonts: Option<PathBuf>,
}

/// One template.
#[derive(Clone, Debug)]
pub struct Template {
    /// What requests call it.
    pub name: String,
    /// Its folder: the name, or `NAME@VERSION`.
    pub folder: String,
    /// The version that it declares, in the folder's name or in `template.json`.
    pub declared_version: Option<String>,
    /// What it is for, from `template.json`.
    pub description: Option<String>,
    /// The digest of all files that it is made of: shared parts and fonts included, samples not.
    pub digest: Sha256Digest,
    /// Languages that it has texts for, as tags of BCP 47.
    pub languages: Vec<String>,
    /// Those of them that no font has the letters of.
    pub without_font: Vec<MissingFont>,
}

impl Catalog {
    /// Reads the whole folder; there are no fonts but those in it.
    pub fn load(root: &Path) -> Result<Self, CatalogError> {
        Self::load_with_fonts(root, None)
    }

    /// Reads the whole folder, and what fonts there are below another one (`FONTS_DIR`).
    pub fn load_with_fonts(root: &Path, extra_fonts: Option<&Path>) -> Result<Self, CatalogError> {
        let mut files = BTreeMap::new();
        read_folder(root, "", &mut files)?;
        for (path, content) in files.iter().filter(|(path, _)| image::is_image(path)) {
            image::check_size(path, content).map_err(|problem| CatalogError::File {
                path: path.clone(),
                problem,
            })?;
        }
        let brands = Brands::load(&files)?;
        let names: Vec<String> = files
            .keys()
            .filter_map(|path| path.strip_prefix('/')?.strip_suffix("/main.typ"))
            .filter(|folder| !folder.contains('/') && !RESERVED.contains(folder))
            .map(ToOwned::to_owned)
            .collect();
        if names.is_empty() {
            return Err(CatalogError::Empty(root.to_owned()));
        }
        for folder in &names {
            texts::complete(&mut files, folder)?;
        }
        let fonts = Fonts::load(&files, extra_fonts)?;
        let digests: Digests = files
            .iter()
            .map(|(path, content)| (path.as_str(), Sha256Digest::of(content)))
            .collect();
        let mut templates = BTreeMap::new();
        for folder in names {
            let mut template = Template::read(&folder, &files, &digests)?;
            template.without_font = without_font(&template, &files, &fonts);
            let known = |other: &Template| {
                (&other.name, other.version()) == (&template.name, template.version())
            };
            if let Some(other) = templates.values().find(|other| known(other)) {
                let problem = format!("is the same version as that of {}", other.folder);
                return Err(template.fault(problem));
            }
            templates.insert(folder, template);
        }
        let digest = digest_of(&digests, |_| true);
        Ok(Self {
            root: root.to_owned(),
            files,
            templates,
            brands,
            digest,
            fonts,
            extra_fonts: extra_fonts.map(ToOwned::to_owned),
        })
    }

    /// Where it was read from.
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

    /// The digest of everything: two catalogs with the same one do not differ.
    pub fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// A template's samples: requests in JSON by their paths.
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

    /// Where fonts are beside those in the folder.
    pub(crate) fn extra_fonts(&self) -> Option<&Path> {
        self.extra_fonts.as_deref()
    }

    /// Languages of any template that no font has the letters of, each once.
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

    /// The template that an invoice asks for, and which of its languages is the reader's.
    pub fn choose(&self, invoice: &Invoice) -> Result<(&Template, &str), RenderError> {
        let template = self.version(&invoice.template)?;
        let language = texts::choose(&template.languages, &invoice.locale).ok_or_else(|| {
            RenderError::LocaleUnsupported {
                locale: invoice.locale.to_string(),
                available: template.languages.join(", "),
            }
        })?;
        let mut without_font = template.without_font.iter();
        match without_font.find(|missing| missing.language == *language) {
            Some(missing) => Err(RenderError::FontMissing(missing.clone())),
            None => Ok((template, language)),
        }
    }

    /// The version that a request asks for. Where it leaves the version open: the template whose folder has the plain
    /// name, else the highest one.
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

/// Versions as people count: `2` before `10`, `1.9` before `1.10`.
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

/// `template.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: Option<String>,
    description: Option<String>,
}

impl Template {
    /// The version that records name: the declared one, or the first twelve digits of the digest.
    pub fn version(&self) -> String {
        let declared = self.declared_version.clone();
        declared.unwrap_or_else(|| self.short_digest())
    }

    /// The first twelve digits of the digest, by which a request can insist on exactly these files.
    pub fn short_digest(&self) -> String {
        let mut digits = self.digest.to_string();
        digits.truncate(12);
        digits
    }

    /// Where its samples are.
    fn samples(&self) -> String {
        format!("/{}/samples/", self.folder)
    }

    fn read(
        folder: &str,
        files: &BTreeMap<String, Vec<u8>>,
        digests: &Digests<'_>,
    ) -> Result<Self, CatalogError> {
        let texts = format!("/{folder}/texts/");
        let languages = files
            .keys()
            .filter_map(|path| path.strip_prefix(&texts)?.strip_suffix(".json"));
        let (name, version) = match folder.split_once('@') {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (folder, None),
        };
        let mut template = Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            declared_version: version,
            description: None,
            digest: Sha256Digest::of(&[]),
            languages: languages.map(ToOwned::to_owned).collect(),
            without_font: Vec::new(),
        };
        if let Some(manifest) = files.get(&format!("/{folder}/{MANIFEST}")) {
            let manifest: Manifest = serde_json::from_slice(manifest)
                .map_err(|error| template.fault(error.to_string()))?;
            template.description = manifest.description;
            match (&template.declared_version, manifest.version) {
                (Some(folder), Some(version)) if *folder != version => {
                    let problem = format!("version {version:?} differs from the folder's name");
                    return Err(template.fault(problem));
                }
                (None, version) => template.declared_version = version,
                (Some(_), _) => {}
            }
        }
        let version = template.declared_version.as_deref();
        if !is_plain(&template.name) || version.is_some_and(|version| !is_plain(version)) {
            let problem = "names and versions have 1 to 64 ASCII letters, digits, and - _ .";
            return Err(template.fault(problem.to_owned()));
        }
        // Samples do not change what is set.
        let samples = template.samples();
        template.digest = digest_of(digests, |path| {
            may_read(folder, path) && !path.starts_with(&samples)
        });
        Ok(template)
    }

    fn fault(&self, problem: String) -> CatalogError {
        CatalogError::File {
            path: format!("/{}/{MANIFEST}", self.folder),
            problem,
        }
    }
}

/// The languages whose texts have a letter that no font has.
fn without_font(
    template: &Template,
    files: &BTreeMap<String, Vec<u8>>,
    fonts: &Fonts,
) -> Vec<MissingFont> {
    let missing = |language: &String| {
        let texts = files.get(&format!("/{}/texts/{language}.json", template.folder))?;
        let texts = String::from_utf8_lossy(texts);
        let mut letters = texts.chars().filter(|c| !c.is_ascii());
        let character = letters.find(|c| !fonts.coverage().contains(*c))?;
        Some(MissingFont {
            language: language.clone(),
            character,
        })
    };
    template.languages.iter().filter_map(missing).collect()
}

/// What a template says of itself.
const MANIFEST: &str = "template.json";

/// Whether it can stand in a path, in a Typst string and on a command line.
pub fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&name.len()) && !name.starts_with(['.', '-']) && name.bytes().all(plain)
}

/// Folders that every template may use.
const SHARED: [&str; 2] = ["lib", "fonts"];

/// Folders that are no templates.
pub const RESERVED: [&str; 3] = ["lib", "fonts", "brands"];

/// Whether a template may read this path: its own folder and the shared ones only.
pub fn may_read(template_folder: &str, path: &str) -> bool {
    let folder = path
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .map(|(folder, _)| folder);
    folder.is_some_and(|folder| folder == template_folder || SHARED.contains(&folder))
}

/// The digest of each file by its path.
type Digests<'a> = BTreeMap<&'a str, Sha256Digest>;

fn digest_of(digests: &Digests<'_>, included: impl Fn(&str) -> bool) -> Sha256Digest {
    let mut hasher = Sha256::new();
    for (path, digest) in digests.iter().filter(|(path, _)| included(path)) {
        hasher.update((path.len() as u64).to_be_bytes());
        hasher.update(path);
        hasher.update(digest.as_bytes());
    }
    Sha256Digest::finish(hasher)
}

fn read_folder(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), CatalogError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CatalogError::Read { path, source }
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if is_ignored(name) {
            continue;
        }
        let virtual_path = format!("{prefix}/{name}");
        if path.is_dir() {
            read_folder(&path, &virtual_path, files)?;
        } else {
            files.insert(virtual_path, fs::read(&path).map_err(failed(&path))?);
        }
    }
    Ok(())
}

/// Hidden files, and what editors leave while they save: neither is part of a template.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~')
}

/// Changes when one of these files, or a file below one of these folders, appears, disappears, grows or is written.
///
/// Looks at no content, so that it can be asked often, and asks the file system instead of waiting for its word, which
/// network mounts never send.
pub fn fingerprint(paths: &[&Path]) -> Sha256Digest {
    let mut hasher = Sha256::new();
    for path in paths {
        fingerprint_path(path, &mut hasher);
    }
    Sha256Digest::finish(hasher)
}

fn fingerprint_path(path: &Path, hasher: &mut Sha256) {
    hasher.update(path.as_os_str().as_encoded_bytes());
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            // What cannot be read now is a difference to when it can.
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
            paths.sort();
            for path in paths {
                let name = path.file_name().and_then(|name| name.to_str());
                if !name.is_none_or(is_ignored) {
                    fingerprint_path(&path, hasher);
                }
            }
        }
        Ok(metadata) => {
            hasher.update(metadata.len().to_be_bytes());
            let modified = metadata.modified().ok();
            let age = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            hasher.update(age.unwrap_or_default().as_nanos().to_be_bytes());
        }
        Err(_) => hasher.update([0]),
    }
}

#[cfg(test)]
mod tests;
