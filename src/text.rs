//! Texts from outside, for tables and terminals.

use strsim::osa_distance;

/// Text on one line, cut to this many characters.
pub fn one_line(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let line = harmless(&line);
    match line.char_indices().nth(max_chars) {
        Some(_) => line.chars().take(max_chars - 1).chain(['…']).collect(),
        None => line,
    }
}

/// Whether a terminal obeys this character instead of showing it: controls, ends of lines and paragraphs, and what changes
/// the direction of the text after it.
pub fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// The first twelve digits of a digest, which requests can name as a version of a template.
pub fn digits(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// The word that differs least from this one, if it differs by few letters.
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (word.chars().count() / 3).max(1);
    let words = words.into_iter();
    let distances = words.map(|other| (osa_distance(word, other), other));
    let nearest = distances.min_by_key(|(distance, _)| *distance)?;
    (nearest.0 <= most).then_some(nearest.1)
}

/// Text whose characters a terminal shows: requests come from outside. Others are escaped.
pub fn harmless(text: &str) -> String {
    let control = |c: char| is_obeyed(c) && c != '\n' && c != '\t';
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if control(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_is_recognised() {
        let words = ["totals_mismatch", "template_error", "conflict"];
        for (word, expected) in [
            ("totals_mismtch", Some("totals_mismatch")),
            ("total_mismatsch", Some("totals_mismatch")),
            ("konflikt", Some("conflict")),
            ("none", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words), expected, "{word}");
        }
        assert_eq!(nearest("a", []), None);
    }

    #[test]
    fn a_line_is_short_and_harmless() {
        assert_eq!(one_line("a\n  b\tc", 10), "a b c");
        assert_eq!(one_line("äöüß", 4), "äöüß");
        assert_eq!(one_line("äöüßx", 4), "äöü…");
        assert_eq!(one_line("\u{1b}[2J\u{9b}", 40), "\\u{1b}[2J\\u{9b}");
        assert_eq!(harmless("a\u{202e}b\u{2028}"), "a\\u{202e}b\\u{2028}");
    }
}
