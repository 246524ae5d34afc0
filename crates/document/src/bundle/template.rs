//! One template with everything that its documents depend on.

use std::collections::BTreeMap;
use std::path::Path;

use invoice::Sha256Digest;
use serde::{Deserialize, Serialize};

use super::{BundleError, FORMAT, KeptFile, check_format, unreadable};
use crate::catalog::{Catalog, Template, brand, digest_of, folder, may_read};
use crate::files::Files;
use crate::fonts::EXTRA_FONTS;
use crate::fonts::extra::ExtraFont;

/// What a template's documents are rendered with, besides the brand.
///
/// The digest of the template, which rows have, covers `files` and no more. The further fonts, of `FONTS_DIR`, and the version of
/// the program change documents as well: one template can have several manifests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateManifest {
    format: u32,
    /// Name of the template, for people.
    pub template: String,
    /// Its version, for people.
    pub version: String,
    /// The digest of its files.
    pub digest: Sha256Digest,
    /// The name of its folder.
    folder: String,
    /// The version of the program that rendered with it.
    pub program: String,
    files: Vec<KeptFile>,
    /// The further fonts, in the order in which a document looks for a font.
    fonts: Vec<KeptFile>,
}

impl TemplateManifest {
    /// That of a template of a catalog, with the catalog's further fonts.
    ///
    /// # Errors
    ///
    /// It is more than can be kept.
    pub fn of(
        catalog: &Catalog,
        template: &Template,
        fonts: &[ExtraFont],
        program: &str,
    ) -> Result<Self, BundleError> {
        let files = catalog.files_of(template).map(|(path, sha256)| KeptFile {
            path: path.to_owned(),
            sha256,
            size_bytes: catalog.files()[path].len() as u64,
        });
        let fonts = fonts.iter().map(|font| KeptFile {
            path: font.name.clone(),
            sha256: font.sha256,
            size_bytes: font.size_bytes,
        });
        let manifest = Self {
            format: FORMAT,
            template: template.name.clone(),
            version: template.version(),
            digest: template.digest,
            folder: template.folder.clone(),
            program: program.to_owned(),
            files: files.collect(),
            fonts: fonts.collect(),
        };
        manifest.check()?;
        Ok(manifest)
    }

    /// Reads and checks the manifest of a template with this digest.
    ///
    /// # Errors
    ///
    /// It is that of another template, of another format, or has what no templates folder has.
    pub fn parse(json: &[u8], digest: &str) -> Result<Self, BundleError> {
        let manifest: Self = serde_json::from_slice(json).map_err(unreadable)?;
        if manifest.digest.to_string() != digest {
            let problem = format!(
                "is of the template with the digest {}, expected {digest}",
                manifest.digest
            );
            return Err(BundleError::Manifest(problem));
        }
        manifest.check()?;
        Ok(manifest)
    }

    /// The manifest as it is kept.
    pub fn json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// Everything whose content is kept: files, then fonts.
    pub fn contents(&self) -> impl Iterator<Item = &KeptFile> {
        self.files.iter().chain(&self.fonts)
    }

    /// The files of the template.
    pub fn files(&self) -> impl Iterator<Item = &KeptFile> {
        self.files.iter()
    }

    /// The digest of the further fonts and their order. With the same fonts, a program renders the same bytes.
    pub fn fonts_digest(&self) -> Sha256Digest {
        let digests = self.fonts.iter().map(|font| font.sha256.to_string());
        Sha256Digest::of(digests.collect::<String>().as_bytes())
    }

    /// The catalog of this template alone, from the contents in the order of [`contents`](Self::contents).
    ///
    /// # Errors
    ///
    /// A content is damaged, or a file has a fault.
    pub fn open(&self, contents: Vec<Vec<u8>>) -> Result<Catalog, BundleError> {
        let mut contents = contents.into_iter();
        let mut files = Files::new();
        for (index, kept) in self.contents().enumerate() {
            let content = contents.next().unwrap_or_default();
            kept.check(&content)?;
            let path = match index.checked_sub(self.files.len()) {
                None => kept.path.clone(),
                // Numbers keep their order.
                Some(font) => format!("{EXTRA_FONTS}{font:05}"),
            };
            files.insert(path, content.into());
        }
        self.catalog(files, None)
    }

    /// The catalog of this template with the brands and the further fonts of another catalog, from the contents in the order of
    /// [`files`](Self::files). Its documents differ from those of the other catalog by the template alone.
    ///
    /// # Errors
    ///
    /// A content is damaged, a file has a fault, or a brand does not go with the template's fonts.
    pub fn open_beside(
        &self,
        contents: Vec<Vec<u8>>,
        other: &Catalog,
    ) -> Result<Catalog, BundleError> {
        let brands = other.files().iter();
        let brands = brands.filter(|(path, _)| path.starts_with(brand::FOLDER));
        let mut files: Files = brands
            .map(|(path, content)| (path.clone(), content.clone()))
            .collect();
        for (kept, content) in self.files.iter().zip(contents) {
            kept.check(&content)?;
            files.insert(kept.path.clone(), content.into());
        }
        self.catalog(files, other.extra_fonts())
    }

    fn catalog(&self, files: Files, extra_fonts: Option<&Path>) -> Result<Catalog, BundleError> {
        let digest = self.digest.to_string();
        // It is shown in lists of processes.
        let root = format!("template:{}", &digest[..12]);
        let catalog = Catalog::of_files(Path::new(&root), files, extra_fonts)?;
        match catalog.with_digest(&digest) {
            Some(_) => Ok(catalog),
            None => Err(BundleError::Manifest("has no template".to_owned())),
        }
    }

    /// The digest of the template proves its files: write access to the bucket is not enough to add one. The limits are those
    /// of a templates folder.
    fn check(&self) -> Result<(), BundleError> {
        check_format(self.format)?;
        let wrong = |problem: String| Err(BundleError::Manifest(problem));
        if self.contents().count() > folder::MAX_ENTRIES {
            return wrong(format!("has more than {} files", folder::MAX_ENTRIES));
        }
        let mut bytes: u64 = 0;
        for file in self.contents() {
            bytes = bytes.saturating_add(file.size_bytes);
            if file.size_bytes > folder::MAX_FILE_BYTES {
                let (path, limit) = (&file.path, folder::MAX_FILE_BYTES);
                return wrong(format!("has {path}, with more than {limit} bytes"));
            }
        }
        if bytes > folder::MAX_BYTES {
            return wrong(format!(
                "has files and fonts of {bytes} bytes in all, expected at most {}: put only fonts that documents need \
                 into FONTS_DIR",
                folder::MAX_BYTES
            ));
        }
        // Paths of fonts are only shown.
        if let Some(font) = (self.fonts.iter()).find(|font| font.path.contains(char::is_control)) {
            return wrong(format!("has a font with the name {:?}", font.path));
        }
        let mut digests = BTreeMap::new();
        for file in &self.files {
            file.check_path()?;
            if !may_read(&self.folder, &file.path) {
                return wrong(format!(
                    "has {:?}, which its template cannot read",
                    file.path
                ));
            }
            digests.insert(file.path.clone(), file.sha256);
        }
        if digest_of(digests.iter()) != self.digest {
            return wrong(format!(
                "has other files than the template with the digest {}",
                self.digest
            ));
        }
        Ok(())
    }
}
