//! The texts of a template in one language, parsed: the labels that pages have beside values.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::files::Files;

/// Texts by key.
pub(crate) type Labels = HashMap<String, String>;

/// The texts of all templates. Those of a language are parsed when the first document needs them.
#[derive(Debug, Default)]
pub(super) struct AllLabels {
    /// By the path of the file.
    by_path: HashMap<String, OnceLock<Labels>>,
    none: Labels,
}

impl AllLabels {
    /// The texts in the files of a catalog, as they were completed.
    pub(super) fn new(files: &Files) -> Self {
        let paths = files.keys().filter(|path| path.contains("/texts/"));
        Self {
            by_path: paths.map(|path| (path.clone(), OnceLock::new())).collect(),
            none: Labels::new(),
        }
    }

    /// The texts of a template in one of its languages.
    pub(super) fn of(&self, files: &Files, folder: &str, language: &str) -> &Labels {
        let path = format!("/{folder}/texts/{language}.json");
        let Some(labels) = self.by_path.get(&path) else {
            return &self.none;
        };
        labels.get_or_init(|| {
            let file = files.get(&path).map(|file| &**file).unwrap_or_default();
            // The program has written it. What is no text is no label.
            let texts: serde_json::Map<_, _> = serde_json::from_slice(file).unwrap_or_default();
            texts
                .into_iter()
                .filter_map(|(key, text)| Some((key, text.as_str()?.to_owned())))
                .collect()
        })
    }
}
