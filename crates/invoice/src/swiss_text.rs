//! The characters of a Swiss QR-bill (Swiss Implementation Guidelines QR-bill 2.3, 4.1.1): Basic Latin, Latin-1 Supplement,
//! Latin Extended-A, `ȘșȚț€`.
//!
//! Typographic signs are replaced by plain ones, other signs by a space, and a letter that is not permitted by its base letter.

use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

/// The first `max` characters of a name or of a part of an address, with permitted ones only.
///
/// # Errors
///
/// A letter or a number that has no permitted one: without it, a name would be another name.
pub fn exact(text: &str, max: usize) -> Result<String, char> {
    let mut plain = String::with_capacity(text.len());
    for character in ComposingNormalizer::new_nfc().normalize_iter(text.chars()) {
        if !push(character, &mut plain) {
            return Err(character);
        }
    }
    Ok(shortened(&plain, max))
}

/// The first `max` characters of a message, in which a letter that has no permitted one is a space.
pub fn legible(text: &str, max: usize) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in ComposingNormalizer::new_nfc().normalize_iter(text.chars()) {
        if !push(character, &mut plain) {
            plain.push(' ');
        }
    }
    shortened(&plain, max)
}

fn shortened(plain: &str, max: usize) -> String {
    let words: Vec<&str> = plain.split_whitespace().collect();
    let short: String = words.join(" ").chars().take(max).collect();
    short.trim_end().to_owned()
}

/// Adds the permitted characters that stand for this one. Whether there are any, or it is no letter.
fn push(character: char, plain: &mut String) -> bool {
    match character {
        _ if is_permitted(character) => plain.push(character),
        '‘' | '’' | '‚' => plain.push('\''),
        '“' | '”' | '„' => plain.push('"'),
        '‐'..='―' => plain.push('-'),
        // The letter before it stays.
        mark if is_in(mark, GeneralCategoryGroup::Mark) => {}
        letter
            if is_in(
                letter,
                GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number),
            ) =>
        {
            return push_base(letter, plain);
        }
        _ => plain.push(' '),
    }
    true
}

/// Adds the base letter of a letter with marks, or the letters of a ligature. Adds nothing where one of them is not permitted.
fn push_base(letter: char, plain: &mut String) -> bool {
    let before = plain.len();
    for part in DecomposingNormalizer::new_nfkd().normalize_iter(std::iter::once(letter)) {
        if is_permitted(part) {
            plain.push(part);
        } else if !is_in(part, GeneralCategoryGroup::Mark) {
            plain.truncate(before);
            return false;
        }
    }
    true
}

fn is_permitted(character: char) -> bool {
    matches!(character, ' '..='~' | '\u{a1}'..='\u{17f}' | 'Ș' | 'ș' | 'Ț' | 'ț' | '€')
}

fn is_in(character: char, group: GeneralCategoryGroup) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_permitted_characters_are_left() {
        let check = |text, max, expected: &str| {
            assert_eq!(exact(text, max).as_deref(), Ok(expected), "{text:?}");
            assert_eq!(legible(text, max), expected, "{text:?}");
        };
        check("L’Étoile – “Œuf” GmbH", 70, "L'Étoile - \"Œuf\" GmbH");
        check("Țepeș\u{a0}€ 5", 70, "Țepeș € 5");
        check("Zürcher  Kantonalbank", 8, "Zürcher");
        check("Café ★ ☕", 70, "Café");
        // Decomposed letters, letters with a base letter, ligatures and full width.
        check("Mu\u{308}ller Scho\u{308}pfer", 70, "Müller Schöpfer");
        check("Nguyễn Thị Hà, Ǎ, m\u{308}", 70, "Nguyen Thi Hà, A, m");
        check("Haﬄer ＡＢ １２", 70, "Haffler AB 12");
    }

    #[test]
    fn a_letter_without_a_permitted_one_is_an_error_in_a_name_and_a_space_in_a_message() {
        for (text, letter, message) in [
            ("مقهى", 'م', ""),
            ("Кафе 5", 'К', "5"),
            ("Müller Ελ 2026", 'Ε', "Müller 2026"),
            ("RE\u{18f}7", '\u{18f}', "RE 7"),
            ("RE № 7, 東京", '東', "RE 7,"),
        ] {
            assert_eq!(exact(text, 70), Err(letter), "{text:?}");
            assert_eq!(legible(text, 70), message, "{text:?}");
        }
    }
}
