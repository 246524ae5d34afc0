//! What stands for a character that no font has.

use icu_normalizer::ComposingNormalizer;

/// The replacement of one character; `None` if there is none. It may itself be missing in the fonts.
pub(super) fn of(c: char) -> Option<String> {
    let replacement = match c {
        '【' | '〔' | '〖' | '「' | '『' | '〘' | '〚' => "[".to_owned(),
        '】' | '〕' | '〗' | '」' | '』' | '〙' | '〛' => "]".to_owned(),
        '《' | '〈' => "\u{ab}".to_owned(),
        '》' | '〉' => "\u{bb}".to_owned(),
        '〝' | '〞' | '〟' => "\"".to_owned(),
        '、' => ", ".to_owned(),
        '。' => ". ".to_owned(),
        '・' => "·".to_owned(),
        '〜' => "~".to_owned(),
        other => enclosed(other).unwrap_or_else(|| {
            ComposingNormalizer::new_nfkc()
                .normalize(other.encode_utf8(&mut [0; 4]))
                .into_owned()
        }),
    };
    (replacement != c.to_string()).then_some(replacement)
}

/// The number or the letter in a circle or a square. Unicode names no compatible character for those on a dark ground, in sans
/// serif, or in a double circle.
fn enclosed(c: char) -> Option<String> {
    // The first and the last of a row, and the number of the first.
    const NUMBERS: [(char, char, u32); 8] = [
        ('❶', '❿', 1),
        ('➀', '➉', 1),
        ('➊', '➓', 1),
        ('⓫', '⓴', 11),
        ('⓵', '⓾', 1),
        ('⓿', '⓿', 0),
        ('\u{1f10b}', '\u{1f10b}', 0),
        ('\u{1f10c}', '\u{1f10c}', 0),
    ];
    // Each row has the letters from A to Z.
    const LETTERS: [(char, char); 2] = [('\u{1f150}', '\u{1f169}'), ('\u{1f170}', '\u{1f189}')];
    let place = |first: char| u32::from(c) - u32::from(first);
    let mut numbers = NUMBERS.iter();
    let number = numbers.find(|(first, last, _)| (*first..=*last).contains(&c));
    if let Some((first, _, number)) = number {
        return Some((number + place(*first)).to_string());
    }
    let mut letters = LETTERS.iter();
    let (first, _) = letters.find(|(first, last)| (*first..=*last).contains(&c))?;
    char::from_u32(u32::from('A') + place(*first)).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enclosed_characters_stand_for_their_value() {
        for (enclosed, value) in [
            ('❶', "1"),
            ('❿', "10"),
            ('➄', "5"),
            ('➓', "10"),
            ('⓫', "11"),
            ('⓴', "20"),
            ('⓵', "1"),
            ('⓿', "0"),
            ('\u{1f10c}', "0"),
            ('①', "1"),
            ('⑽', "(10)"),
            ('ⓞ', "o"),
            ('\u{1f150}', "A"),
            ('\u{1f189}', "Z"),
        ] {
            assert_eq!(of(enclosed).as_deref(), Some(value), "{enclosed}");
        }
    }

    #[test]
    fn a_character_without_a_compatible_one_has_no_replacement() {
        for c in ['a', '恤', '\u{f8ff}', '\u{1d11e}', '★'] {
            assert_eq!(of(c), None, "{c}");
        }
    }
}
