//! The files of one level, compared key by key.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::level::{Flat, Level, flat, is_base, listed, shown, tags};
use super::placeholders::{described, difference};
use crate::catalog::texts::{ByLanguage, ROOT, chain, merged};
use crate::error::FileFault;
use crate::near::near;

/// A way in which a file differs from the reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// It has a key that the reference does not have.
    Unknown,
    /// It lacks a key, and inherits none.
    Lacking,
    /// Its text cannot be printed in place of the reference's.
    Other(String),
}

/// A key that more languages lack is one fault, of the reference.
const MANY: usize = 3;

/// The languages of the files that differ in the same way at the same key.
type ByKey<'a> = BTreeMap<(String, Difference), Vec<&'a str>>;

/// A level and what it is compared with.
pub(super) struct Compared<'a> {
    pub(super) level: &'a Level<'a>,
    pub(super) expected: Flat<'a>,
    pub(super) reference: &'a str,
    pub(super) newest: &'a ByLanguage,
}

impl Compared<'_> {
    /// What is wrong with the files, and with the reference where they all agree.
    pub(super) fn faults(&self) -> Vec<FileFault> {
        let mut by_key = ByKey::new();
        for (tag, pointer, difference) in self.differences() {
            by_key.entry((pointer, difference)).or_default().push(tag);
        }
        let tags = tags(&[self.newest]);
        let others: Vec<&str> = (tags.iter().copied())
            .filter(|tag| *tag != self.reference && is_base(tag, &tags))
            .collect();
        let (mut faults, mut lacking) = (Vec::new(), BTreeMap::<&str, Vec<&str>>::new());
        for ((pointer, difference), tags) in &by_key {
            // Where all others agree, the fault is one of the reference.
            if others.len() > 1 && others.iter().all(|other| tags.contains(other)) {
                faults.push(self.fault_of_reference(pointer, difference, &others));
                continue;
            }
            if *difference == Difference::Lacking && tags.len() > MANY {
                faults.push(self.lacking_in_many(pointer, tags, &others));
                continue;
            }
            for tag in tags {
                match difference {
                    Difference::Lacking => lacking.entry(tag).or_default().push(pointer),
                    Difference::Unknown => faults.push(self.unknown(tag, pointer, &by_key)),
                    Difference::Other(problem) => {
                        let problem = format!("{} {problem}", shown(pointer));
                        faults.push(self.level.fault(tag, pointer, problem));
                    }
                }
            }
        }
        faults.extend(
            (lacking.into_iter()).filter_map(|(tag, keys)| self.lacking(tag, &keys, &by_key)),
        );
        faults
    }

    /// A file that lacks keys, but for those that it has misspelt; none if these are all.
    fn lacking(&self, tag: &str, keys: &[&str], by_key: &ByKey<'_>) -> Option<FileFault> {
        let misspelt = |key: &str| {
            let mut unknown = by_key
                .iter()
                .filter(|((_, what), tags)| *what == Difference::Unknown && tags.contains(&tag));
            unknown.any(|((unknown, _), _)| !near(unknown, [key]).is_empty())
        };
        let keys = keys.iter().copied().filter(|key| !misspelt(key));
        let keys: Vec<&str> = keys.collect();
        let file = self.file_of_reference(keys.first()?);
        Some(FileFault {
            path: self.level.path(tag),
            place: None,
            problem: format!("lacks {}, which {file} has", listed(keys.into_iter())),
        })
    }

    /// A key that many languages lack: one that was added, and translated into some.
    fn lacking_in_many(&self, pointer: &str, tags: &[&str], others: &[&str]) -> FileFault {
        let key = shown(pointer);
        let problem = format!(
            "{key} is in {} of the {} other languages; add it to the rest ({}), or move it to {ROOT}.json, whose text the \
             languages without one of their own have",
            others.len().saturating_sub(tags.len()),
            others.len(),
            tags.join(", ")
        );
        self.level.fault(self.reference, pointer, problem)
    }

    /// Each difference of each file.
    fn differences(&self) -> Vec<(&str, String, Difference)> {
        let mut differences = Vec::new();
        let own = tags(&[self.newest]);
        for (tag, texts) in self.newest {
            if tag == self.reference {
                continue;
            }
            for (pointer, text) in flat(texts) {
                let difference = match self.expected.get(&pointer) {
                    Some(expected) => self.other(&pointer, text, expected),
                    None => Some(Difference::Unknown),
                };
                differences.extend(difference.map(|what| (tag.as_str(), pointer, what)));
            }
            if tag != ROOT && is_base(tag, &own) {
                let all = merged(&self.level.sources, tag);
                let all = flat(&all);
                let lacking = self.expected.keys().filter(|key| !all.contains_key(*key));
                differences
                    .extend(lacking.map(|key| (tag.as_str(), key.clone(), Difference::Lacking)));
            }
        }
        differences
    }

    fn other(&self, pointer: &str, text: &Value, expected: &Value) -> Option<Difference> {
        let problem = difference(text, expected)?;
        let file = self.file_of_reference(pointer);
        Some(Difference::Other(format!(
            "{problem}, {file} has {}",
            described(expected)
        )))
    }

    fn unknown(&self, tag: &str, pointer: &str, by_key: &ByKey<'_>) -> FileFault {
        // What the file lacks was probably meant.
        let lacking = by_key.iter().filter_map(|((key, what), tags)| {
            (*what == Difference::Lacking && tags.contains(&tag)).then_some(key.as_str())
        });
        let mut meant = near(pointer, lacking);
        if meant.is_empty() {
            meant = near(pointer, self.expected.keys().map(String::as_str));
        }
        let key = shown(pointer);
        let problem = match meant.first() {
            Some(meant) => format!(
                "unknown key {key}; {} has {}",
                self.file_of_reference(meant),
                shown(meant)
            ),
            None => {
                let path = self.level.path(self.reference);
                let path = path.trim_start_matches('/');
                format!("unknown key {key}; a key of every language has to be in {path}, too")
            }
        };
        self.level.fault(tag, pointer, problem)
    }

    /// A fault of the reference, on which all other languages agree.
    fn fault_of_reference(
        &self,
        pointer: &str,
        difference: &Difference,
        others: &[&str],
    ) -> FileFault {
        let (count, key) = (others.len(), shown(pointer));
        let other = others.first().copied().unwrap_or_default();
        let problem = match difference {
            Difference::Unknown => format!("lacks {key}, which the {count} other languages have"),
            Difference::Lacking => {
                let texts = self.newest.get(other).map(flat).unwrap_or_default();
                let meant = near(pointer, texts.keys().map(String::as_str));
                let meant = meant
                    .into_iter()
                    .find(|meant| !self.expected.contains_key(*meant));
                let hint = meant.map_or_else(
                    || {
                        format!(
                            "add it to them, or move it to {ROOT}.json, whose text the languages without one of their own have"
                        )
                    },
                    |meant| format!("they have {}", shown(meant)),
                );
                format!("{key} is in none of the {count} other languages; {hint}")
            }
            Difference::Other(_) => {
                let texts = self.newest.get(other).map(flat).unwrap_or_default();
                let (expected, others) = (self.expected.get(pointer), texts.get(pointer));
                format!(
                    "{key} has {}, but the {count} other languages have {}",
                    expected.map(|text| described(text)).unwrap_or_default(),
                    others.map(|text| described(text)).unwrap_or_default()
                )
            }
        };
        self.level.fault(self.reference, pointer, problem)
    }

    /// Texts of a template that replace shared ones in the reference, and which other languages still take from there.
    pub(super) fn overridden(&self, tags: &BTreeSet<&str>) -> Vec<FileFault> {
        let [below @ .., _] = &*self.level.sources else {
            return Vec::new();
        };
        let replaced = merged(below, self.reference);
        let replaced = flat(&replaced);
        let mut faults = Vec::new();
        let own = self.newest.get(self.reference).map(flat);
        for (pointer, text) in own.unwrap_or_default() {
            let before = replaced.get(&pointer);
            let differs = before.and_then(|before| Some((difference(text, before)?, before)));
            if let Some((problem, before)) = differs
                && let Some(other) = self.still_shared(&pointer, tags)
            {
                let problem = format!(
                    "{} {problem}, but this template has the text of lib in {other}, with {}: add its own text for {other}",
                    shown(&pointer),
                    described(before)
                );
                faults.push(self.level.fault(self.reference, &pointer, problem));
            }
        }
        faults
    }

    /// A language that has everything, and this text from the sources below.
    fn still_shared<'t>(&self, pointer: &str, tags: &BTreeSet<&'t str>) -> Option<&'t str> {
        tags.iter().copied().find(|tag| {
            let chain = chain(tag);
            let mut own = chain.iter().filter_map(|parent| self.newest.get(parent));
            let all = merged(&self.level.sources, tag);
            let all = flat(&all);
            *tag != self.reference
                && !own.any(|texts| flat(texts).contains_key(pointer))
                && self.expected.keys().all(|key| all.contains_key(key))
        })
    }

    /// The file that has the reference's text of this key, as messages name it.
    fn file_of_reference(&self, pointer: &str) -> String {
        let sources = self.level.folders.iter().zip(&self.level.sources).rev();
        for (index, (folder, source)) in sources.enumerate() {
            for tag in [self.reference, ROOT] {
                let texts = source.get(tag).map(flat).unwrap_or_default();
                if texts.contains_key(pointer) {
                    return match index {
                        0 => format!("{tag}.json"),
                        _ => format!("{}{tag}.json", folder.trim_start_matches('/')),
                    };
                }
            }
        }
        format!("{}.json", self.reference)
    }
}
