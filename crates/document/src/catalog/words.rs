//! The words that pages print instead of codes: units, payment means, reasons of allowances and charges.
//!
//! `lib/words/<language>.json` has those that all templates share, `<template>/words/<language>.json` those of one template,
//! which go before the shared ones. Languages inherit as texts do. A view has only the words that its document needs, so
//! templates do not read these files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::json;
use super::texts::ROOT;
use crate::error::CatalogError;
use crate::files::Files;

/// The folder that all templates share.
pub(super) const SHARED: &str = "/lib/words/";

/// A code list whose codes have words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeList {
    /// Units of measure.
    Units,
    /// Payment means.
    PaymentMeans,
    /// Reasons of allowances.
    AllowanceReasons,
    /// Reasons of charges.
    ChargeReasons,
}

impl CodeList {
    /// The name of the list, for readers who look a code up.
    fn name(self) -> &'static str {
        match self {
            Self::Units => "UN/ECE Rec 20",
            Self::PaymentMeans => "UNTDID 4461",
            Self::AllowanceReasons => "UNTDID 5189",
            Self::ChargeReasons => "UNTDID 7161",
        }
    }
}

/// The word for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    /// The word.
    Known(&'a str),
    /// The page says as much without a word.
    Needless,
    /// There is no word: the code with an explanation, such as `Unit NAR (UN/ECE Rec 20)`.
    Explained(String),
}

impl<'a> Word<'a> {
    /// What a page prints: the word or the explained code.
    pub(crate) fn printed(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Known(word) => Some(word.into()),
            Self::Needless => None,
            Self::Explained(code) => Some(code.into()),
        }
    }
}

/// The words for codes, in one language.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Words {
    units: HashMap<String, String>,
    payment_means: HashMap<String, String>,
    allowance_reasons: HashMap<String, String>,
    charge_reasons: HashMap<String, String>,
    code_of_list: Patterns,
}

/// How a code without a word is explained: `{code}` and `{list}` are replaced.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Patterns {
    units: Option<String>,
    payment_means: Option<String>,
    allowance_reasons: Option<String>,
    charge_reasons: Option<String>,
}

impl Words {
    /// The word for a code of a list.
    pub(crate) fn word(&self, list: CodeList, code: &str) -> Word<'_> {
        let (words, pattern) = match list {
            CodeList::Units => (&self.units, &self.code_of_list.units),
            CodeList::PaymentMeans => (&self.payment_means, &self.code_of_list.payment_means),
            CodeList::AllowanceReasons => (
                &self.allowance_reasons,
                &self.code_of_list.allowance_reasons,
            ),
            CodeList::ChargeReasons => (&self.charge_reasons, &self.code_of_list.charge_reasons),
        };
        match words.get(code).map(String::as_str) {
            Some("") => Word::Needless,
            Some(word) => Word::Known(word),
            None => {
                let pattern = pattern.as_deref().unwrap_or("{code} ({list})");
                let explained = pattern.replace("{code}", code);
                Word::Explained(explained.replace("{list}", list.name()))
            }
        }
    }
}

/// Refuses files of a folder that have other content than words by list and code.
pub(super) fn check(files: &Files, folder: &str) -> Result<(), CatalogError> {
    for (path, content) in files.iter().filter(|(path, _)| path.starts_with(folder)) {
        json::typed::<Words>(path, content)?;
    }
    Ok(())
}

/// The words of all templates. Those of a language are parsed when the first document needs them.
#[derive(Debug, Default)]
pub(super) struct AllWords {
    /// By the path of the file.
    by_path: HashMap<String, OnceLock<Words>>,
    /// For templates that were kept before there were words.
    none: Words,
}

impl AllWords {
    /// The words in the files of a catalog, as they were completed.
    pub(super) fn new(files: &Files) -> Self {
        let paths = files.keys().filter(|path| path.contains("/words/"));
        Self {
            by_path: paths.map(|path| (path.clone(), OnceLock::new())).collect(),
            none: Words::default(),
        }
    }

    /// The words of a template for readers of these locales: those of the first locale that has some.
    pub(super) fn of(&self, files: &Files, folder: &str, locales: &[String]) -> &Words {
        let mut tags = locales.iter().map(String::as_str).chain([ROOT]);
        let found = tags.find_map(|tag| {
            let path = format!("/{folder}/words/{tag}.json");
            let words = self.by_path.get(&path)?;
            Some(words.get_or_init(|| {
                let file = files.get(&path).map(|file| &**file).unwrap_or_default();
                // The program has written it.
                serde_json::from_slice(file).unwrap_or_default()
            }))
        });
        found.unwrap_or(&self.none)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Map, Value, json};

    use super::*;
    use crate::Catalog;
    use crate::catalog::languages::complete;
    use crate::catalog::reference::placeholders::placeholders;
    use crate::locale::parents;

    fn files(texts: &[(&str, &str)]) -> Files {
        let file =
            |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec().into());
        texts.iter().map(file).collect()
    }

    #[test]
    fn a_code_has_the_word_of_the_template_of_the_language_or_of_a_parent() {
        let mut files = files(&[
            (
                "/lib/words/und.json",
                r#"{"units": {"KGM": "kg", "C62": "?"}, "allowance-reasons": {"95": ""}}"#,
            ),
            (
                "/lib/words/de.json",
                r#"{"units": {"C62": "Stk."}, "payment-means": {"10": "Bar"}, "code-of-list": {"units": "Einheit {code} ({list})"}}"#,
            ),
            (
                "/lib/words/de-AT.json",
                r#"{"payment-means": {"10": "Bargeld"}}"#,
            ),
            ("/slip/words/und.json", r#"{"units": {"C62": ""}}"#),
        ]);
        let folders = ["letter".to_owned(), "slip".to_owned()];
        complete(&mut files, &folders).expect("words");
        let check = |template, locale: &str, list, code, expected: Word<'_>| {
            let all = AllWords::new(&files);
            let locales = parents(&locale.parse().expect("a locale"));
            let words = all.of(&files, template, &locales);
            assert_eq!(
                words.word(list, code),
                expected,
                "{template} {locale} {code}"
            );
        };
        check(
            "letter",
            "de-DE",
            CodeList::Units,
            "C62",
            Word::Known("Stk."),
        );
        check("slip", "de-DE", CodeList::Units, "C62", Word::Needless);
        check("slip", "de-CH", CodeList::Units, "KGM", Word::Known("kg"));
        check(
            "letter",
            "de-AT",
            CodeList::PaymentMeans,
            "10",
            Word::Known("Bargeld"),
        );
        check("letter", "fr-FR", CodeList::Units, "KGM", Word::Known("kg"));
        check(
            "letter",
            "de-DE",
            CodeList::AllowanceReasons,
            "95",
            Word::Needless,
        );
        let explained = Word::Explained("Einheit XYZ (UN/ECE Rec 20)".into());
        check("letter", "de-DE", CodeList::Units, "XYZ", explained);
        let bare = Word::Explained("ADL (UNTDID 7161)".into());
        check("letter", "fr-FR", CodeList::ChargeReasons, "ADL", bare);
    }

    #[test]
    fn all_languages_have_words_for_the_same_codes() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
        let catalog = Catalog::load(&root).expect("the templates");
        for template in catalog.templates() {
            let words = |tag: &str| -> Map<String, Value> {
                let path = format!("/{}/words/{tag}.json", template.folder);
                serde_json::from_slice(&catalog.files()[&path]).expect("JSON")
            };
            let english = words("en");
            // A language of texts that has no words of its own has those of its parent.
            let of_language = |tag: &String| {
                let path = format!("/{}/words/{tag}.json", template.folder);
                catalog.files().contains_key(&path)
            };
            let languages = template.languages.iter().filter(|tag| of_language(tag));
            assert!(languages.clone().count() >= 21, "{}", template.name);
            for language in languages {
                let words = words(language);
                assert!(words.keys().eq(english.keys()), "{language}");
                for (list, words) in &words {
                    let words = words.as_object().expect("words by code");
                    let reference = english[list].as_object().expect("words by code");
                    let place = format!("{} {language} {list}", template.name);
                    assert!(words.keys().eq(reference.keys()), "{place}");
                    for (code, word) in words {
                        let is_needless = reference[code] == json!("");
                        assert_eq!(*word == json!(""), is_needless, "{place} {code}");
                        let expected = placeholders(&reference[code]).expect(code);
                        assert_eq!(placeholders(word), Ok(expected), "{place} {code}");
                    }
                }
            }
        }
    }
}
