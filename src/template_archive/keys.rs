//! Where the parts of the archive are.

use invoice::Sha256Digest;

use document::{BrandManifest, KeptFile, TemplateManifest};

use crate::storage::OwnKey;

/// What all keys of the archive start with.
pub const PREFIX: &str = "invoices/.templates/";

/// The content of a file: of any template, brand or font.
pub(super) fn file(kept: &KeptFile) -> OwnKey {
    OwnKey::new(format_args!("templates/files/{}", kept.sha256))
}

/// What the manifests of a template start with. One differs from another in the fonts or in the version of the program.
pub(super) fn templates(digest: &str) -> OwnKey {
    OwnKey::new(format_args!("templates/{digest}."))
}

/// The manifest of a template.
pub(super) fn template(manifest: &TemplateManifest) -> OwnKey {
    let (program, fonts) = (&manifest.program, manifest.fonts_digest());
    let mut variant = Sha256Digest::of(format!("{program} {fonts}").as_bytes()).to_string();
    variant.truncate(16);
    OwnKey::new(format_args!("templates/{}.{variant}.json", manifest.digest))
}

/// The manifest of the brand with this digest.
pub(super) fn brand(digest: &str) -> OwnKey {
    OwnKey::new(format_args!("templates/{digest}.json"))
}

/// The manifest of a brand.
pub(super) fn brand_of(manifest: &BrandManifest) -> OwnKey {
    brand(&manifest.digest.to_string())
}
