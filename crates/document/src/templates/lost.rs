//! What a reload would take away.
//!
//! A reload must not turn requests into dead letters, nor change the look of a shop's documents by accident. So it takes away no
//! template, no version, no language and no brand. To take one away, restart the program: a start has no templates before it.

use std::collections::{BTreeMap, BTreeSet};

use invoice::model::TemplateChoice;

use crate::catalog::{Catalog, Template};

/// What would be lost, one phrase each, with the reason.
pub(super) fn lost(before: &Catalog, after: &Catalog) -> Vec<String> {
    let mut lost = BTreeSet::new();
    // A shared language is lost for several templates, for one reason.
    let mut languages: BTreeMap<(&str, String), BTreeSet<&str>> = BTreeMap::new();
    for old in before.templates() {
        for choice in choices(old) {
            let Ok(new) = after.version(&choice) else {
                lost.insert(lost_choice(old, &choice, after));
                continue;
            };
            for language in &old.languages {
                if let Some(reason) = reason(language, (before, old), (after, new)) {
                    let names = languages.entry((language, reason)).or_default();
                    names.insert(&old.folder);
                }
            }
        }
    }
    let mut lost: Vec<String> = lost.into_iter().collect();
    lost.extend(languages.into_iter().map(|((language, reason), names)| {
        let names: Vec<&str> = names.into_iter().collect();
        format!("language {language} of {}: {reason}", names.join(", "))
    }));
    let brands: BTreeSet<&str> = after.brands().names().collect();
    let gone = (before.brands().names()).filter(|name| !brands.contains(name));
    lost.extend(gone.map(|name| {
        let file = after.shown(&format!("/brands/{name}.json"));
        format!("brand {name}: {file} is gone")
    }));
    lost
}

/// What a request can say to get this template: its name alone, unless its folder is one of several versions, and its version.
fn choices(template: &Template) -> Vec<TemplateChoice> {
    let choice = |version: Option<String>| TemplateChoice {
        name: template.name.clone(),
        version,
        paper: None,
    };
    let by_name = (template.folder == template.name).then(|| choice(None));
    let by_version = (template.declared_version.clone()).map(|version| choice(Some(version)));
    by_name.into_iter().chain(by_version).collect()
}

fn lost_choice(old: &Template, choice: &TemplateChoice, after: &Catalog) -> String {
    let folder = &old.folder;
    let mut templates = after.templates();
    match (&choice.version, templates.find(|new| new.folder == *folder)) {
        (Some(version), Some(_)) => {
            let manifest = after.shown(&format!("/{folder}/template.json"));
            format!(
                "version {version} of template {folder}: {manifest} does not declare it any more"
            )
        }
        (Some(_) | None, _) => {
            let main = after.shown(&format!("/{folder}/main.typ"));
            format!("template {folder}: {main} is gone")
        }
    }
}

/// Why a language cannot be printed any more; none if it can, or could not before.
fn reason(
    language: &str,
    (before, old): (&Catalog, &Template),
    (after, new): (&Catalog, &Template),
) -> Option<String> {
    let missing = |template: &Template| {
        let mut missing = template.without_font.iter();
        missing.find(|font| font.language == language).cloned()
    };
    if new.languages.iter().any(|other| other == language) {
        let font = missing(new).filter(|_| missing(old).is_none());
        return font.map(|font| font.to_string());
    }
    if let Some(reason) = new.lacking.get(language) {
        return Some(format!("{} {}", after.shown(&reason.path), reason.problem));
    }
    let shared = format!("/lib/texts/{language}.json");
    let has = |catalog: &Catalog| catalog.files().contains_key(&shared);
    let path = match has(before) && !has(after) {
        true => shared,
        false => format!("/{}/texts/{language}.json", new.folder),
    };
    Some(format!("{} is gone", after.shown(&path)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::files::Files;

    fn catalog(files: &[(&str, &str)]) -> Catalog {
        let files = files.iter();
        let files: Files = files
            .map(|(path, content)| ((*path).to_owned(), content.as_bytes().to_vec().into()))
            .collect();
        Catalog::of_files(Path::new("own"), files, None).expect("a catalog")
    }

    #[test]
    fn a_declared_version_and_a_brand_are_not_lost_by_accident() {
        let version = r#"{"version": "3"}"#;
        let before = [
            ("/slip/main.typ", ""),
            ("/slip/template.json", version),
            ("/brands/shop.json", "{}"),
        ];
        let catalog_before = catalog(&before);
        assert!(lost(&catalog_before, &catalog(&before)).is_empty());
        for (after, expected) in [
            (
                vec![
                    before[0],
                    ("/slip/template.json", r#"{"version": "4"}"#),
                    before[2],
                ],
                vec![
                    "version 3 of template slip: own/slip/template.json does not declare it any more",
                ],
            ),
            (
                vec![before[0], before[1]],
                vec!["brand shop: own/brands/shop.json is gone"],
            ),
            // Nothing is lost where the former version has a folder of its own.
            (
                vec![
                    before[0],
                    ("/slip/template.json", r#"{"version": "4"}"#),
                    ("/slip@3/main.typ", ""),
                    before[2],
                ],
                vec![],
            ),
            (
                vec![("/other/main.typ", ""), before[2]],
                vec!["template slip: own/slip/main.typ is gone"],
            ),
        ] {
            assert_eq!(lost(&catalog_before, &catalog(&after)), expected);
        }
    }
}
