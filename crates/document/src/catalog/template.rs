//! One template: its name, version, languages and digest.

use std::collections::BTreeMap;

use icu_locale::LanguageIdentifier;
use invoice::{Invoice, Sha256Digest};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::promise::{Part, Promise};
use super::{json, texts};
use crate::error::{CatalogError, FileFault, MissingFont, RenderError};
use crate::files::Files;
use crate::fonts::Fonts;

/// One template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its name in requests.
    pub name: String,
    /// The name of its folder: the template's name, or `NAME@VERSION`.
    pub folder: String,
    /// The version in the folder's name or in `template.json`.
    pub declared_version: Option<String>,
    /// The description in `template.json`.
    pub description: Option<String>,
    /// The digest of all files that a document depends on: shared parts and fonts are included, samples are not.
    pub digest: Sha256Digest,
    /// What its pages promise to show.
    pub promise: Promise,
    /// The languages of its texts, as tags of BCP 47.
    pub languages: Vec<String>,
    /// Those of the languages whose letters are in no font.
    pub without_font: Vec<MissingFont>,
    /// The languages of the shared texts that it does not have, with the reason: it has keys of its own.
    pub lacking: BTreeMap<String, FileFault>,
}

impl Template {
    /// The version in records: the declared version, or the first twelve digits of the digest.
    pub fn version(&self) -> String {
        let declared = self.declared_version.clone();
        declared.unwrap_or_else(|| self.short_digest())
    }

    /// The first twelve digits of the digest. A request can name them as the version, to get exactly these files.
    pub fn short_digest(&self) -> String {
        let mut digits = self.digest.to_string();
        digits.truncate(12);
        digits
    }

    /// The folder of its samples.
    pub(crate) fn samples(&self) -> String {
        format!("/{}/samples/", self.folder)
    }

    /// Whether its documents depend on the file at this path. Samples do not change a document.
    pub(crate) fn depends_on(&self, path: &str) -> bool {
        may_read(&self.folder, path) && !path.starts_with(&self.samples())
    }

    /// The one of its languages that is for the reader of an invoice.
    ///
    /// # Errors
    ///
    /// The template has no texts in the language, or no font has the letters of it.
    pub(crate) fn language(&self, invoice: &Invoice) -> Result<&str, RenderError> {
        let language = texts::choose(&self.languages, &invoice.locale)
            .ok_or_else(|| self.unsupported(&invoice.locale))?;
        let mut without_font = self.without_font.iter();
        match without_font.find(|missing| missing.language == *language) {
            Some(missing) => Err(RenderError::FontMissing(missing.clone())),
            None => Ok(language),
        }
    }

    /// Its languages without those that inherit from another one.
    pub(super) fn base_languages(&self) -> impl Iterator<Item = &String> {
        let inherits = |tag: &str| {
            let mut parents = texts::chain(tag).into_iter().filter(|parent| parent != tag);
            parents.any(|parent| self.languages.contains(&parent))
        };
        self.languages.iter().filter(move |tag| !inherits(tag))
    }

    fn unsupported(&self, locale: &LanguageIdentifier) -> RenderError {
        let known: Vec<String> = self.lacking.keys().cloned().collect();
        let reason = texts::choose(&known, locale).and_then(|tag| self.lacking.get(tag));
        let available: Vec<&str> = self.base_languages().map(String::as_str).collect();
        RenderError::LocaleUnsupported {
            locale: locale.to_string(),
            available: available.join(", "),
            reason: reason
                .map(|fault| format!("{} {}", fault.path.trim_start_matches('/'), fault.problem)),
        }
    }

    /// Its texts and words in a language, as JSON.
    pub(super) fn words_in(&self, language: &str, files: &Files) -> String {
        let texts = ["texts", "words"]
            .into_iter()
            .filter_map(|kind| files.get(&format!("/{}/{kind}/{language}.json", self.folder)));
        texts.map(|text| String::from_utf8_lossy(text)).collect()
    }

    /// Reads a template from the files of the catalog.
    ///
    /// # Errors
    ///
    /// The manifest or the folder's name is not valid.
    pub(super) fn read(
        folder: &str,
        files: &Files,
        digests: &Digests,
        fonts: &Fonts,
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
            promise: Promise::LAW,
            digest: Sha256Digest::of(&[]),
            languages: languages.map(ToOwned::to_owned).collect(),
            without_font: Vec::new(),
            lacking: BTreeMap::new(),
        };
        if !is_plain(name) || !template.declared_version.as_deref().is_none_or(is_plain) {
            return Err(CatalogError::File {
                path: format!("/{folder}"),
                problem: format!(
                    "the folder's name is not valid, expected NAME or NAME@VERSION, {PLAIN} each"
                ),
            });
        }
        if let Some(manifest) = files.get(&template.manifest()) {
            let manifest: Manifest = json::parse(&template.manifest(), manifest)?;
            if let Some(version) = &manifest.version
                && !is_plain(version)
            {
                return Err(template.fault(format!("version is {version:?}, expected {PLAIN}")));
            }
            template.description = manifest.description;
            if let Some(parts) = manifest.promises {
                template.promise = Promise::of(&parts);
            }
            match (&template.declared_version, manifest.version) {
                (Some(folder), Some(version)) if *folder != version => {
                    let problem = format!(
                        "version is {version:?}, expected {folder:?} as in the folder's name"
                    );
                    return Err(template.fault(problem));
                }
                (None, version) => template.declared_version = version,
                (Some(_), _) => {}
            }
        }
        template.digest = digest_of(digests.iter().filter(|(path, _)| template.depends_on(path)));
        template.without_font = without_font(&template, files, fonts);
        Ok(template)
    }

    /// An error that names the template's manifest.
    pub(super) fn fault(&self, problem: String) -> CatalogError {
        CatalogError::File {
            path: self.manifest(),
            problem,
        }
    }

    fn manifest(&self) -> String {
        format!("/{}/{MANIFEST}", self.folder)
    }
}

/// The main file of a template.
pub(super) const MAIN: &str = "main.typ";

/// The manifest of a template.
pub(super) const MANIFEST: &str = "template.json";

/// The content of `template.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: Option<String>,
    description: Option<String>,
    promises: Option<Vec<Part>>,
}

/// The languages whose texts have a letter that is in no font.
fn without_font(template: &Template, files: &Files, fonts: &Fonts) -> Vec<MissingFont> {
    let missing = |language: &String| {
        let texts = template.words_in(language, files);
        let mut letters = texts.chars().filter(|c| !c.is_ascii());
        let character = letters.find(|c| !fonts.coverage().contains(*c))?;
        Some(MissingFont {
            language: language.clone(),
            character,
        })
    };
    template.languages.iter().filter_map(missing).collect()
}

/// What [`is_plain`] accepts, for messages.
const PLAIN: &str = "1 to 64 ASCII letters, digits and - _ ., the first one neither - nor .";

/// Whether a name needs no escapes in a path, in a Typst string and on a command line.
pub fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&name.len()) && !name.starts_with(['.', '-']) && name.bytes().all(plain)
}

/// Folders that every template may use.
const SHARED: [&str; 2] = ["lib", "fonts"];

/// Folders that are not templates.
pub const RESERVED: [&str; 3] = ["lib", "fonts", "brands"];

/// The folders that are templates.
pub(crate) fn folders(files: &Files) -> Vec<String> {
    files
        .keys()
        .filter_map(|path| path.strip_prefix('/')?.split_once('/'))
        .filter(|(folder, file)| *file == MAIN && !RESERVED.contains(folder))
        .map(|(folder, _)| folder.to_owned())
        .collect()
}

/// Whether a template may read this path: it may read its own folder and the shared ones.
pub fn may_read(template_folder: &str, path: &str) -> bool {
    let folder = path
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .map(|(folder, _)| folder);
    folder.is_some_and(|folder| folder == template_folder || SHARED.contains(&folder))
}

/// The digest of each file by its path.
pub(super) type Digests = BTreeMap<String, Sha256Digest>;

/// The digest of files, of their paths and in the order of their paths.
pub(crate) fn digest_of<'a>(
    files: impl Iterator<Item = (&'a String, &'a Sha256Digest)>,
) -> Sha256Digest {
    let mut hasher = Sha256::new();
    for (path, digest) in files {
        hasher.update((path.len() as u64).to_be_bytes());
        hasher.update(path);
        hasher.update(digest.as_bytes());
    }
    Sha256Digest::finish(hasher)
}
