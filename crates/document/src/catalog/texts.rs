//! The texts that templates print, by language.
//!
//! `lib/texts/<language>.json` has the texts that all templates share, `<template>/texts/<language>.json` those of one
//! template, which go before the shared ones. A language inherits from its parents in CLDR: `de-AT` from `de`, `pt-AO` from
//! `pt-PT`, and all from `und`, which has the texts that are the same in every language. Traditional Chinese does not
//! inherit from Simplified Chinese.
//!
//! Words for codes are in files of their own, with the same inheritance: see [`words`](super::words).

use std::collections::BTreeMap;

use icu_locale::LanguageIdentifier;
use serde_json::{Map, Value};

use super::json;
use crate::error::CatalogError;
use crate::files::Files;
use crate::locale::parents;

/// The folder that all templates share.
pub(super) const SHARED: &str = "/lib/texts/";

/// The parent of all languages.
pub(super) const ROOT: &str = "und";

/// Texts by key, or words by list and code.
pub(super) type Texts = Map<String, Value>;

/// The texts of a folder, by language.
pub(super) type ByLanguage = BTreeMap<String, Texts>;

/// The one of these languages for readers of this locale: the locale itself, or its nearest parent.
pub(crate) fn choose<'a>(
    languages: &'a [String],
    locale: &LanguageIdentifier,
) -> Option<&'a String> {
    parents(locale)
        .into_iter()
        .find_map(|parent| languages.iter().find(|known| **known == parent))
}

/// Reads the texts of a folder.
pub(super) fn read(files: &Files, folder: &str) -> Result<ByLanguage, CatalogError> {
    let named = files.iter().filter_map(|(path, content)| {
        let name = path.strip_prefix(folder)?.strip_suffix(".json")?;
        Some((path, name, content))
    });
    named
        .map(|(path, name, content)| {
            let known = LanguageIdentifier::try_from_str(name)
                .is_ok_and(|language| language.to_string() == name);
            if !known {
                let problem =
                    "is not named by a language tag of BCP 47, expected a name like de-AT.json";
                return Err(CatalogError::File {
                    path: path.clone(),
                    problem: problem.to_owned(),
                });
            }
            Ok((name.to_owned(), json::parse(path, content)?))
        })
        .collect()
}

/// A language and those that it inherits from, the nearest first, without the root.
pub(super) fn chain(tag: &str) -> Vec<String> {
    LanguageIdentifier::try_from_str(tag).map_or_else(|_| Vec::new(), |id| parents(&id))
}

/// The texts of a language with all that it inherits. A template's own texts go before the shared ones.
pub(super) fn merged(sources: &[&ByLanguage], tag: &str) -> Texts {
    let chain = chain(tag);
    let mut texts = Map::new();
    for source in sources {
        for name in std::iter::once(ROOT).chain(chain.iter().rev().map(String::as_str)) {
            for (key, value) in source.get(name).into_iter().flatten() {
                match (texts.get_mut(key), value) {
                    (Some(Value::Object(words)), Value::Object(more)) => {
                        words.extend(more.clone());
                    }
                    (_, value) => {
                        texts.insert(key.clone(), value.clone());
                    }
                }
            }
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Catalog;
    use crate::catalog::reference::placeholders::placeholders;

    #[test]
    fn a_reader_gets_the_nearest_language() {
        assert_eq!(chain("de-AT").join(" "), "de-AT de");
        assert_eq!(chain("pt-AO").join(" "), "pt-AO pt-PT pt");
        assert_eq!(chain("en-GB").join(" "), "en-GB en-001 en");
        assert_eq!(chain("iw-IL").join(" "), "he-IL he");
        assert_eq!(chain("in-ID").join(" "), "id-ID id");
    }

    #[test]
    fn readers_of_one_chinese_script_never_get_the_other() {
        for locale in ["zh-TW", "zh-HK", "zh-Hant", "zh-Hant-TW"] {
            let languages = ["zh".to_owned(), "zh-Hant".to_owned()];
            let chosen = choose(&languages, &locale.parse().expect("a locale"));
            assert_eq!(chosen.map(String::as_str), Some("zh-Hant"), "{locale}");
            assert_eq!(
                choose(&languages[..1], &locale.parse().expect("a locale")),
                None,
                "{locale}"
            );
        }
        for locale in ["zh", "zh-CN", "zh-SG", "zh-Hans-CN"] {
            let languages = ["zh".to_owned(), "zh-Hant".to_owned()];
            let chosen = choose(&languages, &locale.parse().expect("a locale"));
            assert_eq!(chosen.map(String::as_str), Some("zh"), "{locale}");
        }
    }

    #[test]
    fn all_languages_have_the_same_keys_and_placeholders() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
        let catalog = Catalog::load(&root).expect("the templates");
        for template in catalog.templates() {
            let texts = |tag: &str| -> Map<String, Value> {
                let file = &catalog.files()[&format!("/{}/texts/{tag}.json", template.folder)];
                serde_json::from_slice(file).expect("JSON")
            };
            let english = texts("en");
            for language in [
                "ar", "de", "en", "es", "fil", "fr", "he", "id", "it", "ja", "ko", "ms", "nl",
                "pl", "pt", "sv", "th", "tr", "vi", "zh", "zh-Hant",
            ] {
                assert!(
                    template.languages.iter().any(|tag| tag == language),
                    "{language}"
                );
            }
            for language in &template.languages {
                let texts = texts(language);
                for (key, text) in &texts {
                    let place = format!("{} {language} {key}", template.name);
                    let reference = english.get(key);
                    let reference = reference.unwrap_or_else(|| panic!("{place}: not in English"));
                    let expected = placeholders(reference).expect(&place);
                    assert_eq!(placeholders(text), Ok(expected), "{place}");
                    assert!(
                        text.as_str().is_some_and(|text| !text.is_empty()),
                        "{place}"
                    );
                }
            }
        }
    }
}
