//! Numbers as they are written. A 64-bit integer or float holds most of them, and rounds the others.

use serde_json::Number;

/// Every decimal of so many digits is given back by a float as it was (C's `DBL_DIG`).
const SHORT_DIGITS: usize = 15;

/// Whether all numbers of a JSON text are so short that no [`serde_json::Value`] rounds them.
pub(super) fn all_are_short(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'"' => behind_string(after),
            b'-' | b'0'..=b'9' => {
                let (number, after) = rest.split_at(length(rest));
                if !is_short(number) {
                    return false;
                }
                after
            }
            _ => after,
        };
    }
    true
}

fn behind_string(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = match rest {
            [b'\\', _, after @ ..] => after,
            [b'"', after @ ..] => return after,
            [_, after @ ..] => after,
            [] => return rest,
        };
    }
}

/// The length of the number that begins here.
fn length(json: &[u8]) -> usize {
    let of_number = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    json.iter().take_while(of_number).count()
}

fn is_short(number: &[u8]) -> bool {
    let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
    let has_exponent = number.iter().any(|byte| matches!(byte, b'e' | b'E'));
    digits <= SHORT_DIGITS && !has_exponent
}

/// What stands for a number: its value as a `Value` shows it, or [`Form::Exact`] where it would be rounded. It depends on the
/// value of a fraction alone, and not on its spelling.
pub(super) fn form(text: &str, number: &Number) -> Form {
    if !number.is_f64() {
        return Form::Shown(number.to_string());
    }
    let exact = Decimal::read(text);
    // serde_json's own float may be the one beside the nearest.
    let nearest = text.parse().ok().and_then(Number::from_f64);
    let shown = nearest.unwrap_or_else(|| number.clone()).to_string();
    match exact {
        Some(exact) if Decimal::read(&shown).as_ref() == Some(&exact) => Form::Shown(shown),
        Some(exact) => Form::Exact(exact.into_text()),
        // An exponent that is out of all bounds is compared by its spelling.
        None => Form::Exact(text.to_owned()),
    }
}

/// Whether two numbers of JSON have the same value, by all of their digits: 1.50 is 1.5, and 1 is 1.0. Those with an exponent that
/// is out of all bounds are compared by their spelling.
pub fn is_same_number(one: &str, other: &str) -> bool {
    match (Decimal::read(one), Decimal::read(other)) {
        (Some(one), Some(other)) => one == other,
        (Some(_) | None, None) | (None, Some(_)) => one == other,
    }
}

/// A number as text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As integers and floats are shown; `1` and `1.0` are different.
    Shown(String),
    /// All digits.
    Exact(String),
}

/// The value of a number: digits without zeros at their ends, times a power of ten.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (text, 0_i64),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        let zeros = all.len() - digits.len();
        let digits = digits.trim_start_matches('0');
        let exponent = exponent
            .checked_sub(i64::try_from(fraction.len()).ok()?)?
            .checked_add(i64::try_from(zeros).ok()?)?;
        let is_zero = digits.is_empty();
        Some(Self {
            negative: sign && !is_zero,
            digits: digits.to_owned(),
            exponent: if is_zero { 0 } else { exponent },
        })
    }

    fn into_text(self) -> String {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}e{}", self.digits, self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_apart_by_their_length() {
        for (json, expected) in [
            (r#"{"a":[1,-2.50,123456789012345],"b":"x"}"#, true),
            (
                r#"["1234567890123456789","\"1234567890123456789e5",null]"#,
                true,
            ),
            (r#""open 1234567890123456789"#, true),
            (r#"[1234567890123456]"#, false),
            ("1e0", false),
            (r#"{"a\\":12345678901234567}"#, false),
        ] {
            assert_eq!(all_are_short(json.as_bytes()), expected, "{json}");
        }
    }

    #[test]
    fn numbers_are_the_same_by_all_of_their_digits() {
        for (one, other, expected) in [
            ("1.50", "1.5", true),
            ("1", "1.0", true),
            ("100", "1e2", true),
            ("0.1", "1E-1", true),
            ("-0", "0", true),
            ("-1", "1", false),
            ("18446744073709551616", "18446744073709551617", false),
            ("9007199254740993", "9007199254740992.0", false),
            ("1e400", "10e399", true),
            ("1e400", "1e401", false),
            ("1e99999999999999999999", "1e99999999999999999999", true),
            ("1e99999999999999999999", "1", false),
        ] {
            assert_eq!(is_same_number(one, other), expected, "{one} {other}");
            assert_eq!(is_same_number(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn only_a_number_that_is_rounded_has_all_its_digits() {
        let shown = |text: &str| Form::Shown(text.to_owned());
        let exact = |text: &str| Form::Exact(text.to_owned());
        for (text, expected) in [
            ("1", shown("1")),
            ("1e0", shown("1.0")),
            ("-0", shown("-0.0")),
            ("0.30", shown("0.3")),
            ("0.30000000000000004", shown("0.30000000000000004")),
            ("30000000000000004e-17", shown("0.30000000000000004")),
            ("18446744073709551615", shown("18446744073709551615")),
            ("18446744073709551616", exact("18446744073709551616e0")),
            (
                "-1.00000000000000000001E2",
                exact("-100000000000000000001e-18"),
            ),
            ("1e-400", exact("1e-400")),
        ] {
            let number: Number = serde_json::from_str(text).expect("a number");
            assert_eq!(form(text, &number), expected, "{text}");
        }
    }
}
