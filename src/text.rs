//! Texts from outside, for tables and terminals.

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

/// Text with its control characters escaped: requests come from outside, and a terminal obeys what it receives.
pub fn harmless(text: &str) -> String {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
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
    fn a_line_is_short_and_harmless() {
        assert_eq!(one_line("a\n  b\tc", 10), "a b c");
        assert_eq!(one_line("äöüß", 4), "äöüß");
        assert_eq!(one_line("äöüßx", 4), "äöü…");
        assert_eq!(one_line("\u{1b}[2J\u{9b}", 40), "\\u{1b}[2J\\u{9b}");
    }
}
