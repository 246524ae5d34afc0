//! The font families that templates can name, for their authors.

use std::collections::{BTreeMap, BTreeSet};

use typst::text::FontStyle;

use super::{Coverage, FontFile, Fonts};

/// A font family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FontFamily {
    /// As a template names it.
    pub name: String,
    /// Its fonts.
    pub faces: Vec<FontFace>,
    /// The languages whose letters it has, as tags of BCP 47, without those that inherit from another one.
    pub languages: Vec<String>,
}

/// A font of a family.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FontFace {
    /// Thickness of the strokes, from 100 to 900; 400 is regular, 700 bold.
    pub weight: u16,
    /// `normal`, `italic` or `oblique`.
    pub style: &'static str,
    /// Its file.
    pub file: String,
}

impl Fonts {
    /// All families, in the order in which a document looks for a character. `texts` has a text of each language, `shown` names
    /// files of the templates folder for people.
    pub(crate) fn listed(
        &self,
        texts: &BTreeMap<String, String>,
        shown: impl Fn(&str) -> String,
    ) -> Vec<FontFamily> {
        let letters: BTreeMap<&str, BTreeSet<char>> = (texts.iter())
            .map(|(language, text)| (language.as_str(), letters(text)))
            .collect();
        let families = self.families.iter().map(|family| {
            let faces = || {
                let faces = self.faces.iter();
                faces.filter(|face| face.info.family == family.name)
            };
            let mut coverage = Coverage::default();
            faces().for_each(|face| face.info.coverage.iter().for_each(|c| coverage.add(c)));
            let covers = |letters: &BTreeSet<char>| letters.iter().all(|c| coverage.contains(*c));
            let languages = letters.iter().filter(|(_, letters)| covers(letters));
            let mut listed: Vec<FontFace> = faces()
                .map(|face| FontFace {
                    weight: face.info.variant.weight.to_number(),
                    style: style(face.info.variant.style),
                    file: match &face.file {
                        FontFile::Memory(path) => shown(path),
                        FontFile::Extra(path) => path.display().to_string(),
                    },
                })
                .collect();
            listed.sort();
            FontFamily {
                name: family.name.clone(),
                faces: listed,
                languages: languages.map(|(tag, _)| (*tag).to_owned()).collect(),
            }
        });
        families.collect()
    }
}

/// The letters by which a language differs from others: those beyond ASCII, or those of ASCII if it has no others.
fn letters(text: &str) -> BTreeSet<char> {
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    let beyond: BTreeSet<char> = letters().filter(|c| !c.is_ascii()).collect();
    if beyond.is_empty() {
        letters().collect()
    } else {
        beyond
    }
}

fn style(style: FontStyle) -> &'static str {
    match style {
        FontStyle::Normal => "normal",
        FontStyle::Italic => "italic",
        FontStyle::Oblique => "oblique",
    }
}
