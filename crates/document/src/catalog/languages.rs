//! The languages of the templates: their texts and words are read, compared with those of the reference, and completed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json;
use super::reference::{self, Level, listed, tags};
use super::texts::{self, ByLanguage, ROOT, chain, merged};
use super::words;
use crate::error::{CatalogError, FileFault};
use crate::files::Files;

/// By the folder of a template: the languages of the shared texts that it does not have, with the reason.
pub(super) type Lacking = BTreeMap<String, BTreeMap<String, FileFault>>;

/// Replaces the texts and words of each template by the complete ones of each language, which templates read. Returns the
/// languages of the shared texts that a template does not have, because it has keys of its own.
///
/// # Errors
///
/// A file is not named by a language, has other content than texts or words, or differs from the reference.
pub(super) fn complete(files: &mut Files, folders: &[String]) -> Result<Lacking, CatalogError> {
    let mut completing = Completing::default();
    let texts = texts::read(files, texts::SHARED)?;
    completing.texts(files, folders, &texts)?;
    let words = completing.words(files, folders)?;
    completing.wordless(&texts, &words);
    if !completing.faults.is_empty() {
        completing.faults.sort();
        return Err(CatalogError::Files(completing.faults));
    }
    for (own, complete) in completing.complete {
        files.retain(|path, _| !path.starts_with(&own));
        let complete = complete.into_iter();
        files.extend(complete.map(|(tag, content)| (format!("{own}{tag}.json"), content.into())));
    }
    Ok(completing.lacking)
}

/// Contents by language.
type ByTag = BTreeMap<String, Vec<u8>>;

#[derive(Default)]
struct Completing {
    faults: Vec<FileFault>,
    /// By folder of texts or words.
    complete: Vec<(String, ByTag)>,
    lacking: Lacking,
}

impl Completing {
    fn texts(
        &mut self,
        files: &Files,
        folders: &[String],
        shared: &ByLanguage,
    ) -> Result<(), CatalogError> {
        self.compare(files, &[(texts::SHARED, shared)]);
        let (complete, _) = whole(texts::SHARED, &[shared]);
        for folder in folders {
            let path = format!("/{folder}/texts/");
            let own = texts::read(files, &path)?;
            // Most templates have none.
            if own.is_empty() {
                self.complete.push((path, complete.clone()));
                continue;
            }
            self.compare(files, &[(texts::SHARED, shared), (&path, &own)]);
            let (complete, lacking) = whole(&path, &[shared, &own]);
            self.complete.push((path, complete));
            self.lacking.insert(folder.clone(), lacking);
        }
        Ok(())
    }

    fn words(&mut self, files: &Files, folders: &[String]) -> Result<ByLanguage, CatalogError> {
        words::check(files, words::SHARED)?;
        let shared = texts::read(files, words::SHARED)?;
        self.compare(files, &[(words::SHARED, &shared)]);
        let complete = all_words(&[&shared]);
        for folder in folders {
            let path = format!("/{folder}/words/");
            words::check(files, &path)?;
            let own = texts::read(files, &path)?;
            let complete = if own.is_empty() {
                complete.clone()
            } else {
                self.compare(files, &[(words::SHARED, &shared), (&path, &own)]);
                all_words(&[&shared, &own])
            };
            self.complete.push((path, complete));
        }
        Ok(shared)
    }

    /// Compares the last of these folders with the reference.
    fn compare(&mut self, files: &Files, sources: &[(&str, &ByLanguage)]) {
        let level = Level {
            files,
            folders: sources.iter().map(|(folder, _)| *folder).collect(),
            sources: sources.iter().map(|(_, source)| *source).collect(),
        };
        self.faults.extend(reference::faults(&level));
    }

    /// Languages of texts that have no words, where the reference has some.
    fn wordless(&mut self, texts: &ByLanguage, words: &ByLanguage) {
        let languages = tags(&[words]);
        let Some(reference) = reference::reference(&languages) else {
            return;
        };
        for tag in tags(&[texts]) {
            let chain = chain(tag);
            let mut others = chain.iter().filter(|parent| *parent != tag);
            let is_dialect = others.any(|parent| texts.contains_key(parent));
            if !is_dialect && !chain.iter().any(|parent| words.contains_key(parent)) {
                let problem = format!(
                    "does not exist, and lib/texts/{tag}.json does: a language needs words for codes; start from a copy of \
                     {reference}.json"
                );
                let path = format!("{}{tag}.json", words::SHARED);
                self.faults.push(FileFault {
                    path,
                    place: None,
                    problem,
                });
            }
        }
    }
}

/// The complete texts of each language that has all keys, and why the others are not among them.
fn whole(folder: &str, sources: &[&ByLanguage]) -> (ByTag, BTreeMap<String, FileFault>) {
    let tags = tags(sources);
    let reference = reference::reference(&tags);
    let reference = reference.map(|tag| merged(sources, &tag));
    let reference = reference.unwrap_or_default();
    let (mut complete, mut lacking) = (ByTag::new(), BTreeMap::new());
    for tag in tags {
        let texts = merged(sources, tag);
        let missing: Vec<String> = (reference.keys())
            .filter(|key| !texts.contains_key(*key))
            .map(|key| json::segment(key))
            .collect();
        if missing.is_empty() {
            complete.insert(tag.to_owned(), written(texts));
        } else {
            let fault = lack(folder, sources, tag, &missing);
            lacking.insert(tag.to_owned(), fault);
        }
    }
    (complete, lacking)
}

/// Why the last of these sources, which is the folder, has no complete texts of a language.
fn lack(folder: &str, sources: &[&ByLanguage], tag: &str, missing: &[String]) -> FileFault {
    let keys = listed(missing.iter().map(String::as_str));
    let own = &sources[sources.len().saturating_sub(1)..];
    let (path, problem) = if own.iter().any(|texts| texts.contains_key(tag)) {
        (format!("{folder}{tag}.json"), format!("lacks {keys}"))
    } else {
        let languages: Vec<&str> = tags(own).into_iter().collect();
        let languages = languages.join(", ");
        let problem = format!("has {languages} only; add {tag}.json with {keys} to offer {tag}");
        (folder.trim_end_matches('/').to_owned(), problem)
    };
    FileFault {
        path,
        place: None,
        problem,
    }
}

/// The complete words of each language, and those that are the same in all.
fn all_words(sources: &[&ByLanguage]) -> ByTag {
    let root = sources.iter().any(|words| words.contains_key(ROOT));
    let all = tags(sources).into_iter().chain(root.then_some(ROOT));
    all.map(|tag| (tag.to_owned(), written(merged(sources, tag))))
        .collect()
}

fn written(texts: texts::Texts) -> Vec<u8> {
    Value::Object(texts).to_string().into_bytes()
}

#[cfg(test)]
mod tests;
