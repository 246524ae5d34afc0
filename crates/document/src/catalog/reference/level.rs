//! The files that are compared, and the names of their keys and places.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalog::json;
use crate::catalog::texts::{ByLanguage, ROOT, Texts, chain};
use crate::error::FileFault;
use crate::files::Files;

/// The language that is the reference, where it exists.
pub(super) const ENGLISH: &str = "en";

/// Most keys that one error names.
const MAX_NAMED: usize = 3;

/// The files of shared texts, or those of one template over the shared ones, or the same of words.
pub(crate) struct Level<'a> {
    /// The whole folder.
    pub(crate) files: &'a Files,
    /// The folder of each source.
    pub(crate) folders: Vec<&'a str>,
    /// The texts of each source. The last one is compared; those before it are right.
    pub(crate) sources: Vec<&'a ByLanguage>,
}

/// The text of each key; the key is a pointer, because words are by list and code.
pub(super) type Flat<'a> = BTreeMap<String, &'a Value>;

static NONE: ByLanguage = BTreeMap::new();

impl Level<'_> {
    pub(super) fn newest(&self) -> &ByLanguage {
        self.sources.last().copied().unwrap_or(&NONE)
    }

    pub(super) fn path(&self, tag: &str) -> String {
        let folder = self.folders.last().copied().unwrap_or_default();
        format!("{folder}{tag}.json")
    }

    /// A fault at a key of a file of the last source.
    pub(super) fn fault(&self, tag: &str, pointer: &str, problem: String) -> FileFault {
        let path = self.path(tag);
        let content = self
            .files
            .get(&path)
            .map(|content| &**content)
            .unwrap_or_default();
        let text = String::from_utf8_lossy(content);
        let members = json::members(&text);
        let member = members.iter().find(|member| member.pointer == pointer);
        FileFault {
            place: member.map(|member| json::place(&text, member.key.start)),
            path,
            problem,
        }
    }
}

/// The language with which the others are compared: English, or the only one that there is.
pub(crate) fn reference(tags: &BTreeSet<&str>) -> Option<String> {
    if tags.contains(ENGLISH) {
        return Some(ENGLISH.to_owned());
    }
    let mut bases = tags.iter().filter(|tag| is_base(tag, tags));
    match (bases.next(), bases.next()) {
        (Some(only), None) => Some((*only).to_owned()),
        (_, _) => None,
    }
}

/// Whether a language inherits from none of these.
pub(super) fn is_base(tag: &str, tags: &BTreeSet<&str>) -> bool {
    let chain = chain(tag);
    let mut parents = chain.iter().filter(|parent| *parent != tag);
    !parents.any(|parent| tags.contains(parent.as_str()))
}

/// The languages of these sources.
pub(crate) fn tags<'a>(sources: &[&'a ByLanguage]) -> BTreeSet<&'a str> {
    let tags = sources.iter().flat_map(|source| source.keys());
    tags.map(String::as_str)
        .filter(|tag| *tag != ROOT)
        .collect()
}

/// All keys of these texts.
pub(super) fn flat(texts: &Texts) -> Flat<'_> {
    let mut flat = BTreeMap::new();
    for (key, value) in texts {
        let pointer = json::segment(key);
        match value.as_object() {
            Some(words) => {
                for (code, word) in words {
                    flat.insert(format!("{pointer}{}", json::segment(code)), word);
                }
            }
            None => {
                flat.insert(pointer, value);
            }
        }
    }
    flat
}

/// A key for people: `"title-invoice"`, `units "C62"`.
pub(crate) fn shown(pointer: &str) -> String {
    let mut segments: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
        .collect();
    let key = segments.pop().unwrap_or_default();
    segments.push(format!("{key:?}"));
    segments.join(" ")
}

/// Some keys for people, and how many there are beside them.
pub(crate) fn listed<'a>(pointers: impl Iterator<Item = &'a str>) -> String {
    let pointers: Vec<&str> = pointers.collect();
    let named = pointers
        .iter()
        .take(MAX_NAMED)
        .map(|pointer| shown(pointer));
    let named = named.collect::<Vec<_>>().join(", ");
    match pointers.len().saturating_sub(MAX_NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
