//! The templates folder: which templates there are, and all their files in memory.
//!
//! A template is a folder with a `main.typ`. `lib` and `fonts` are shared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest as _, Sha256};

use super::brand::Brands;
use super::error::RenderError;
use super::image;
use crate::digest::Sha256Digest;
use crate::invoice::Invoice;

/// Why the templates folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A file or folder cannot be read.
    #[error("TEMPLATES_DIR: cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No folder with a `main.typ`.
    #[error("TEMPLATES_DIR: {0} holds no template (a folder with a main.typ)")]
    Empty(PathBuf),
    /// A file that would spoil documents.
    #[error("TEMPLATES_DIR: {path}: {problem}")]
    File {
        /// Path below the templates folder.
        path: String,
        /// What is wrong and what would be right.
        problem: String,
    },
}

/// Everything below the templates folder.
#[derive(Debug)]
pub struct Catalog {
    root: PathBuf,
    /// Contents by path with a leading slash, as templates name them.
    files: BTreeMap<String, Vec<u8>>,
    templates: BTreeMap<String, Template>,
    brands: Brands,
}

/// One template.
#[derive(Clone, Debug)]
pub struct Template {
    /// The folder's name.
    pub name: String,
    /// The first twelve digits of the digest of all files that it is made of: shared parts and fonts included.
    pub version: String,
    /// Languages that it has texts for.
    pub languages: Vec<String>,
}

impl Catalog {
    /// Reads the whole folder.
    pub fn load(root: &Path) -> Result<Self, CatalogError> {
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
            .filter(|name| !name.contains('/') && !RESERVED.contains(name))
            .map(ToOwned::to_owned)
            .collect();
        if names.is_empty() {
            return Err(CatalogError::Empty(root.to_owned()));
        }
        let templates = names
            .into_iter()
            .map(|name| (name.clone(), template(name, &files)))
            .collect();
        Ok(Self {
            root: root.to_owned(),
            files,
            templates,
            brands,
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

    /// The brands of shops.
    pub fn brands(&self) -> &Brands {
        &self.brands
    }

    /// The template that an invoice asks for.
    pub fn choose(&self, invoice: &Invoice) -> Result<&Template, RenderError> {
        let template = self.templates.get(&invoice.template.name).ok_or_else(|| {
            RenderError::TemplateUnknown {
                known: self
                    .templates
                    .keys()
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(", "),
            }
        })?;
        if invoice
            .template
            .version
            .as_ref()
            .is_some_and(|version| *version != template.version)
        {
            return Err(RenderError::TemplateVersion {
                in_force: template.version.clone(),
            });
        }
        let language = invoice.locale.language.as_str();
        if !template.languages.iter().any(|known| known == language) {
            return Err(RenderError::LocaleUnsupported {
                language: language.to_owned(),
                available: template.languages.join(", "),
            });
        }
        Ok(template)
    }
}

/// Folders that every template may use.
const SHARED: [&str; 2] = ["lib", "fonts"];

/// Folders that are no templates.
const RESERVED: [&str; 3] = ["lib", "fonts", "brands"];

/// Whether a template may read this path: its own folder and the shared ones only.
pub fn may_read(template: &str, path: &str) -> bool {
    let folder = path
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .map(|(folder, _)| folder);
    folder.is_some_and(|folder| folder == template || SHARED.contains(&folder))
}

fn template(name: String, files: &BTreeMap<String, Vec<u8>>) -> Template {
    let texts = format!("/{name}/texts/");
    let languages = files
        .keys()
        .filter_map(|path| path.strip_prefix(&texts)?.strip_suffix(".json"));
    let languages = languages.map(ToOwned::to_owned).collect();
    // Samples do not change what is set.
    let samples = format!("/{name}/samples/");
    let mut hasher = Sha256::new();
    for (path, content) in files
        .iter()
        .filter(|(path, _)| may_read(&name, path) && !path.starts_with(&samples))
    {
        hasher.update((path.len() as u64).to_be_bytes());
        hasher.update(path);
        hasher.update((content.len() as u64).to_be_bytes());
        hasher.update(content);
    }
    let mut version = Sha256Digest::finish(hasher).to_string();
    version.truncate(12);
    Template {
        name,
        version,
        languages,
    }
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
        if name.starts_with('.') {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_reads_its_own_folder_and_the_shared_ones() {
        for path in ["/receipt/main.typ", "/lib/page.typ", "/fonts/a.ttf"] {
            assert!(may_read("receipt", path), "{path}");
        }
        for path in [
            "/invoice/main.typ",
            "/receipt",
            "/request.json",
            "/brands/logo.svg",
            "receipt/main.typ",
            "/etc/passwd",
        ] {
            assert!(!may_read("receipt", path), "{path}");
        }
    }
}
