//! The texts that templates print, by language.
//!
//! `lib/texts/<language>.json` has the texts that all templates share, `<template>/texts/<language>.json` those of one
//! template, which go before the shared ones. A language inherits from its parents in CLDR: `de-AT` from `de`, `pt-AO` from
//! `pt-PT`, and all from `und`, which has the texts that are the same in every language. Traditional Chinese does not
//! inherit from Simplified Chinese.

use std::collections::{BTreeMap, BTreeSet};

use icu_locale::LanguageIdentifier;
use serde_json::{Map, Value};

use crate::error::CatalogError;
use crate::locale::parents;

/// The folder that all templates share.
const SHARED: &str = "/lib/texts/";

/// The language whose keys every other language must have.
const REFERENCE: &str = "en";

/// The parent of all languages.
const ROOT: &str = "und";

/// Replaces a template's own texts by the complete texts of each language, which the template reads.
///
/// A language that lacks texts is left out, unless the template has texts of its own in that language: its author has begun the
/// translation, and `templates check` reports the missing texts.
///
/// # Errors
///
/// A file of texts is not named by a language, or is not a JSON object.
pub(crate) fn complete(
    files: &mut BTreeMap<String, Vec<u8>>,
    folder: &str,
) -> Result<(), CatalogError> {
    let own = format!("/{folder}/texts/");
    let sources = [read(files, SHARED)?, read(files, &own)?];
    let tags: BTreeSet<&String> = sources.iter().flat_map(BTreeMap::keys).collect();
    let all: BTreeMap<&String, Map<String, Value>> = tags
        .into_iter()
        .filter(|tag| *tag != ROOT)
        .map(|tag| (tag, merged(&sources, tag)))
        .collect();
    let reference: BTreeSet<String> = match all.get(&REFERENCE.to_owned()) {
        Some(english) => english.keys().cloned().collect(),
        None => BTreeSet::new(),
    };
    let whole: Vec<(String, Map<String, Value>)> = all
        .into_iter()
        .filter(|(tag, texts)| {
            let lacks_nothing = reference.iter().all(|key| texts.contains_key(key));
            lacks_nothing || sources[1].contains_key(*tag)
        })
        .map(|(tag, texts)| (tag.clone(), texts))
        .collect();
    files.retain(|path, _| !path.starts_with(&own));
    for (tag, texts) in whole {
        let text = Value::Object(texts).to_string();
        files.insert(format!("{own}{tag}.json"), text.into_bytes());
    }
    Ok(())
}

/// The one of these languages for readers of this locale: the locale itself, or its nearest parent.
pub(crate) fn choose<'a>(
    languages: &'a [String],
    locale: &LanguageIdentifier,
) -> Option<&'a String> {
    parents(locale)
        .into_iter()
        .find_map(|parent| languages.iter().find(|known| **known == parent))
}

/// The texts of a folder, by language.
fn read(
    files: &BTreeMap<String, Vec<u8>>,
    folder: &str,
) -> Result<BTreeMap<String, Map<String, Value>>, CatalogError> {
    let named = files.iter().filter_map(|(path, content)| {
        let name = path.strip_prefix(folder)?.strip_suffix(".json")?;
        Some((path, name, content))
    });
    named
        .map(|(path, name, content)| {
            let wrong = |problem: String| CatalogError::File {
                path: path.clone(),
                problem,
            };
            let known = LanguageIdentifier::try_from_str(name)
                .is_ok_and(|language| language.to_string() == name);
            if !known {
                return Err(wrong(
                    "is not named by a language tag of BCP 47, expected a name like de-AT.json"
                        .into(),
                ));
            }
            let texts = serde_json::from_slice(content)
                .map_err(|error| wrong(format!("is not a JSON object of texts: {error}")))?;
            Ok((name.to_owned(), texts))
        })
        .collect()
}

/// The texts of a language with all that it inherits. A template's own texts go before the shared ones.
fn merged(sources: &[BTreeMap<String, Map<String, Value>>], tag: &str) -> Map<String, Value> {
    let chain =
        LanguageIdentifier::try_from_str(tag).map_or_else(|_| Vec::new(), |id| parents(&id));
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

    fn chain(locale: &str) -> String {
        parents(&locale.parse().expect("a locale")).join(" ")
    }

    #[test]
    fn a_reader_gets_the_nearest_language() {
        assert_eq!(chain("de-AT"), "de-AT de");
        assert_eq!(chain("pt-AO"), "pt-AO pt-PT pt");
        assert_eq!(chain("en-GB"), "en-GB en-001 en");
        assert_eq!(chain("iw-IL"), "he-IL he");
        assert_eq!(chain("in-ID"), "id-ID id");
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
    fn texts_of_a_template_go_before_the_shared_ones() {
        let mut files = BTreeMap::new();
        for (path, texts) in [
            ("/lib/texts/und.json", r#"{"units": {"KGM": "kg"}}"#),
            (
                "/lib/texts/en.json",
                r#"{"a": "A", "b": "B", "units": {"C62": "pc"}}"#,
            ),
            (
                "/lib/texts/de.json",
                r#"{"a": "Ä", "b": "B", "units": {"C62": "Stk."}}"#,
            ),
            ("/lib/texts/de-AT.json", r#"{"b": "P"}"#),
            ("/lib/texts/fr.json", r#"{"a": "À"}"#),
            ("/slip/texts/und.json", r#"{"units": {"C62": ""}}"#),
            ("/slip/texts/de.json", r#"{"a": "Ae"}"#),
        ] {
            files.insert(path.to_owned(), texts.as_bytes().to_vec());
        }
        complete(&mut files, "slip").expect("texts");
        let texts = files
            .keys()
            .filter_map(|path| path.strip_prefix("/slip/texts/"));
        // French lacks "b".
        assert_eq!(
            texts.collect::<Vec<_>>(),
            ["de-AT.json", "de.json", "en.json"]
        );
        let austrian: Value =
            serde_json::from_slice(&files["/slip/texts/de-AT.json"]).expect("JSON");
        let expected = serde_json::json!({"a": "Ae", "b": "P", "units": {"KGM": "kg", "C62": ""}});
        assert_eq!(austrian, expected);
    }

    #[test]
    fn a_file_without_texts_is_named_in_the_error() {
        for (path, content) in [("/a/texts/en.json", "{"), ("/a/texts/english.json", "{}")] {
            let mut files = BTreeMap::from([(path.to_owned(), content.as_bytes().to_vec())]);
            let error = complete(&mut files, "a").expect_err("refused");
            assert!(error.to_string().contains(path), "{error}");
        }
    }

    /// The names in braces. Their order differs between languages.
    fn placeholders(text: &Value) -> BTreeSet<String> {
        let text = text.as_str().unwrap_or_default();
        let parts = text.split('{').skip(1);
        parts
            .filter_map(|part| part.split_once('}'))
            .map(|(name, _)| name.to_owned())
            .collect()
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
                "ar", "de", "en", "es", "fr", "he", "id", "it", "ja", "ko", "nl", "pl", "pt", "sv",
                "th", "tr", "vi", "zh", "zh-Hant",
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
                    assert_eq!(placeholders(text), placeholders(reference), "{place}");
                    assert!(text.as_str() != Some(""), "{place}: empty");
                    if let Value::Object(words) = text {
                        let reference = reference.as_object().expect("words");
                        assert!(words.keys().eq(reference.keys()), "{place}");
                    }
                }
            }
        }
    }
}
