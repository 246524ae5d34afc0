//! A templates folder that changes while workers use it.

use std::fs;

use crate::faults::templates::Templates;

/// A copy of the templates. Documents look different after each change.
pub(super) struct ChangingTemplates {
    templates: Templates,
    texts: String,
    version: usize,
}

/// What is changed: a text of documents in English.
const FILE: &str = "lib/texts/en.json";
const TEXT: &str = "\"number\": \"Number\"";

impl ChangingTemplates {
    pub(super) fn new() -> Self {
        let templates = Templates::with(&[]);
        let texts = fs::read_to_string(templates.path().join(FILE)).expect("a readable file");
        assert!(texts.contains(TEXT), "{FILE} has no {TEXT}");
        Self {
            templates,
            texts,
            version: 0,
        }
    }

    pub(super) fn folder(&self) -> &str {
        self.templates.path().to_str().expect("UTF-8")
    }

    pub(super) fn change(&mut self) {
        self.version += 1;
        let text = format!("\"number\": \"Number {}\"", self.version);
        let changed = self.texts.replace(TEXT, &text);
        let path = self.templates.path().join(FILE);
        // In one step, since a worker may start at any moment. Files with a dot in front are no templates.
        let new = path.with_file_name(".new");
        fs::write(&new, changed).expect("a writable folder");
        fs::rename(&new, &path).expect("a writable folder");
    }
}
