//! One brand and its logo.

use invoice::{Invoice, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::{BundleError, FORMAT, KeptFile, check_format, unreadable};
use crate::catalog::brand::{self, Brand};
use crate::catalog::{Catalog, folder, image};
use crate::job_file::JobFile;

/// A brand, and the file of its logo. Without a digest it is none: no file of brands applied to the shop.
#[derive(Clone, Debug, Default)]
pub struct KeptBrand {
    /// The brand.
    pub(crate) brand: Brand,
    /// Its logo.
    pub(crate) logo: Option<JobFile>,
}

impl KeptBrand {
    /// The brand of a catalog that has this digest. That of the invoice's shop is looked at first.
    pub fn find(catalog: &Catalog, digest: &str, invoice: &Invoice) -> Option<Self> {
        let brands = catalog.brands();
        let has_digest = |brand: &Brand| brand.digest.is_some_and(|own| own.to_string() == digest);
        let brand = std::iter::once_with(|| brands.of(&invoice.identity))
            .chain(brands.all())
            .find(has_digest)?;
        let logo = brand.logo.as_ref().and_then(|path| {
            let bytes = catalog.files().get(path)?.to_vec();
            Some(JobFile {
                path: path.clone(),
                bytes,
            })
        });
        Some(Self { brand, logo })
    }
}

/// What is kept of a brand. Its digest, which rows have, covers all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrandManifest {
    format: u32,
    /// The digest of the brand.
    pub digest: Sha256Digest,
    /// The version of the program that rendered with it, for people.
    pub program: String,
    /// The brand as its digest was made of it, in JSON: a later version may write the same brand in another way.
    brand: String,
    logo: Option<KeptFile>,
}

impl BrandManifest {
    /// That of a brand of a catalog; none where no file of brands applies.
    pub fn of(catalog: &Catalog, brand: &Brand, program: &str) -> Option<Self> {
        let logo = brand.logo.as_ref().and_then(|path| {
            Some(KeptFile {
                path: path.clone(),
                sha256: catalog.digest_of_file(path)?,
                size_bytes: catalog.files().get(path)?.len() as u64,
            })
        });
        Some(Self {
            format: FORMAT,
            digest: brand.digest?,
            program: program.to_owned(),
            brand: String::from_utf8(brand.json()).unwrap_or_default(),
            logo,
        })
    }

    /// Reads and checks the manifest of a brand with this digest.
    ///
    /// # Errors
    ///
    /// It is that of another brand, or of another format.
    pub fn parse(json: &[u8], digest: &str) -> Result<Self, BundleError> {
        let manifest: Self = serde_json::from_slice(json).map_err(unreadable)?;
        check_format(manifest.format)?;
        let logo = manifest.logo.as_ref();
        let actual = brand::digest_of(manifest.brand.as_bytes(), logo.map(|logo| logo.sha256));
        if actual.to_string() != digest {
            let problem = format!("is of the brand with the digest {actual}, expected {digest}");
            return Err(BundleError::Manifest(problem));
        }
        if let Some(logo) = logo {
            logo.check_path()?;
            if logo.size_bytes > folder::MAX_FILE_BYTES {
                return Err(BundleError::Manifest("has a logo that is too large".into()));
            }
        }
        Ok(manifest)
    }

    /// The manifest as it is kept.
    pub fn json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// The logo, whose content is kept.
    pub fn logo(&self) -> Option<&KeptFile> {
        self.logo.as_ref()
    }

    /// The brand, with the content of its logo.
    ///
    /// # Errors
    ///
    /// The logo is damaged, or the brand has a fault.
    pub fn open(self, logo: Option<Vec<u8>>) -> Result<KeptBrand, BundleError> {
        let wrong = |problem: String| BundleError::Manifest(format!("has a brand whose {problem}"));
        let mut brand: Brand = serde_json::from_str(&self.brand).map_err(unreadable)?;
        brand.digest = Some(self.digest);
        brand::check_values(
            &brand.accent,
            &brand.tint,
            &brand.font,
            &brand.logo_alt,
            &brand.footer,
        )
        .map_err(wrong)?;
        let named = self.logo.as_ref().map(|logo| &logo.path);
        if brand.logo.as_ref() != named {
            return Err(wrong("logo is not the one that is kept".to_owned()));
        }
        let Some((kept, content)) = self.logo.zip(logo) else {
            return Ok(KeptBrand { brand, logo: None });
        };
        kept.check(&content)?;
        if !kept.path.starts_with(brand::FOLDER) {
            return Err(wrong(format!("logo is {}", kept.path)));
        }
        image::ratio(&kept.path, &content)
            .map_err(|problem| wrong(format!("logo {} {problem}", kept.path)))?;
        let logo = Some(JobFile {
            path: kept.path,
            bytes: content,
        });
        Ok(KeptBrand { brand, logo })
    }
}
