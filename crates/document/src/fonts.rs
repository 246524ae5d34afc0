//! Fonts: their families, their characters, and the order in which a document looks for a character in them.
//!
//! The fonts of `templates/fonts` are part of each template. Users can put more fonts into the folder that `FONTS_DIR`
//! names: those for Chinese, Japanese and Korean are too large to ship. A font file is read in full when the first document
//! needs it, so that a renderer without Japanese documents does not hold twenty megabytes of Japanese fonts.

pub(crate) mod extra;
mod file;
pub(crate) mod glyphs;
pub(crate) mod list;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::{fmt, fs};

use icu_locale::LanguageIdentifier;
use typst::foundations::Bytes;
use typst::layout::Abs;
use typst::text::{Font, FontBook, FontInfo, FontStyle, FontVariant, FontVariations, FontWeight};

use self::extra::unreadable;
use crate::error::CatalogError;
use crate::files::{Content, Files};

/// The folder of the templates' own fonts.
const TEMPLATE_FONTS: &str = "/fonts/";

/// The folder of further fonts that are in memory, where there is no `FONTS_DIR`. A templates folder has no hidden folder.
pub(crate) const EXTRA_FONTS: &str = "/.fonts/";

/// The family of ordinary text. The other families have the characters that it lacks.
const BASE_FAMILY: &str = "Noto Sans";

/// All fonts of an installation.
#[derive(Debug)]
pub(crate) struct Fonts {
    faces: Vec<Face>,
    families: Vec<Family>,
    coverage: Coverage,
    widths: Widths,
}

#[derive(Debug)]
struct Face {
    info: FontInfo,
    file: FontFile,
    index: u32,
}

/// The place of a font's bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum FontFile {
    /// In memory, by path: one of the templates' own, or a further one.
    Memory(String),
    /// Below `FONTS_DIR`.
    Extra(PathBuf),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Family {
    kind: FamilyKind,
    name: String,
}

/// The purpose of a family. A document looks for a character in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum FamilyKind {
    Base,
    Script,
    Cjk,
    /// Some of these have digits and letters too, so they are last.
    Symbols,
}

impl Fonts {
    /// Reads the names and characters of the fonts in the templates' files, and of further fonts: those in [`EXTRA_FONTS`] and
    /// those below a folder.
    ///
    /// # Errors
    ///
    /// The folder or a font in it cannot be read.
    pub(crate) fn load(files: &Files, extra: Option<&Path>) -> Result<Self, CatalogError> {
        let mut faces = Vec::new();
        let mut widths = Widths::default();
        for (path, content) in files {
            if path.starts_with(TEMPLATE_FONTS) {
                let infos: Vec<_> = (0..).zip(FontInfo::iter(content)).collect();
                let is_base = |(_, info): &(u32, FontInfo)| {
                    info.family == BASE_FAMILY && info.variant == FontVariant::default()
                };
                if infos.iter().any(is_base) {
                    widths = Widths::of(content);
                }
                add_faces(&mut faces, infos, &FontFile::Memory(path.clone()));
            }
        }
        for (path, content) in files {
            if path.starts_with(EXTRA_FONTS) {
                let infos = file::faces_in(&**content).map_err(unreadable(Path::new(path)))?;
                add_faces(&mut faces, infos, &FontFile::Memory(path.clone()));
            }
        }
        for path in extra::paths(extra)? {
            let infos = file::faces(&path).map_err(unreadable(&path))?;
            add_faces(&mut faces, infos, &FontFile::Extra(path));
        }
        let families: BTreeSet<Family> = faces
            .iter()
            .map(|face| Family {
                kind: kind(&face.info.family),
                name: face.info.family.clone(),
            })
            .collect();
        let mut coverage = Coverage::default();
        for face in &faces {
            face.info.coverage.iter().for_each(|c| coverage.add(c));
        }
        Ok(Self {
            faces,
            families: families.into_iter().collect(),
            coverage,
            widths,
        })
    }

    /// The families, in the order in which a document for readers of this locale looks for a character.
    pub(crate) fn families(&self, locale: &LanguageIdentifier) -> Vec<&str> {
        let preferred = cjk_suffix(locale);
        let mut families: Vec<&Family> = self.families.iter().collect();
        families.sort_by_key(|family| {
            (
                family.kind,
                family.kind == FamilyKind::Cjk && !family.name.ends_with(preferred),
            )
        });
        families
            .into_iter()
            .map(|family| family.name.as_str())
            .collect()
    }

    /// Whether a family of this name exists, however it is spelt.
    pub(crate) fn has_family(&self, name: &str) -> bool {
        let mut families = self.families.iter();
        families.any(|family| family.name.eq_ignore_ascii_case(name))
    }

    /// Whether a family has upright letters that are bold. Titles and totals are.
    pub(crate) fn has_bold(&self, family: &str) -> bool {
        let mut faces = self.faces.iter();
        faces.any(|face| {
            let variant = face.info.variant;
            face.info.family == family
                && variant.style == FontStyle::Normal
                && variant.weight >= FontWeight::SEMIBOLD
        })
    }

    /// The names of all families.
    pub(crate) fn names(&self) -> Vec<&str> {
        let names = self.families.iter();
        names.map(|family| family.name.as_str()).collect()
    }

    /// The greatest width of a text in the regular base font, in em.
    pub(crate) fn widest(&self, text: &str) -> f32 {
        text.chars().map(|c| self.widths.widest(c)).sum()
    }

    /// The characters of all fonts together.
    pub(crate) fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Whether this path is of a font, which templates read by its family and not as a file.
    pub(crate) fn is_font(path: &str) -> bool {
        path.starts_with(TEMPLATE_FONTS) || path.starts_with(EXTRA_FONTS)
    }

    pub(crate) fn book(&self) -> FontBook {
        FontBook::from_infos(self.faces.iter().map(|face| face.info.clone()))
    }

    /// All faces in the order of the book. Their files are not read yet.
    pub(crate) fn lazy(&self, files: &Files) -> Vec<LazyFont> {
        let mut data: BTreeMap<&FontFile, Arc<LazyFile>> = BTreeMap::new();
        let lazy = self.faces.iter().map(|face| {
            let file = data.entry(&face.file).or_insert_with(|| {
                Arc::new(match &face.file {
                    FontFile::Memory(path) => {
                        let content = files.get(path).cloned().unwrap_or_default();
                        LazyFile {
                            path: PathBuf::new(),
                            content: OnceLock::from(Some(Bytes::new(content))),
                        }
                    }
                    FontFile::Extra(path) => LazyFile {
                        path: path.clone(),
                        content: OnceLock::new(),
                    },
                })
            });
            LazyFont {
                file: Arc::clone(file),
                index: face.index,
                font: OnceLock::new(),
            }
        });
        lazy.collect()
    }
}

/// A face whose file is read at the first use.
pub(crate) struct LazyFont {
    file: Arc<LazyFile>,
    index: u32,
    font: OnceLock<Option<Font>>,
}

struct LazyFile {
    path: PathBuf,
    content: OnceLock<Option<Bytes>>,
}

impl LazyFont {
    /// The face; `None` if its file has disappeared.
    pub(crate) fn get(&self) -> Option<Font> {
        let read = || {
            let read = || fs::read(&self.file.path).ok().map(Bytes::new);
            Font::new(self.file.content.get_or_init(read).clone()?, self.index)
        };
        self.font.get_or_init(read).clone()
    }
}

fn add_faces(
    faces: &mut Vec<Face>,
    infos: impl IntoIterator<Item = (u32, FontInfo)>,
    file: &FontFile,
) {
    for (index, info) in infos {
        // Collections have a monospaced variant of the same letters, which no document uses.
        if !info.family.contains("Mono") {
            faces.push(Face {
                info,
                file: file.clone(),
                index,
            });
        }
    }
}

fn kind(family: &str) -> FamilyKind {
    let has_word = |words: &[&str]| family.split(' ').any(|word| words.contains(&word));
    if family == BASE_FAMILY {
        FamilyKind::Base
    } else if has_word(&["Emoji", "Liberation", "Math", "Symbols", "Symbols2"]) {
        // Liberation Sans is for the Swiss QR-bill, which allows few fonts. It has Hebrew letters, too.
        FamilyKind::Symbols
    } else if has_word(&["CJK", "JP", "KR", "SC", "TC", "HK"]) {
        FamilyKind::Cjk
    } else {
        FamilyKind::Script
    }
}

/// The end of the names of the families with the reader's forms of Chinese characters. The same character looks different in
/// Japan, Korea, Taiwan and Hong Kong. For other readers it is the form of mainland China, where most names in Chinese
/// characters are from.
fn cjk_suffix(locale: &LanguageIdentifier) -> &'static str {
    let region = locale.region.map(|region| region.to_string());
    let script = locale.script.map(|script| script.to_string());
    match (
        locale.language.as_str(),
        script.as_deref(),
        region.as_deref(),
    ) {
        ("ja", _, _) => "JP",
        ("ko", _, _) => "KR",
        ("zh", _, Some("HK" | "MO")) => "HK",
        ("zh", Some("Hant"), _) | ("zh", None, Some("TW")) => "TC",
        (_, _, _) => "SC",
    }
}

/// The widths of the base font's characters, in em.
#[derive(Debug, Default)]
struct Widths(Vec<f32>);

impl Widths {
    /// The number of characters: Latin, Greek and Cyrillic.
    const CHARACTERS: u32 = 0x530;

    fn of(content: &Content) -> Self {
        let Some(font) = Font::new(Bytes::new(content.clone()), 0) else {
            return Self::default();
        };
        let font = font.instantiate(
            FontVariant::default(),
            Abs::zero(),
            &FontVariations::default(),
        );
        let width = |c| {
            let glyph = font.ttf().glyph_index(char::from_u32(c)?)?;
            #[expect(clippy::cast_possible_truncation, reason = "a few em")]
            let width = font.x_advance(glyph.0)?.get() as f32;
            Some(width)
        };
        let widths = (0..Self::CHARACTERS).map(|c| width(c).unwrap_or(UNKNOWN_WIDTH));
        let widths = Self(widths.collect());
        // Otherwise typst would keep the font in its cache.
        typst::comemo::evict(0);
        widths
    }

    fn widest(&self, c: char) -> f32 {
        self.0.get(c as usize).copied().unwrap_or(match c {
            // Hebrew, Arabic, Devanagari, Thai.
            '\u{590}'..='\u{e7f}' => 1.86,
            // Chinese, Japanese, Korean.
            '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => 1.0,
            _ => UNKNOWN_WIDTH,
        })
    }
}

/// Wider than any line. The width of other characters is unknown, and some are replaced by several letters.
pub(crate) const UNKNOWN_WIDTH: f32 = 100.0;

/// A set of characters.
#[derive(Default)]
pub(crate) struct Coverage(Vec<u64>);

impl Coverage {
    fn add(&mut self, c: u32) {
        let word = c as usize / 64;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (c % 64);
    }

    pub(crate) fn contains(&self, c: char) -> bool {
        let c = u32::from(c);
        self.0
            .get(c as usize / 64)
            .is_some_and(|word| word & (1 << (c % 64)) != 0)
    }
}

impl fmt::Debug for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Coverage")
    }
}

#[cfg(test)]
mod tests;
