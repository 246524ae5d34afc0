//! `templates new`: a template to start from.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use clap::Args;

use crate::cli::error::WrongUsage;
use crate::output;
use document::catalog::{RESERVED, is_plain};

/// Create a template: a page design to change, with texts and a sample.
///
/// It is created below TEMPLATES_DIR, and can be rendered at once.
#[derive(Debug, Args)]
pub(super) struct New {
    /// Name of the template, as requests will call it; NAME@VERSION for one version of several
    name: String,
}

/// The files of a new template; `NAME` in them stands for its name.
const STARTER: [(&str, &str); 3] = [
    ("main.typ", include_str!("starter/main.typ")),
    ("texts/en.json", include_str!("starter/texts/en.json")),
    ("samples/one.json", include_str!("starter/samples/one.json")),
];

impl New {
    pub(super) fn run(&self, templates: &Path) -> anyhow::Result<()> {
        let (name, version) = match self.name.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (&*self.name, None),
        };
        let is_valid = is_plain(name) && version.is_none_or(is_plain);
        if RESERVED.contains(&name) {
            let reserved = RESERVED.join(", ");
            return Err(WrongUsage(format!(
                "{:?} cannot be a template's name: {reserved} are folders that templates share",
                self.name
            ))
            .into());
        }
        if !is_valid {
            return Err(WrongUsage(format!(
                "{:?} cannot be a template's name: give letters, digits, and - _ .",
                self.name
            ))
            .into());
        }
        if !templates.join("fonts").is_dir() {
            return Err(WrongUsage(format!(
                "TEMPLATES_DIR: {} holds no fonts; start from a copy of the folder that comes with the program",
                templates.display()
            ))
            .into());
        }
        let folder = templates.join(&self.name);
        if folder.exists() {
            return Err(WrongUsage(format!("{} is there already", folder.display())).into());
        }
        let mut out = output::stdout();
        // As a whole, because a worker may load the templates at any moment.
        output::file::create_folder(&folder, |folder| self.fill(folder, name))
            .with_context(|| format!("cannot write {}", folder.display()))?;
        for (path, _) in STARTER {
            writeln!(out, "{}", folder.join(path).display())?;
        }
        let sample = folder.join("samples/one.json");
        writeln!(
            out,
            "\nSee it while you edit it:\n    invoice-worker render {} -o {name}.pdf --watch",
            sample.display()
        )?;
        Ok(())
    }

    fn fill(&self, folder: &Path, name: &str) -> io::Result<()> {
        for (path, content) in STARTER {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(&path, content.replace("NAME", self.name_in(&path, name)))?;
        }
        Ok(())
    }

    /// Comments name the folder, requests the template.
    fn name_in<'a>(&'a self, path: &Path, name: &'a str) -> &'a str {
        let is_request = path
            .extension()
            .is_some_and(|extension| extension == "json");
        if is_request { name } else { &self.name }
    }
}
