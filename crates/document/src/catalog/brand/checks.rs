//! What is wrong with a brand.

use super::footer::Footer;
use crate::catalog::colour::{self, MIN_CONTRAST};
use crate::fonts::Fonts;
use crate::near::near;

/// Longest footer, in characters of all its lines: three lines of the page.
pub(super) const MAX_FOOTER_CHARS: usize = 240;

/// Most lines of a footer.
const MAX_FOOTER_LINES: usize = 4;

/// Longest description of a logo, in characters.
const MAX_ALT_CHARS: usize = 120;

/// Checks what is not a logo.
pub(crate) fn check_values(
    accent: &Option<String>,
    tint: &Option<String>,
    font: &Option<String>,
    logo_alt: &Option<String>,
    footer: &Option<Footer>,
) -> Result<(), String> {
    if let Some(accent) = accent {
        check_accent(accent)?;
    }
    if let Some(tint) = tint {
        parse_colour("tint", tint)?;
    }
    check_text("font", font.as_deref(), MAX_ALT_CHARS)?;
    check_text("logoAlt", logo_alt.as_deref(), MAX_ALT_CHARS)?;
    footer.as_ref().map_or(Ok(()), check_footer)
}

fn check_footer(footer: &Footer) -> Result<(), String> {
    let lines = footer.lines();
    if lines.is_empty() || lines.len() > MAX_FOOTER_LINES {
        return Err(format!(
            "footer has {} lines, expected one line of text, or a list of 1 to {MAX_FOOTER_LINES} lines",
            lines.len()
        ));
    }
    let chars: usize = lines.iter().map(|line| line.chars().count()).sum();
    if chars > MAX_FOOTER_CHARS {
        return Err(format!(
            "footer has {chars} characters, expected at most {MAX_FOOTER_CHARS}"
        ));
    }
    let check_line = |line: &String| check_text("footer", Some(line), MAX_FOOTER_CHARS);
    lines.iter().try_for_each(check_line)
}

fn parse_colour(field: &str, colour: &str) -> Result<[u8; 3], String> {
    colour::rgb(colour)
        .ok_or_else(|| format!("{field} is {colour:?}, expected a colour like \"#14323f\""))
}

fn check_accent(accent: &str) -> Result<(), String> {
    let contrast = colour::contrast(parse_colour("accent", accent)?, colour::WHITE);
    if contrast < MIN_CONTRAST {
        return Err(format!(
            "accent {accent} has a contrast of {contrast:.1} : 1 to white, expected at least {MIN_CONTRAST} : 1: \
             choose a darker colour"
        ));
    }
    Ok(())
}

/// The total has the accent's colour on the tint. Both may be of different files.
pub(super) fn colours(accent: Option<&str>, tint: Option<&str>) -> Result<(), String> {
    let Some(tint) = tint else {
        return Ok(());
    };
    let accent = accent.unwrap_or(colour::SHIPPED_ACCENT);
    let contrast = colour::contrast(parse_colour("accent", accent)?, parse_colour("tint", tint)?);
    if contrast < MIN_CONTRAST {
        return Err(format!(
            "tint {tint} has a contrast of {contrast:.1} : 1 to the accent {accent}, expected at least {MIN_CONTRAST} : 1: \
             choose a paler tint"
        ));
    }
    Ok(())
}

/// Refuses a footer with a letter that no font has, which no document could show.
pub(super) fn letters(footer: Option<&Footer>, fonts: &Fonts) -> Result<(), String> {
    let lines = footer.map_or(&[][..], Footer::lines);
    let shows = |c: &char| c.is_ascii() || fonts.coverage().contains(*c);
    match lines
        .iter()
        .flat_map(|line| line.chars())
        .find(|c| !shows(c))
    {
        None => Ok(()),
        Some(character) => Err(format!(
            "footer has {character:?} (U+{:04X}), which no font has; put a font that has it into FONTS_DIR",
            u32::from(character)
        )),
    }
}

pub(super) fn font(font: Option<&str>, fonts: &Fonts) -> Result<(), String> {
    let Some(font) = font else { return Ok(()) };
    let families = fonts.names();
    if families.contains(&font) {
        return Ok(());
    }
    let meant = near(font, families.iter().copied());
    let meant = meant.first().map(|meant| format!(" ({meant:?}?)"));
    Err(format!(
        "font is {font:?}, which no file has{}; the families are {}; put the font's files into fonts/ or FONTS_DIR",
        meant.unwrap_or_default(),
        families.join(", ")
    ))
}

fn check_text(field: &str, text: Option<&str>, max_chars: usize) -> Result<(), String> {
    let Some(text) = text else { return Ok(()) };
    if text.trim().is_empty() {
        return Err(format!(
            "{field} is empty, expected a text: leave the field out if there is none"
        ));
    }
    let chars = text.chars().count();
    if chars > max_chars {
        return Err(format!(
            "{field} has {chars} characters, expected at most {max_chars}"
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(format!(
            "{field} has a line break or another control character, expected one line"
        ));
    }
    Ok(())
}
