//! Where the parts of the archive are.

use invoice::Sha256Digest;

use document::{BrandManifest, KeptFile, TemplateManifest};

use crate::storage::OwnKey;

/// What all keys of the archive start with.
pub const PREFIX: &str = "invoices/.templates/";

/// Digits of a digest.
pub(super) const DIGITS: usize = 64;

/// The content of a file: of any template, brand or font.
pub(super) fn file(kept: &KeptFile) -> OwnKey {
    OwnKey::new(format_args!("templates/files/{}", kept.sha256))
}

/// What the manifests of a template start with. One differs from another in the fonts or in the version of the program.
pub(super) fn templates(digest: &str) -> OwnKey {
    OwnKey::new(format_args!("templates/{digest}."))
}

/// What the manifests of all templates and brands start with whose digest starts with these digits.
pub(super) fn manifests(digits: &str) -> OwnKey {
    OwnKey::new(format_args!("templates/{digits}"))
}

/// The digest of the template whose manifest has this key; none where the key is another one: anything may be in a bucket.
pub(super) fn digest_of_template(key: &OwnKey) -> Option<&str> {
    let name = key.as_str().strip_prefix(PREFIX)?;
    let (digest, variant) = name.strip_suffix(".json")?.split_once('.')?;
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_digest = digest.len() == DIGITS && digest.bytes().all(is_digit);
    (is_digest && !variant.is_empty()).then_some(digest)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_template_differs_from_that_of_a_brand_or_a_file() {
        let key = |name: &str| OwnKey::new(format_args!("templates/{name}"));
        let digest = "0123456789abcdef".repeat(4);
        let found = key(&format!("{digest}.0123.json"));
        assert_eq!(digest_of_template(&found), Some(digest.as_str()));
        for other in [
            format!("{digest}.json"),
            format!("files/{digest}"),
            format!("{digest}.0123"),
            format!("{digest}..json"),
            "abcdef.x.json".to_owned(),
            format!("{digest}0.0123.json"),
            format!("{}.0123.json", digest.to_uppercase()),
        ] {
            assert_eq!(digest_of_template(&key(&other)), None, "{other}");
        }
    }
}
