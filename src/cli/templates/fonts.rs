//! `templates fonts`

use std::io::{self, Write};

use clap::Args;

use crate::app::App;
use crate::contract::FontList;
use crate::output::{self, json};

/// List the font families that templates can name.
///
/// With their files, and the languages whose letters they have: those of the templates folder and of FONTS_DIR, in the order in
/// which a document looks for a character.
#[derive(Debug, Args)]
pub(super) struct Fonts {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Fonts {
    pub(super) fn run(&self, app: &App) -> anyhow::Result<()> {
        let list = FontList::of(&app.catalog()?);
        Ok(self.print(&list, &mut output::stream())?)
    }

    fn print(&self, list: &FontList, out: &mut impl Write) -> io::Result<()> {
        if self.json {
            return json::write_pretty(out, list);
        }
        for family in &list.families {
            writeln!(out, "{}", family.name)?;
            for face in &family.faces {
                writeln!(out, "    {:9}  {} {}", face.weight, face.style, face.file)?;
            }
            if !family.languages.is_empty() {
                writeln!(out, "    languages  {}", family.languages.join(" "))?;
            }
        }
        if !list.languages_without_font.is_empty() {
            let languages = list.languages_without_font.join(" ");
            writeln!(out, "in no font: the letters of {languages}")?;
        }
        Ok(())
    }
}
