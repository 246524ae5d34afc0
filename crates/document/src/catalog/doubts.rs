//! What is suspicious in the brands, and no error: documents are rendered, and differ from what their author expects.

use std::collections::BTreeSet;

use super::{Catalog, logo_fonts};
use crate::error::FileFault;

impl Catalog {
    /// Logos with letters in a font that no file has: documents show them in another one.
    pub fn logos_in_other_fonts(&self) -> Vec<FileFault> {
        let mut faults = Vec::new();
        for path in self.brands.logos().filter(|path| path.ends_with(".svg")) {
            let svg = String::from_utf8_lossy(&self.files[path]);
            for family in logo_fonts::missing(&svg, |name| self.fonts.has_family(name)) {
                faults.push(FileFault {
                    path: self.shown(path),
                    place: None,
                    problem: format!(
                        "names the font family {family:?}, which no file has, so its letters are drawn in another font; make \
                         paths of them, or put the font into FONTS_DIR"
                    ),
                });
            }
        }
        faults
    }

    /// What is suspicious in the brands, and no error: documents are rendered, and differ from what their author expects.
    pub fn doubts_about_brands(&self) -> Vec<FileFault> {
        let mut doubts = self.logos_in_other_fonts();
        let doubt = |name: &str, problem: String| FileFault {
            path: self.shown(&format!("/brands/{name}.json")),
            place: None,
            problem,
        };
        for (name, family) in self.brands.fonts() {
            if !self.fonts.has_bold(family) {
                let problem = format!(
                    "font is {family:?}, which has no bold file: titles and totals are not bold; put one into fonts/ or FONTS_DIR"
                );
                doubts.push(doubt(name, problem));
            }
        }
        let platforms = self.platforms_of_samples();
        let names: Vec<&str> = self.brands.names().collect();
        for (index, name) in names.iter().enumerate() {
            let platform = name.split('/').next().unwrap_or(name);
            let mut platforms = platforms.iter().filter(|known| *known != platform);
            let mut before = names[..index].iter();
            let problem = if let Some(known) =
                platforms.find(|known| known.eq_ignore_ascii_case(platform))
            {
                format!(
                    "is no brand of the platform {known:?}, which samples have: capital letters count"
                )
            } else if let Some(other) = before.find(|other| other.eq_ignore_ascii_case(name)) {
                format!("differs from {other}.json in capital letters only, which count")
            } else {
                continue;
            };
            doubts.push(doubt(name, problem));
        }
        doubts
    }

    /// The platforms that the samples of all templates name.
    fn platforms_of_samples(&self) -> BTreeSet<String> {
        let samples = self.templates().flat_map(|template| self.samples(template));
        let platform = |(_, body): (&str, &[u8])| {
            let sample: serde_json::Value = serde_json::from_slice(body).ok()?;
            Some(sample["marketplace"]["platform"].as_str()?.to_owned())
        };
        samples.filter_map(platform).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::files::Files;
    use crate::shipped;

    /// The doubts about these brands of the shipped templates, without some of their files.
    fn doubts(brands: &[(&str, &str)], without: &[&str]) -> Vec<String> {
        let mut files: Files = shipped::files();
        files.retain(|path, _| !without.contains(&path.as_str()));
        let brands = brands.iter();
        files.extend(brands.map(|(name, json)| {
            let json = json.as_bytes().to_vec();
            (format!("/brands/{name}.json"), json.into())
        }));
        let catalog = Catalog::of_files(Path::new("own"), files, None).expect("templates");
        let doubts = catalog.doubts_about_brands();
        doubts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_font_without_a_bold_file_is_suspicious() {
        let brand = [("etsy", r#"{"font": "Liberation Sans"}"#)];
        assert_eq!(doubts(&brand, &[]), Vec::<String>::new());
        let found = doubts(&brand, &["/fonts/LiberationSans-Bold.ttf"]);
        let expected =
            "own/brands/etsy.json: font is \"Liberation Sans\", which has no bold file: ";
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(expected), "{found:?}");
    }

    #[test]
    fn brands_whose_names_differ_in_capital_letters_only_are_suspicious() {
        // Samples are of the platform tiktok.
        let brands = [
            ("TikTok/7", "{}"),
            ("tiktok", "{}"),
            ("tiktok/7", "{}"),
            ("new", "{}"),
            ("New", "{}"),
        ];
        assert_eq!(
            doubts(&brands, &[]),
            [
                "own/brands/TikTok/7.json: is no brand of the platform \"tiktok\", which samples have: capital letters count",
                "own/brands/new.json: differs from New.json in capital letters only, which count",
                "own/brands/tiktok/7.json: differs from TikTok/7.json in capital letters only, which count",
            ]
        );
    }
}
