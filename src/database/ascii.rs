//! Text in ASCII, which every database can store.

/// Text in ASCII: any other character becomes its escaped number.
pub(super) fn plain(text: String) -> String {
    let escape = |c: char| {
        let kept = c == '\n' || c == ' ' || c.is_ascii_graphic();
        (!kept).then(|| c.escape_unicode().to_string())
    };
    text.chars()
        .map(|c| escape(c).unwrap_or_else(|| c.to_string()))
        .collect()
}

/// The same JSON in ASCII, with the digits of numbers in lower case.
pub(super) fn ascii_json(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_becomes_its_number() {
        assert_eq!(ascii_json("ü😀"), r"\u00fc\ud83d\ude00");
    }
}
