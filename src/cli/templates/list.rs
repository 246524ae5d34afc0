//! `templates list`

use std::io::{self, Write};

use clap::Args;

use crate::contract::TemplateList;
use crate::output::{self, json};
use document::catalog::Needed;
use document::{Catalog, TemplateSource};

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
    pub(super) fn run(&self, templates: TemplateSource) -> anyhow::Result<()> {
        // Further fonts are not listed.
        let source = TemplateSource {
            fonts: None,
            ..templates
        };
        let (catalog, faults) = Catalog::load_needed(&source, &Needed::default())?;
        for fault in faults {
            output::note(format_args!("warning: {fault}"));
        }
        Ok(self.print(&catalog, &mut output::stream())?)
    }

    fn print(&self, catalog: &Catalog, out: &mut impl Write) -> io::Result<()> {
        let brands = catalog.brands();
        if self.json {
            return json::write_pretty(out, &TemplateList::of(catalog));
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
