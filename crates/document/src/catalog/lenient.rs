//! Loading a folder in spite of faults in what a command does not need: while one template is being written, the others can be
//! rendered. Workers and checks need everything.

use invoice::Invoice;

use super::{Catalog, read_files};
use crate::deadline;
use crate::error::{CatalogError, FileFault};
use crate::files::Files;
use crate::source::TemplateSource;

/// The folder of brands.
const BRANDS: &str = "/brands/";

/// What is needed of a templates folder besides the shared parts.
#[derive(Clone, Debug, Default)]
pub struct Needed {
    /// The template, in all of its versions; none where each may be left out.
    template: Option<String>,
    /// The names of brands.
    brands: Vec<String>,
}

impl Needed {
    /// The template and the brands of an invoice.
    pub fn by(invoice: &Invoice) -> Self {
        let (platform, shop) = (invoice.identity.platform(), invoice.identity.shop_id());
        Self {
            template: Some(invoice.template.name.clone()),
            brands: vec![
                format!("{platform}/{shop}"),
                platform.to_owned(),
                "default".to_owned(),
            ],
        }
    }

    fn has(&self, path: &str) -> bool {
        if let Some(file) = path.strip_prefix(BRANDS) {
            let name = file.strip_suffix(".json");
            return name.is_some_and(|name| self.brands.iter().any(|brand| brand == name));
        }
        match folder(path) {
            "lib" | "fonts" => true,
            folder => {
                let name = folder.split('@').next();
                self.template.as_deref() == name
            }
        }
    }
}

impl Catalog {
    /// Reads the templates folder like [`load_from`](Self::load_from). Templates and brands that are not needed and have faults are
    /// left out, and their faults are returned beside.
    ///
    /// # Errors
    ///
    /// Those of [`load_from`](Self::load_from), but for faults in what is not needed.
    pub fn load_needed(
        from: &TemplateSource,
        needed: &Needed,
    ) -> Result<(Self, Vec<FileFault>), CatalogError> {
        match Self::load_from(from) {
            Ok(catalog) => return Ok((catalog, Vec::new())),
            Err(CatalogError::File { .. } | CatalogError::Files(_)) => {}
            Err(other) => return Err(other),
        }
        let (source, needed) = (from.clone(), needed.clone());
        let loading = move || {
            let loaded = without_faults(&source, &needed);
            loaded.map_err(|error| error.below(source.root()))
        };
        let loaded = deadline::within(deadline::READING, loading);
        let (catalog, mut left_out) = loaded.unwrap_or_else(|source| {
            Err(CatalogError::Read {
                path: from.root().to_owned(),
                source,
            })
        })?;
        for fault in &mut left_out {
            fault.path = catalog.shown(&fault.path);
        }
        Ok((catalog, left_out))
    }
}

/// Leaves out what has faults until the rest has none.
fn without_faults(
    source: &TemplateSource,
    needed: &Needed,
) -> Result<(Catalog, Vec<FileFault>), CatalogError> {
    let mut files = read_files(source)?;
    let mut left_out: Vec<FileFault> = Vec::new();
    loop {
        let faults = match Catalog::of_read_files(source, files.clone()) {
            Ok(catalog) => return Ok((catalog, left_out)),
            Err(CatalogError::File { path, problem }) => vec![fault(&path, problem)],
            Err(CatalogError::Files(faults)) => faults,
            Err(CatalogError::Empty(_)) => return Err(CatalogError::Files(left_out)),
            Err(other) => return Err(other),
        };
        let (mut own, others): (Vec<_>, Vec<_>) = faults
            .into_iter()
            .partition(|fault| needed.has(&fault.path));
        let before = files.len();
        others
            .iter()
            .for_each(|fault| leave_out(&mut files, &fault.path));
        if own.is_empty() && files.len() < before {
            left_out.extend(others);
            continue;
        }
        // A needed brand may lack an image that was left out.
        let is_of_brand = |fault: &FileFault| fault.path.starts_with(BRANDS);
        if own.is_empty() || own.iter().any(is_of_brand) {
            own.extend(left_out.into_iter().filter(is_of_brand));
            own.extend(others);
        }
        return Err(CatalogError::Files(own));
    }
}

/// A fault whose path may end with a line and a column.
fn fault(path: &str, problem: String) -> FileFault {
    let mut parts = path.rsplitn(3, ':');
    let mut number = || parts.next().and_then(|part| part.parse().ok());
    let place = number().zip(number());
    let path = match place {
        Some(_) => parts.next().unwrap_or(path),
        None => path,
    };
    FileFault {
        path: path.to_owned(),
        place: place.map(|(column, line)| (line, column)),
        problem,
    }
}

/// Removes a brand's file, or all files of a template.
fn leave_out(files: &mut Files, path: &str) {
    if path.starts_with(BRANDS) {
        files.remove(path);
    } else {
        let folder = format!("/{}/", folder(path));
        files.retain(|path, _| !path.starts_with(&folder));
    }
}

/// The first folder of a path.
fn folder(path: &str) -> &str {
    let path = path.trim_start_matches('/');
    path.split('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn folder_of(files: &[(&str, &str)]) -> TempDir {
        let root = tempfile::tempdir().expect("a temporary folder");
        for (path, content) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, content).expect("written");
        }
        root
    }

    fn needed(template: Option<&str>) -> Needed {
        Needed {
            template: template.map(ToOwned::to_owned),
            brands: vec!["tiktok".to_owned(), "default".to_owned()],
        }
    }

    /// The templates that can be used, and the faults of the others.
    fn load(root: &TempDir, needed: &Needed) -> Result<(Vec<String>, Vec<String>), String> {
        let loaded = Catalog::load_needed(&TemplateSource::folder(root.path()), needed);
        let below = format!("{}/", root.path().display());
        let text = |fault: &FileFault| fault.to_string().replace(&below, "");
        match loaded {
            Ok((catalog, faults)) => Ok((
                catalog.templates().map(|one| one.folder.clone()).collect(),
                faults.iter().map(text).collect(),
            )),
            Err(error) => Err(error.to_string().replace(&below, "")),
        }
    }

    const SOUND: [(&str, &str); 4] = [
        ("letter/main.typ", ""),
        ("lib/texts/en.json", r#"{"a": "A"}"#),
        ("lib/texts/de.json", r#"{"a": "A"}"#),
        ("brands/default.json", "{}"),
    ];

    #[test]
    fn faults_of_what_is_not_needed_are_reported_and_nothing_more() {
        let broken = [
            ("slip/main.typ", ""),
            ("slip/texts/en.json", r#"{"b": "B"}"#),
            ("slip/texts/de.json", "{"),
            ("bill/Main.typ", ""),
            ("note/main.typ", ""),
            ("note/template.json", r#"{"version": "a b"}"#),
            ("brands/bad.png", "no image"),
            ("brands/etsy.json", r#"{"accent": "red"}"#),
        ];
        let root = folder_of(&[&SOUND[..], &broken].concat());
        let expected = [
            "bill: has Main.typ, but no main.typ, so it is not a template: rename Main.typ to main.typ",
            "slip/texts/de.json:1:1: not JSON: the file ends too early, expected a closing brace",
            "brands/bad.png: is no PNG image",
            "brands/etsy.json: accent is \"red\", expected a colour like \"#14323f\"",
            "note/template.json: version is \"a b\", expected 1 to 64 ASCII letters",
        ];
        for template in [Some("letter"), None] {
            let (templates, faults) = load(&root, &needed(template)).expect("usable");
            assert_eq!(templates, ["letter"]);
            assert_eq!(faults.len(), expected.len(), "{faults:#?}");
            for (fault, expected) in faults.iter().zip(expected) {
                assert!(fault.starts_with(expected), "{fault}");
            }
        }
        // Each is an error of the command that needs it.
        for (template, expected) in [
            ("slip", "slip/texts/de.json"),
            ("bill", "bill: "),
            ("note", "note/"),
        ] {
            let error = load(&root, &needed(Some(template))).expect_err(template);
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn faults_of_shared_parts_and_of_a_needed_brand_are_errors() {
        for (path, content, expected) in [
            ("lib/texts/de.json", "{}", "lib/texts/de.json: lacks \"a\""),
            (
                "brands/tiktok.json",
                r#"{"accent": "red"}"#,
                "brands/tiktok.json: accent is",
            ),
            // Another version of the same template.
            (
                "letter@2/template.json",
                "{}",
                "letter@2: has template.json",
            ),
        ] {
            let root = folder_of(&[&SOUND[..], &[(path, content)]].concat());
            let error = load(&root, &needed(Some("letter"))).expect_err(path);
            assert!(error.starts_with(expected), "{error}");
        }
        // The image of a brand that is needed.
        let brand = [
            ("brands/tiktok.json", r#"{"logo": "bad.png"}"#),
            ("brands/bad.png", "no image"),
        ];
        let root = folder_of(&[&SOUND[..], &brand].concat());
        let error = load(&root, &needed(Some("letter"))).expect_err("no logo");
        assert!(error.contains("brands/bad.png: is no PNG image"), "{error}");
    }
}
