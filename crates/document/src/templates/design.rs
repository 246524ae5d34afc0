//! A design of the templates folder, to start another one from.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::catalog::folder;
use crate::catalog::folders;
use crate::catalog::json::members;
use crate::error::CatalogError;
use crate::files::Files;

/// The folders of a templates folder that are templates.
///
/// # Errors
///
/// The folder cannot be read.
pub fn names(root: &Path) -> Result<Vec<String>, CatalogError> {
    Ok(folders(&folder::read(root)?))
}

/// The files of a copy of a template, by their path in the folder of the copy: texts and samples included.
///
/// The samples name the copy, so that they are rendered with it, and so does the description. A version that the manifest declares
/// is left out: it is that of the original.
///
/// # Errors
///
/// The templates folder cannot be read.
pub fn copy(root: &Path, original: &str, copy: &str) -> Result<Files, CatalogError> {
    let prefix = format!("/{original}/");
    let files = folder::read(root)?.into_iter();
    let own =
        files.filter_map(|(path, content)| Some((path.strip_prefix(&prefix)?.to_owned(), content)));
    let copied = own.map(|(path, content)| {
        let Ok(text) = std::str::from_utf8(&content) else {
            return (path, content);
        };
        if let Some(sample) = path.strip_prefix("samples/") {
            let path = format!("samples/{}", renamed(sample, name(original), name(copy)));
            return (path, sample_of(text, copy).into_bytes().into());
        }
        let text = match &*path {
            "template.json" => described(&without_version(text), original, copy),
            source if source.ends_with(".typ") => {
                text.replace(&format!("\"{prefix}"), &format!("\"/{copy}/"))
            }
            _ => text.to_owned(),
        };
        (path, text.into_bytes().into())
    });
    Ok(copied.collect())
}

fn name(folder: &str) -> &str {
    folder.split('@').next().unwrap_or(folder)
}

/// `invoice-de.json` of `invoice` is `slip-de.json` of `slip`.
fn renamed(sample: &str, original: &str, copy: &str) -> String {
    match sample.strip_prefix(original) {
        Some(rest) if rest.starts_with(['-', '.']) => format!("{copy}{rest}"),
        Some(_) | None => sample.to_owned(),
    }
}

/// A sample with the name of the copy, and its version where it has one. The rest of its text stays as it is.
fn sample_of(text: &str, copy: &str) -> String {
    let Ok(Value::Object(sample)) = serde_json::from_str(text) else {
        return text.to_owned();
    };
    let mut choice = match sample.get("template") {
        Some(Value::Object(choice)) => choice.clone(),
        Some(_) | None => Map::new(),
    };
    choice.remove("version");
    choice.insert("name".to_owned(), name(copy).into());
    if let Some((_, version)) = copy.split_once('@') {
        choice.insert("version".to_owned(), version.into());
    }
    let fields = choice
        .iter()
        .map(|(key, value)| format!("{}: {value}", json!(key)));
    let choice = format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "));
    let mut changed = text.to_owned();
    match (members(text).into_iter()).find(|member| member.pointer == "/template") {
        Some(template) => changed.replace_range(template.value, &choice),
        None => {
            let begin = changed.find('{').map_or(0, |brace| brace + 1);
            let comma = if sample.is_empty() { "" } else { "," };
            changed.insert_str(begin, &format!("\n  \"template\": {choice}{comma}"));
        }
    }
    changed
}

/// A manifest whose description says that another template is a copy. A version of the same template has the same description.
fn described(manifest: &str, original: &str, copy: &str) -> String {
    let known: Option<Value> = serde_json::from_str(manifest).ok();
    let known = known
        .as_ref()
        .and_then(|fields| fields["description"].as_str());
    let members = members(manifest);
    let place = members
        .iter()
        .find(|member| member.pointer == "/description");
    let mut changed = manifest.to_owned();
    if let (Some(known), Some(place)) = (known, place)
        && name(original) != name(copy)
    {
        let description = json!(format!("{known} (a copy of {original})"));
        changed.replace_range(place.value.clone(), &description.to_string());
    }
    changed
}

fn without_version(manifest: &str) -> String {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(manifest) else {
        return manifest.to_owned();
    };
    match fields.remove("version") {
        Some(_) => format!("{:#}\n", Value::Object(fields)),
        None => manifest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_gets_the_name_of_the_copy_and_nothing_else_is_changed() {
        let text = "{\n  \"number\": \"1\",\n  \"template\": {\n    \"name\": \"invoice\", \"version\": \"3\",\n    \"paper\": \"a4\" },\n  \"x\": 1.50\n}";
        let changed = "{\n  \"number\": \"1\",\n  \"template\": { \"name\": \"slip\", \"paper\": \"a4\" },\n  \"x\": 1.50\n}";
        assert_eq!(sample_of(text, "slip"), changed);
        let versioned = changed.replace("\"a4\"", "\"a4\", \"version\": \"2024\"");
        assert_eq!(sample_of(text, "slip@2024"), versioned);
        assert_eq!(
            sample_of("{\"number\": \"1\"}", "slip"),
            "{\n  \"template\": { \"name\": \"slip\" },\"number\": \"1\"}"
        );
        assert_eq!(sample_of("no JSON", "slip"), "no JSON");
    }

    #[test]
    fn the_copy_of_a_template_is_complete_and_independent() {
        let root = tempfile::tempdir().expect("a temporary folder");
        for (path, content) in [
            (
                "a/main.typ",
                "#import \"/a/x.typ\": y\n#import \"/lib/page.typ\": z",
            ),
            ("a/x.typ", "#let y = 1"),
            ("a/texts/en.json", r#"{"b": "B"}"#),
            ("a/template.json", r#"{"version": "3", "description": "D"}"#),
            ("a/samples/a-de.json", r#"{"template": {"name": "a"}}"#),
            ("a/samples/other.json", r#"{"template": {"name": "a"}}"#),
            ("lib/page.typ", ""),
            ("ab/main.typ", ""),
        ] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, content).expect("written");
        }
        assert_eq!(names(root.path()).expect("read"), ["a", "ab"]);
        let files = copy(root.path(), "a", "b@2").expect("read");
        let text = |path: &str| String::from_utf8(files[path].to_vec()).expect("UTF-8");
        let paths: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(
            paths,
            [
                "main.typ",
                "samples/b-de.json",
                "samples/other.json",
                "template.json",
                "texts/en.json",
                "x.typ",
            ]
        );
        assert_eq!(
            text("main.typ"),
            "#import \"/b@2/x.typ\": y\n#import \"/lib/page.typ\": z"
        );
        let manifest: Value = serde_json::from_str(&text("template.json")).expect("JSON");
        assert_eq!(manifest, json!({ "description": "D (a copy of a)" }));
        let version = copy(root.path(), "a", "a@2").expect("read");
        let manifest: Value = serde_json::from_slice(&version["template.json"]).expect("JSON");
        assert_eq!(manifest, json!({ "description": "D" }));
        let sample = r#"{"template": { "name": "b", "version": "2" }}"#;
        assert_eq!(text("samples/b-de.json"), sample);
    }
}
