//! Windows-1252, in which DATEV reads a file.

/// What is at 0x80 to 0x9f, where ISO 8859-1 has control characters; five places are empty.
const HIGH: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// A text in Windows-1252. Characters that it does not have are question marks: only the text of a booking can have some, which
/// nothing is recognised by.
pub(super) fn encoded(text: &str) -> Vec<u8> {
    text.chars().map(byte).collect()
}

fn byte(c: char) -> u8 {
    match u8::try_from(u32::from(c)) {
        Ok(byte @ (0..=0x7f | 0xa0..=0xff)) => byte,
        Ok(_) | Err(_) => {
            let place = HIGH.iter().position(|it| *it == Some(c));
            place
                .and_then(|place| u8::try_from(0x80 + place).ok())
                .unwrap_or(b'?')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_encoded_and_others_are_question_marks() {
        assert_eq!(encoded("Aäß€–Ÿ\u{a0}"), b"A\xe4\xdf\x80\x96\x9f\xa0");
        assert_eq!(encoded("李ş\u{81}"), b"???");
    }
}
