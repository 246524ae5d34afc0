//! Compares the texts and words of each language with those of the language that is the reference, English: a key that a
//! language lacks, a misspelt one, and a placeholder that nothing fills would show on documents only.
//!
//! A language has the keys of the reference, itself or from its parents, and no others. A text has the placeholders of the
//! reference's text, each as often, and is empty where that is. No shipped language needs an exception.

mod compared;
mod level;
pub(super) mod placeholders;

use std::collections::BTreeSet;

use self::compared::Compared;
use self::level::shown;
use self::level::{ENGLISH, flat};
pub(super) use self::level::{Level, listed, reference, tags};
use self::placeholders::placeholders;
use super::texts::{ROOT, merged};
use crate::error::FileFault;

/// What is wrong with the files of the last source.
pub(super) fn faults(level: &Level<'_>) -> Vec<FileFault> {
    let newest = level.newest();
    if newest.is_empty() {
        return Vec::new();
    }
    let tags = tags(&level.sources);
    let Some(reference) = reference(&tags) else {
        return without_reference(level, &tags);
    };
    let texts = merged(&level.sources, &reference);
    let compared = Compared {
        level,
        expected: flat(&texts),
        reference: &reference,
        newest,
    };
    let mut faults = unbalanced(level, &reference);
    faults.extend(compared.overridden(&tags));
    faults.extend(compared.faults());
    faults
}

/// Several languages, and no English.
fn without_reference(level: &Level<'_>, tags: &BTreeSet<&str>) -> Vec<FileFault> {
    if tags.is_empty() {
        return Vec::new();
    }
    vec![FileFault {
        path: level.path(ENGLISH),
        place: None,
        problem:
            "does not exist: the keys and placeholders of the other languages are compared with it"
                .to_owned(),
    }]
}

/// Texts of the reference with a brace that has no counterpart. Those of the others are compared with them.
fn unbalanced(level: &Level<'_>, reference: &str) -> Vec<FileFault> {
    let mut faults = Vec::new();
    for tag in [reference, ROOT] {
        let texts = level.newest().get(tag).map(flat);
        for (pointer, text) in texts.unwrap_or_default() {
            if let Err(problem) = placeholders(text) {
                let problem = format!("{} {problem}", shown(&pointer));
                faults.push(level.fault(tag, &pointer, problem));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests;
