//! `templates list`

use std::io::{self, Write};
use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use crate::output::{self, json};
use document::Catalog;
use document::catalog::Template;

/// List templates and brands.
///
/// A request names a template, and may insist on a version or on a digest of these.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(&self, folder: &Path) -> anyhow::Result<()> {
        let catalog = Catalog::load(folder)?;
        Ok(self.print(&catalog, &mut output::stream())?)
    }

    fn print(&self, catalog: &Catalog, out: &mut impl Write) -> io::Result<()> {
        let brands = catalog.brands();
        if self.json {
            let templates: Vec<Value> = catalog
                .templates()
                .map(|template| entry(catalog, template))
                .collect();
            let brands: Vec<Value> = brands
                .names()
                .map(|name| {
                    let digest = brands.named(name).digest;
                    json!({ "name": name, "digest": digest.map(|digest| digest.to_string()) })
                })
                .collect();
            let listing = json!({ "templates": templates, "brands": brands });
            return json::write_pretty(out, &listing);
        }
        for template in catalog.templates() {
            let version = template.declared_version.as_ref();
            let version = version.map_or_else(String::new, |version| format!("@{version}"));
            writeln!(out, "{}{version}", template.name)?;
            if let Some(description) = &template.description {
                writeln!(out, "    {description}")?;
            }
            let samples = catalog
                .samples(template)
                .filter_map(|(path, _)| path.rsplit('/').next());
            for (what, value) in [
                ("digest", template.short_digest()),
                ("languages", template.languages.join(" ")),
                ("samples", samples.collect::<Vec<_>>().join(" ")),
            ] {
                writeln!(out, "    {what:9}  {value}")?;
            }
        }
        let brands: Vec<&str> = brands.names().collect();
        writeln!(out, "brands\n    {}", brands.join(" "))
    }
}

fn entry(catalog: &Catalog, template: &Template) -> Value {
    let samples: Vec<&str> = catalog.samples(template).map(|(path, _)| path).collect();
    json!({
        "name": template.name,
        "folder": template.folder,
        "version": template.version(),
        "digest": template.digest.to_string(),
        "description": template.description,
        "languages": template.languages,
        "samples": samples,
    })
}
