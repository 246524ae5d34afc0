//! One template: its name, version, languages and digest.

use std::collections::BTreeMap;

use invoice::Sha256Digest;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::error::{CatalogError, MissingFont};
use crate::fonts::Fonts;

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
    pub(super) fn samples(&self) -> String {
        format!("/{}/samples/", self.folder)
    }

    /// Reads what the files in a template's folder say of it.
    pub(super) fn read(
        folder: &str,
        files: &BTreeMap<String, Vec<u8>>,
        digests: &Digests<'_>,
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
        template.without_font = without_font(&template, files, fonts);
        Ok(template)
    }

    /// What is wrong with it, as an error that names its manifest.
    pub(super) fn fault(&self, problem: String) -> CatalogError {
        CatalogError::File {
            path: format!("/{}/{MANIFEST}", self.folder),
            problem,
        }
    }
}

/// What a template says of itself.
const MANIFEST: &str = "template.json";

/// `template.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: Option<String>,
    description: Option<String>,
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
pub(super) type Digests<'a> = BTreeMap<&'a str, Sha256Digest>;

/// The digest of those files that are included, and of their paths.
pub(super) fn digest_of(digests: &Digests<'_>, included: impl Fn(&str) -> bool) -> Sha256Digest {
    let mut hasher = Sha256::new();
    for (path, digest) in digests.iter().filter(|(path, _)| included(path)) {
        hasher.update((path.len() as u64).to_be_bytes());
        hasher.update(path);
        hasher.update(digest.as_bytes());
    }
    Sha256Digest::finish(hasher)
}
