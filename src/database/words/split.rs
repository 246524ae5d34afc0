//! The words of a text.

/// Characters of a word that are kept.
pub(super) const WORD_CHARS: usize = 100;

/// The words of a text. A hyphen or an underscore within is part of a word: `ORD-2026-0001` is one. So is a character that is not
/// ASCII, unless it is a space or punctuation: marks of Thai are no letters, and Chinese has no spaces.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| {
        let is_part = match c {
            '-' | '_' | '\u{200c}' | '\u{200d}' => true,
            '«' | '»' | '¿' | '¡' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' => false,
            c if c.is_ascii() => c.is_ascii_alphanumeric(),
            c => !c.is_whitespace() && !c.is_control(),
        };
        !is_part
    });
    let parts = parts.map(|part| part.trim_matches(['-', '_']));
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(|part| {
        let lower = part.chars().flat_map(char::to_lowercase);
        lower.take(WORD_CHARS).collect()
    })
}
