//! The form in which texts are compared: without white space and invisible marks, in lower case.

/// Text that is compared, and where it had gaps.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Normal {
    pub(super) text: String,
    /// Offsets of `text` before which there was white space; ascending.
    pub(super) gaps: Vec<usize>,
}

impl Normal {
    /// Appends a text.
    pub(super) fn push(&mut self, text: &str) {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c.is_ascii_graphic() {
                self.text.push(c.to_ascii_lowercase());
            } else if c.is_whitespace() {
                // Spaces that group digits do not separate.
                let groups = matches!(c, '\u{a0}' | '\u{202f}' | '\u{2009}')
                    && self.text.ends_with(|c: char| c.is_ascii_digit())
                    && begins_with_a_group(chars.as_str());
                if !groups {
                    self.gap();
                }
            } else if is_invisible(c) {
            } else if c.is_uppercase() {
                self.text.extend(c.to_lowercase());
            } else {
                self.text.push(c);
            }
        }
    }

    /// Notes a gap at the end.
    pub(super) fn gap(&mut self) {
        let end = self.text.len();
        if end > 0 && self.gaps.last() != Some(&end) {
            self.gaps.push(end);
        }
    }

    /// Whether there is a gap before this offset.
    pub(super) fn has_gap(&self, offset: usize) -> bool {
        self.gaps.binary_search(&offset).is_ok()
    }
}

/// A text alone in this form.
pub(super) fn normal(text: &str) -> String {
    let mut normal = Normal::default();
    normal.push(text);
    normal.text
}

/// Whether a text begins with three digits, and not more. "12 4L" has a quantity and a code of a unit.
fn begins_with_a_group(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.take(4).count() == 3
}

/// Marks of direction, joiners, soft hyphens and the like.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_marks_and_case_do_not_count_and_gaps_are_remembered() {
        let mut text = Normal::default();
        text.push("12\u{a0}4L 1\u{202f}234,50\u{a0}€ \u{200e}Öl-\u{ad}");
        assert_eq!(text.text, "124l1234,50€öl-");
        let gaps: Vec<&str> = text.gaps.iter().map(|gap| &text.text[*gap..]).collect();
        assert_eq!(gaps, ["4l1234,50€öl-", "1234,50€öl-", "€öl-", "öl-"]);
    }
}
