//! `templates new`: a template to start from.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use clap::Args;

use crate::cli::error::WrongUsage;
use crate::output;
use document::catalog::{RESERVED, is_plain};
use document::templates::design;

/// Create a template: a page design to change, with texts and a sample; or a copy of a template.
///
/// It is created below TEMPLATES_DIR, and can be rendered at once. NAME@VERSION is a copy of NAME where that exists.
#[derive(Debug, Args)]
pub(super) struct New {
    /// Name of the template, as requests will call it; NAME@VERSION for one version of several
    name: String,
    /// Copy this template, with its texts and samples, instead of a small design
    #[arg(long, value_name = "TEMPLATE")]
    from: Option<String>,
}

/// The files of the new folder, by their path in it.
type Files = document::Files;

/// The files of a small design; `NAME` in them stands for its name, `FOLDER` for its folder.
const STARTER: [(&str, &str); 5] = [
    ("main.typ", include_str!("starter/main.typ")),
    ("texts/en.json", include_str!("starter/texts/en.json")),
    ("samples/one.json", include_str!("starter/samples/one.json")),
    (
        "samples/stress/long-words.json",
        include_str!("starter/samples/stress/long-words.json"),
    ),
    ("template.json", include_str!("starter/template.json")),
];

impl New {
    pub(super) fn run(&self, templates: Option<&Path>) -> anyhow::Result<()> {
        let Some(templates) = templates else {
            return Err(WrongUsage(
                "a new template needs a templates folder, and TEMPLATES_DIR is not set: write one with `invoice-worker \
                 templates export my-templates`, and set TEMPLATES_DIR=my-templates"
                    .to_owned(),
            )
            .into());
        };
        let name = self.checked_name()?;
        if !templates.join("fonts").is_dir() {
            return Err(WrongUsage(format!(
                "TEMPLATES_DIR: {} holds no fonts; start from a folder that `invoice-worker templates export` has written",
                templates.display()
            ))
            .into());
        }
        let folder = templates.join(&self.name);
        if folder.exists() {
            return Err(WrongUsage(format!("{} is there already", folder.display())).into());
        }
        let original = self.original(templates, name)?;
        let files = match &original {
            Some(original) => design::copy(templates, original, &self.name)?,
            None => self.starter(&folder, name),
        };
        // As a whole, because a worker may load the templates at any moment.
        output::file::create_folder(&folder, |folder| write(folder, &files))
            .with_context(|| format!("cannot write {}", folder.display()))?;
        self.print(&folder, original.as_deref(), &files)
    }

    /// The name without a version.
    fn checked_name(&self) -> Result<&str, WrongUsage> {
        let (name, version) = match self.name.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (&*self.name, None),
        };
        if RESERVED.contains(&name) {
            let reserved = RESERVED.join(", ");
            return Err(WrongUsage(format!(
                "{:?} cannot be a template's name: {reserved} are folders that templates share",
                self.name
            )));
        }
        if !is_plain(name) || !version.is_none_or(is_plain) {
            return Err(WrongUsage(format!(
                "{:?} cannot be a template's name: give letters, digits, and - _ .",
                self.name
            )));
        }
        Ok(name)
    }

    /// The template that is copied: the one that was asked for, or the one of which this is a version.
    fn original(&self, templates: &Path, name: &str) -> anyhow::Result<Option<String>> {
        let known = design::names(templates)?;
        match &self.from {
            Some(from) if known.contains(from) => Ok(Some(from.clone())),
            Some(from) => {
                let known = known.join(", ");
                let problem =
                    format!("--from: there is no template {from:?}, expected one of {known}");
                Err(WrongUsage(problem).into())
            }
            None => Ok(known.into_iter().find(|known| known == name)),
        }
    }

    fn starter(&self, folder: &Path, name: &str) -> Files {
        let file = |(path, content): (&str, &str)| {
            // Comments name the folder, requests the template.
            let name = if path.ends_with(".json") {
                name
            } else {
                &self.name
            };
            let content = content.replace("NAME", name);
            let content = content.replace("FOLDER", &folder.display().to_string());
            (path.to_owned(), content.into_bytes().into())
        };
        STARTER.into_iter().map(file).collect()
    }

    fn print(&self, folder: &Path, original: Option<&str>, files: &Files) -> anyhow::Result<()> {
        let mut out = output::stdout();
        for path in files.keys() {
            writeln!(out, "{}", folder.join(path).display())?;
        }
        if let Some(original) = original {
            writeln!(
                out,
                "\nIt is a copy of {original}; the parts in lib are shared with it."
            )?;
        }
        if let Some(sample) = sample_to_watch(files) {
            let sample = folder.join(sample);
            writeln!(
                out,
                "\nSee it while you edit it:\n    invoice-worker render {} -o {}.pdf --watch",
                sample.display(),
                self.name
            )?;
        }
        Ok(())
    }
}

/// The sample whose page the author can read: one in English, or else the first.
fn sample_to_watch(files: &Files) -> Option<&String> {
    let samples = || {
        let samples = files.iter();
        samples.filter(|(path, _)| path.starts_with("samples/") && !path.contains("/stress/"))
    };
    let is_english = |content: &[u8]| {
        let sample: Option<serde_json::Value> = serde_json::from_slice(content).ok();
        let locale = sample.as_ref().and_then(|sample| sample["locale"].as_str());
        locale.is_some_and(|locale| locale.starts_with("en"))
    };
    let english = samples().find(|(_, content)| is_english(content));
    Some(english.or_else(|| samples().next())?.0)
}

fn write(folder: &Path, files: &Files) -> io::Result<()> {
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, content)?;
    }
    Ok(())
}
