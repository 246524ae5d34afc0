//! Brands: colours, font, logo and footer of a shop's documents, for every template.
//!
//! For each field, `brands/<platform>/<shopId>.json` goes before `brands/<platform>.json`, and that before
//! `brands/default.json`.

mod checks;
mod footer;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub(crate) use self::checks::check_values;
pub use self::footer::Footer;
use super::{colour, image, json};
use crate::error::CatalogError;
use crate::files::Files;
use crate::fonts::Fonts;
use invoice::InvoiceIdentity;
use invoice::Sha256Digest;

/// The folder of brands and logos, as templates name it.
pub(crate) const FOLDER: &str = "/brands/";

/// The content of a brand's file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BrandFile {
    accent: Option<String>,
    tint: Option<String>,
    font: Option<String>,
    logo: Option<String>,
    logo_alt: Option<String>,
    footer: Option<Footer>,
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
    /// Lines for the footer of each page.
    pub footer: Option<Footer>,
    /// Colour behind the total, `#rrggbb`; the contrast of the accent to it is checked. Brands without the fields from here on
    /// keep the digest that they had before the fields existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tint: Option<String>,
    /// Family of fonts that goes before the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub font: Option<String>,
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
    pub(crate) fn load(files: &Files) -> Result<Self, CatalogError> {
        let mut brands = Self::default();
        for (path, content) in files {
            let Some(name) = path
                .strip_prefix(FOLDER)
                .and_then(|name| name.strip_suffix(".json"))
            else {
                continue;
            };
            let file = json::parse(path, content)?;
            brands
                .add(name, file, files)
                .map_err(|problem| CatalogError::File {
                    path: path.clone(),
                    problem,
                })?;
        }
        Ok(brands)
    }

    fn add(&mut self, name: &str, file: BrandFile, files: &Files) -> Result<(), String> {
        if name.matches('/').count() > 1 {
            return Err(
                "is not a brand, expected default.json, PLATFORM.json or PLATFORM/SHOP.json".into(),
            );
        }
        check_values(
            &file.accent,
            &file.tint,
            &file.font,
            &file.logo_alt,
            &file.footer,
        )?;
        if let Some(logo) = &file.logo {
            let is_odd = |part: &str| matches!(part, "" | "." | "..");
            if logo.split('/').any(is_odd) {
                return Err(format!(
                    "logo is {logo:?}, but a logo must be inside brands/: expected its path below that folder"
                ));
            }
            let path = format!("{FOLDER}{logo}");
            let content = files
                .get(&path)
                .ok_or_else(|| format!("logo: the file brands/{logo} does not exist"))?;
            let ratio = image::ratio(&path, content)
                .map_err(|problem| format!("logo: brands/{logo} {problem}"))?;
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

    /// The font families that brands name, with the names of the brands.
    pub(crate) fn fonts(&self) -> impl Iterator<Item = (&str, &str)> {
        let files = self.files.iter();
        files.filter_map(|(name, file)| Some((name.as_str(), file.font.as_deref()?)))
    }

    /// The paths of all logos, each once.
    pub fn logos(&self) -> impl Iterator<Item = &str> {
        self.logos.keys().map(String::as_str)
    }

    /// Refuses what only the whole folder shows to be wrong: a font that is not there, a footer with a letter that no font
    /// has, and colours of several files that do not go together.
    pub(crate) fn check_together(&self, fonts: &Fonts) -> Result<(), CatalogError> {
        for (name, file) in &self.files {
            let problem = checks::font(file.font.as_deref(), fonts)
                .and_then(|()| checks::letters(file.footer.as_ref(), fonts))
                .and_then(|()| {
                    let brand = self.named(name);
                    checks::colours(brand.accent.as_deref(), brand.tint.as_deref())
                });
            problem.map_err(|problem| CatalogError::File {
                path: format!("{FOLDER}{name}.json"),
                problem,
            })?;
        }
        Ok(())
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
            brand.tint = brand.tint.or_else(|| file.tint.clone());
            brand.font = brand.font.or_else(|| file.font.clone());
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

    /// The colour behind the total: the brand's own, or a pale form of its accent.
    pub(crate) fn tint(&self) -> Option<String> {
        let of_accent = || Some(colour::pale(colour::rgb(self.accent.as_deref()?)?));
        self.tint.clone().or_else(of_accent)
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

#[cfg(test)]
mod tests {
    use super::checks::MAX_FOOTER_CHARS;
    use super::*;

    const LOGO: &[u8] = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"/>"#;

    fn brands(files: &[(&str, &str)]) -> Result<Brands, CatalogError> {
        let mut all: Files = files
            .iter()
            .map(|(name, json)| {
                let json = json.as_bytes().to_vec();
                (format!("{FOLDER}{name}.json"), json.into())
            })
            .collect();
        all.insert("/brands/logo.svg".into(), LOGO.into());
        all.insert("/brands/big/other.svg".into(), LOGO.into());
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
        assert_eq!(shop.footer, Some(Footer::Line("By TikTok".into())));
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
    fn a_brand_without_newer_fields_keeps_its_digest() {
        let brands = brands(&[("default", r##"{"accent": "#000000", "footer": "A line"}"##)]);
        let brand = of(&brands.expect("valid brands"), "etsy", "1");
        let json = String::from_utf8(brand.json()).expect("UTF-8");
        let expected = r##"{"accent":"#000000","logo":null,"logoAlt":null,"logoRatio":null,"footer":"A line"}"##;
        assert_eq!(json, expected);
        assert_eq!(brand.tint().as_deref(), Some("#eaeaea"));
    }

    #[test]
    fn a_brand_with_a_fault_is_refused() {
        let long = format!(r#"{{"footer": "{}"}}"#, "x".repeat(MAX_FOOTER_CHARS + 1));
        for (name, json, problem) in [
            ("default", "{", "the file ends too early"),
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
                "brands/none.svg does not exist",
            ),
            (
                "default",
                r#"{"logo": "../lib/theme.typ"}"#,
                "must be inside brands/",
            ),
            (
                "default",
                r#"{"logo": "/logo.svg"}"#,
                "must be inside brands/",
            ),
            ("default", r#"{"logo": "default.json"}"#, "is not an image"),
            ("default", r#"{"footer": " "}"#, "footer is empty"),
            ("default", r#"{"footer": "a\nb"}"#, "expected one line"),
            ("default", &long, "241 characters, expected at most 240"),
            ("default", r#"{"footer": []}"#, "footer has 0 lines"),
            (
                "default",
                r#"{"footer": ["1", "2", "3", "4", "5"]}"#,
                "footer has 5 lines",
            ),
            ("default", r#"{"footer": ["a", " "]}"#, "footer is empty"),
            ("default", r#"{"tint": "pale"}"#, "tint is \"pale\""),
            ("default", r#"{"font": ""}"#, "font is empty"),
            ("a/b/c", "{}", "PLATFORM/SHOP.json"),
        ] {
            let error = brands(&[(name, json)]).expect_err(json).to_string();
            assert!(error.contains(problem), "{json}: {error}");
        }
    }
}
