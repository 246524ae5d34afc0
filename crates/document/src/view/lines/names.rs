//! Names as a page prints them.

use std::borrow::Cow;

/// A shorter name fits into any column.
const SHORT_NAME: usize = 24;

/// A name whose measures stay on one line: the spaces of "240 × 120 cm" do not break.
pub(super) fn with_joined_measures(name: &str) -> Cow<'_, str> {
    if name.len() <= SHORT_NAME || !name.contains(" × ") && !name.contains(" x ") {
        return Cow::Borrowed(name);
    }
    let words: Vec<&str> = name.split(' ').collect();
    let is_number = |index: usize| {
        let word = words.get(index).copied().unwrap_or_default();
        word.starts_with(|c: char| c.is_ascii_digit())
    };
    let is_times = |word: &str| matches!(word, "×" | "x");
    let mut joined = String::with_capacity(name.len() + 8);
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            let after_times = index > 1 && is_times(words[index - 1]) && is_number(index - 2);
            let before_times = is_times(word) && is_number(index - 1) && is_number(index + 1);
            // The unit after the last number.
            let is_unit = index > 2
                && is_number(index - 1)
                && is_times(words[index - 2])
                && word.trim_end_matches([',', ';']).chars().count() <= 3;
            let stays = before_times || after_times && is_number(index) || is_unit;
            joined.push(if stays { '\u{a0}' } else { ' ' });
        }
        joined.push_str(word);
    }
    Cow::Owned(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spaces_of_measures_do_not_break() {
        for (name, expected) in [
            (
                "Bäckerleinen, natur, Maß 240 × 120 cm",
                "Bäckerleinen, natur, Maß 240~×~120~cm",
            ),
            (
                "Karton 30 x 20 x 10 cm, braun, fest",
                "Karton 30~x~20~x~10~cm, braun, fest",
            ),
            (
                "Schrauben M6 × 20, verzinkt, hundert",
                "Schrauben M6 × 20, verzinkt, hundert",
            ),
            (
                "Backpapier, 60 × 40, fünfhundert Blatt",
                "Backpapier, 60~×~40, fünfhundert Blatt",
            ),
            ("240 × 120 cm", "240 × 120 cm"),
            (
                "a name that has a × b × c and no numbers",
                "a name that has a × b × c and no numbers",
            ),
            (
                "ends with a number and a sign: 240 × ",
                "ends with a number and a sign: 240 × ",
            ),
        ] {
            let expected = expected.replace('~', "\u{a0}");
            assert_eq!(with_joined_measures(name), expected);
        }
    }
}
