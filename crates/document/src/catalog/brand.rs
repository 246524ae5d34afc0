//! Brands: colour, logo and footer of a shop's documents, for every template.
//!
//! For each field, `brands/<platform>/<shopId>.json` goes before `brands/<platform>.json`, and that before
//! `brands/default.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::image;
use crate::error::CatalogError;
use invoice::InvoiceIdentity;
use invoice::Sha256Digest;

/// The folder of brands and logos, as templates name it.
pub(crate) const FOLDER: &str = "/brands/";

/// Least contrast of text to its background (WCAG 2.2, criterion 1.4.3), which PDF/UA requires, too.
const MIN_CONTRAST: f64 = 4.5;

/// Longest footer, in characters: three lines.
const MAX_FOOTER_CHARS: usize = 240;

/// Longest description of a logo, in characters.
const MAX_ALT_CHARS: usize = 120;

/// The content of a brand's file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BrandFile {
    accent: Option<String>,
    logo: Option<String>,
    logo_alt: Option<String>,
    footer: Option<String>,
}

/// A logo that was checked.
#[derive(Clone, Debug)]
struct Logo {
    ratio: f64,
    digest: Sha256Digest,
}

/// A brand as templates read it: `data.brand`. A field is absent if no file has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Brand {
    /// Colour of titles and totals, `#rrggbb`; its contrast to white is checked.
    pub accent: Option<String>,
    /// Path of the logo. The document may read no other file of the brands.
    pub logo: Option<String>,
    /// Description of the logo, for screen readers.
    pub logo_alt: Option<String>,
    /// The logo's width divided by its height.
    pub logo_ratio: Option<f64>,
    /// A line for the footer of each page.
    pub footer: Option<String>,
    /// Digest of the fields above and of the logo's bytes; `None` if no file applies.
    #[serde(skip)]
    pub digest: Option<Sha256Digest>,
}

/// All brands of a templates folder.
#[derive(Debug, Default)]
pub struct Brands {
    /// By name: `default`, `tiktok`, `tiktok/shop123`.
    files: BTreeMap<String, BrandFile>,
    /// By path.
    logos: BTreeMap<String, Logo>,
}

impl Brands {
    /// Reads and checks the brands among the files of a templates folder.
    pub(crate) fn load(files: &BTreeMap<String, Vec<u8>>) -> Result<Self, CatalogError> {
        let mut brands = Self::default();
        for (path, content) in files {
            let Some(name) = path
                .strip_prefix(FOLDER)
                .and_then(|name| name.strip_suffix(".json"))
            else {
                continue;
            };
            brands
                .add(name, content, files)
                .map_err(|problem| CatalogError::File {
                    path: path.clone(),
                    problem,
                })?;
        }
        Ok(brands)
    }

    fn add(
        &mut self,
        name: &str,
        content: &[u8],
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<(), String> {
        if name.matches('/').count() > 1 {
            return Err(
                "is not a brand, expected default.json, PLATFORM.json or PLATFORM/SHOP.json".into(),
            );
        }
        let file: BrandFile = serde_json::from_slice(content).map_err(|error| error.to_string())?;
        check_values(&file.accent, &file.logo_alt, &file.footer)?;
        if let Some(logo) = &file.logo {
            let path = format!("{FOLDER}{logo}");
            let content = files
                .get(&path)
                .ok_or_else(|| format!("logo: the file {path} does not exist"))?;
            let ratio = image::ratio(&path, content)
                .map_err(|problem| format!("logo: {path} {problem}"))?;
            let digest = Sha256Digest::of(content);
            self.logos.insert(path, Logo { ratio, digest });
        }
        self.files.insert(name.to_owned(), file);
        Ok(())
    }

    /// The names of all brands: `default`, `tiktok`, `tiktok/shop123`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Every brand that a shop can have, some of them twice.
    pub fn all(&self) -> impl Iterator<Item = Brand> {
        self.names().map(|name| self.named(name))
    }

    /// The brand of a shop.
    pub fn of(&self, identity: &InvoiceIdentity) -> Brand {
        self.named(&format!("{}/{}", identity.platform(), identity.shop_id()))
    }

    /// The brand of this name. Fields that it lacks are those of its platform, or else of `default`.
    pub fn named(&self, name: &str) -> Brand {
        let platform = name
            .split_once('/')
            .map_or(name, |(platform, _shop)| platform);
        self.merged([name, platform, "default"])
    }

    /// One brand of several files; the first file that has a field goes before the others.
    fn merged(&self, names: [&str; 3]) -> Brand {
        let mut brand = Brand::default();
        let mut found = false;
        for file in names.iter().filter_map(|name| self.files.get(*name)) {
            found = true;
            brand.accent = brand.accent.or_else(|| file.accent.clone());
            brand.footer = brand.footer.or_else(|| file.footer.clone());
            // The description belongs to its logo.
            if let (None, Some(logo)) = (&brand.logo, &file.logo) {
                brand.logo = Some(format!("{FOLDER}{logo}"));
                brand.logo_alt.clone_from(&file.logo_alt);
            }
        }
        let logo = brand.logo.as_ref().and_then(|path| self.logos.get(path));
        brand.logo_ratio = logo.map(|logo| logo.ratio);
        if found {
            brand.digest = Some(digest_of(&brand.json(), logo.map(|logo| logo.digest)));
        }
        brand
    }
}

impl Brand {
    /// What its digest is made of, beside the digest of the logo.
    pub(crate) fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The digest of a brand.
pub(crate) fn digest_of(json: &[u8], logo: Option<Sha256Digest>) -> Sha256Digest {
    let mut hasher = Sha256::new();
    hasher.update(json);
    if let Some(logo) = logo {
        hasher.update(logo.to_string());
    }
    Sha256Digest::finish(hasher)
}

/// Checks what is not a logo.
pub(crate) fn check_values(
    accent: &Option<String>,
    logo_alt: &Option<String>,
    footer: &Option<String>,
) -> Result<(), String> {
    if let Some(accent) = accent {
        check_accent(accent)?;
    }
    check_text("logoAlt", logo_alt.as_deref(), MAX_ALT_CHARS)?;
    check_text("footer", footer.as_deref(), MAX_FOOTER_CHARS)
}

fn check_accent(accent: &str) -> Result<(), String> {
    let [r, g, b] = rgb(accent)
        .ok_or_else(|| format!("accent is {accent:?}, expected a colour like \"#14323f\""))?;
    let contrast = contrast_to_white([r, g, b]);
    if contrast < MIN_CONTRAST {
        return Err(format!(
            "accent {accent} has a contrast of {contrast:.1} : 1 to white, expected at least {MIN_CONTRAST} : 1: \
             choose a darker colour"
        ));
    }
    Ok(())
}

fn rgb(colour: &str) -> Option<[u8; 3]> {
    let digits = colour.strip_prefix('#')?;
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([r, g, b])
}

/// Contrast to white as WCAG 2.2 defines it, from 1 to 21.
fn contrast_to_white(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 {
            channel / 12.92
        } else {
            ((channel + 0.055) / 1.055).powf(2.4)
        }
    });
    1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05)
}

fn check_text(field: &str, text: Option<&str>, max_chars: usize) -> Result<(), String> {
    let Some(text) = text else { return Ok(()) };
    if text.trim().is_empty() {
        return Err(format!(
            "{field} is empty, expected a text: leave the field out if there is none"
        ));
    }
    let chars = text.chars().count();
    if chars > max_chars {
        return Err(format!(
            "{field} has {chars} characters, expected at most {max_chars}"
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(format!(
            "{field} has a line break or another control character, expected one line"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGO: &[u8] = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"/>"#;

    fn brands(files: &[(&str, &str)]) -> Result<Brands, CatalogError> {
        let mut all: BTreeMap<String, Vec<u8>> = files
            .iter()
            .map(|(name, json)| (format!("{FOLDER}{name}.json"), json.as_bytes().to_vec()))
            .collect();
        all.insert("/brands/logo.svg".into(), LOGO.to_vec());
        all.insert("/brands/big/other.svg".into(), LOGO.to_vec());
        Brands::load(&all)
    }

    fn of(brands: &Brands, platform: &str, shop: &str) -> Brand {
        let identity = InvoiceIdentity::from_parts([platform, shop, "1", "1", "1"]);
        brands.of(&identity.expect("a valid identity"))
    }

    #[test]
    fn a_shop_goes_before_its_platform_and_that_before_the_default() {
        let brands = brands(&[
            (
                "default",
                r##"{"accent": "#000000", "logo": "logo.svg", "logoAlt": "A box"}"##,
            ),
            (
                "tiktok",
                r##"{"accent": "#111111", "footer": "By TikTok"}"##,
            ),
            ("tiktok/7", r#"{"logo": "big/other.svg"}"#),
        ])
        .expect("valid brands");
        let shop = of(&brands, "tiktok", "7");
        assert_eq!(shop.accent.as_deref(), Some("#111111"));
        assert_eq!(shop.footer.as_deref(), Some("By TikTok"));
        assert_eq!(shop.logo.as_deref(), Some("/brands/big/other.svg"));
        assert_eq!(shop.logo_alt, None, "another logo's description");
        assert_eq!(shop.logo_ratio, Some(4.0));
        let stranger = of(&brands, "etsy", "7");
        assert_eq!(stranger.accent.as_deref(), Some("#000000"));
        assert_eq!(stranger.logo_alt.as_deref(), Some("A box"));
        assert_ne!(shop.digest, stranger.digest);
        assert_eq!(stranger.digest, of(&brands, "etsy", "8").digest);
        assert_eq!(of(&Brands::default(), "etsy", "8").digest, None);
    }

    #[test]
    fn a_brand_with_a_fault_is_refused() {
        let long = format!(r#"{{"footer": "{}"}}"#, "x".repeat(MAX_FOOTER_CHARS + 1));
        for (name, json, problem) in [
            ("default", "{", "EOF"),
            ("default", r#"{"colour": "red"}"#, "unknown field `colour`"),
            ("default", r#"{"accent": "red"}"#, "expected a colour"),
            ("default", r##"{"accent": "#12345é"}"##, "expected a colour"),
            (
                "default",
                r##"{"accent": "#ffcc00"}"##,
                "contrast of 1.5 : 1",
            ),
            (
                "default",
                r#"{"logo": "none.svg"}"#,
                "/brands/none.svg does not exist",
            ),
            (
                "default",
                r#"{"logo": "../lib/theme.typ"}"#,
                "does not exist",
            ),
            ("default", r#"{"logo": "default.json"}"#, "is not an image"),
            ("default", r#"{"footer": " "}"#, "footer is empty"),
            ("default", r#"{"footer": "a\nb"}"#, "expected one line"),
            ("default", &long, "241 characters, expected at most 240"),
            ("a/b/c", "{}", "PLATFORM/SHOP.json"),
        ] {
            let error = brands(&[(name, json)]).expect_err(json).to_string();
            assert!(error.contains(problem), "{json}: {error}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        for (colour, expected) in [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54)] {
            let contrast = contrast_to_white(rgb(colour).expect("a colour"));
            assert!((contrast - expected).abs() < 0.01, "{colour}: {contrast}");
        }
    }
}
