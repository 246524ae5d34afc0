//! Exact decimals: parsing, limits and rounding.
//!
//! [`Decimal`] holds 28 digits, and a value with more is refused. A product with more is rounded to its first 28 digits, far
//! below the minor unit of any amount that is accepted. Money is never a float.

use iso_currency::Currency;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::problem::shown;

/// Limits of a decimal. Zeros at either end of its digits do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most digits before the point.
    pub integer_digits: usize,
    /// Most digits after the point.
    pub decimals: usize,
    /// Whether the value may be below zero.
    pub negative: bool,
}

/// Every value of so many digits fits into a [`Decimal`] (96 bits).
const MAX_DIGITS: usize = 28;

/// Quantities (BT-129, BT-149). EN 16931-1 limits neither their digits nor their decimals (6.5.2: type quantity). Shops count
/// pieces as 32-bit integers, which have ten digits.
pub const QUANTITY: Limits = Limits {
    integer_digits: 10,
    decimals: MAX_DIGITS,
    negative: true,
};
/// Unit prices (BT-146). EN 16931-1 limits neither their digits nor their decimals (6.5.2: type unit price amount); they are
/// never negative (BR-27). IDR 12,500,000,000 a piece has eleven digits.
pub const UNIT_PRICE: Limits = Limits {
    integer_digits: 15,
    decimals: MAX_DIGITS,
    negative: false,
};
/// Percentages: tax rates (BT-152), and the percentages of allowances and charges (BT-94). EN 16931-1 does not limit their
/// decimals; rates of cities and counties add up to five (10.23125 %).
pub const RATE: Limits = Limits {
    integer_digits: 3,
    decimals: MAX_DIGITS,
    negative: false,
};

/// Amounts of money in a currency with so many minor digits (ISO 4217; BR-DEC-01 to BR-DEC-28 for those with two). The sum
/// of ten thousand lines, each below 10^15, has nineteen digits before the point.
pub const fn money(minor_digits: u32) -> Limits {
    Limits {
        integer_digits: 20,
        decimals: minor_digits as usize,
        negative: true,
    }
}

/// Parses a plain decimal (`12`, `18.90`).
///
/// # Errors
///
/// What is wrong and what was expected, to be read after the name of the field.
pub fn parse(text: &str, limits: Limits) -> Result<Decimal, String> {
    let no_decimal = || {
        let example = example(limits);
        format!("is {}, expected a decimal like {example}", shown(text))
    };
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (integer, fraction) = match unsigned.split_once('.') {
        Some((_, "")) => return Err(no_decimal()),
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if integer.is_empty() || !digits(integer) || !digits(fraction) {
        return Err(no_decimal());
    }
    let integer = integer.trim_start_matches('0');
    // Zeros at the end add nothing, however many they are: 18.900 is 18.90.
    let fraction = fraction.trim_end_matches('0');
    let is_zero = integer.is_empty() && fraction.is_empty();
    if is_zero {
        // The value counts, not its spelling: -0.00 is 0.
        return Ok(Decimal::ZERO);
    }
    let is_negative = unsigned.len() < text.len();
    if is_negative && !limits.negative {
        return Err(format!("is {}, expected no negative value", shown(text)));
    }
    at_most(
        limits.integer_digits,
        integer.len(),
        "digits before the point",
    )?;
    at_most(limits.decimals, fraction.len(), "decimals")?;
    at_most(MAX_DIGITS, integer.len() + fraction.len(), "digits")?;
    let mut value = exact(integer, fraction).ok_or_else(no_decimal)?;
    value.set_sign_negative(is_negative);
    Ok(value)
}

/// The value of these digits before and after the point, which are at most [`MAX_DIGITS`].
fn exact(integer: &str, fraction: &str) -> Option<Decimal> {
    let digits = integer.bytes().chain(fraction.bytes());
    let mantissa = digits.fold(0_i128, |value, digit| {
        value * 10 + i128::from(digit.wrapping_sub(b'0'))
    });
    let scale = u32::try_from(fraction.len()).ok()?;
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

fn at_most(max: usize, count: usize, what: &str) -> Result<(), String> {
    if count > max {
        return Err(format!("has {count} {what}, expected at most {max}"));
    }
    Ok(())
}

fn example(limits: Limits) -> &'static str {
    if limits == RATE {
        "\"19\" or \"8.875\""
    } else if limits.decimals == 0 {
        "\"1890\""
    } else {
        "\"18.90\""
    }
}

/// Rounds half up, away from zero, to the minor unit of a currency (EN 16931-1, 6.5.2).
pub fn round(value: Decimal, minor_digits: u32) -> Decimal {
    let mut rounded =
        value.round_dp_with_strategy(minor_digits, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(minor_digits);
    if rounded.is_zero() {
        // A page must not say -0.00.
        rounded.set_sign_positive(true);
    }
    rounded
}

/// The minor unit of a currency with so many minor digits: 0.01 for two.
pub fn minor_unit(minor_digits: u32) -> Decimal {
    Decimal::new(1, minor_digits)
}

/// An amount in minor units of the currency with this code (ISO 4217); none where there is no such currency.
pub fn from_minor(minor: i64, currency: &str) -> Option<Decimal> {
    let digits = Currency::from_code(currency)?.exponent()?;
    Decimal::try_new(minor, digits.into()).ok()
}

/// An amount in minor units of a currency with so many minor digits; none where it has more digits, or is too large.
pub fn to_minor(amount: Decimal, minor_digits: u32) -> Option<i64> {
    let mut scaled = amount;
    scaled.rescale(minor_digits);
    let minor = i64::try_from(scaled.mantissa()).ok();
    minor.filter(|_| scaled == amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_are_those_of_the_currency() {
        for (minor, currency, expected) in [
            (27_820, "EUR", Some("278.20")),
            (-5, "USD", Some("-0.05")),
            (1_890, "JPY", Some("1890")),
            (1_890, "KWD", Some("1.890")),
            (1, "ANN-4711", None),
        ] {
            let shown = from_minor(minor, currency).map(|amount| amount.to_string());
            assert_eq!(shown.as_deref(), expected, "{currency}");
        }
        for (amount, digits, expected) in [
            ("278.2", 2, Some(27_820)),
            ("-0.05", 2, Some(-5)),
            ("1890.00", 0, Some(1_890)),
            ("0.005", 2, None),
            ("99999999999999999999", 2, None),
        ] {
            let amount: Decimal = amount.parse().expect("a decimal");
            assert_eq!(to_minor(amount, digits), expected, "{amount}");
        }
    }

    #[test]
    fn only_plain_decimals_within_the_limits_pass() {
        let forty_digits = "1".repeat(40);
        let long_fraction = format!("0.{}1", "0".repeat(28));
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "+1",
            "1e5",
            "1,5",
            " 1",
            "1 ",
            "0x1",
            "NaN",
            "١",
            "1.2.3",
            "--1",
            &forty_digits,
            &long_fraction,
        ] {
            assert!(parse(text, money(2)).is_err(), "{text:?} must be refused");
        }
        for (text, value) in [
            ("0", "0"),
            ("-1.5", "-1.5"),
            ("18.90", "18.9"),
            ("18.9000", "18.9"),
            ("007", "7"),
        ] {
            assert_eq!(
                parse(text, money(2)),
                Ok(value.parse().expect("a decimal")),
                "{text}"
            );
        }
        assert!(parse("-1", UNIT_PRICE).is_err());
        assert!(parse("1.5", money(0)).is_err(), "yen have no minor unit");
        assert!(parse(&"9".repeat(11), QUANTITY).is_err());
    }

    #[test]
    fn the_value_counts_and_not_its_spelling() {
        for (text, limits, value) in [
            ("1.000000000000000000000000000000000000", QUANTITY, "1"),
            (
                "0000000000000000000000000000000000012.50",
                UNIT_PRICE,
                "12.5",
            ),
            ("0.061232374", UNIT_PRICE, "0.061232374"),
            ("12500000000", UNIT_PRICE, "12500000000"),
            ("10.23125", RATE, "10.23125"),
            ("0.12345", QUANTITY, "0.12345"),
            ("-2.5", QUANTITY, "-2.5"),
        ] {
            assert_eq!(
                parse(text, limits).map(|it| it.to_string()),
                Ok(value.to_owned())
            );
        }
        for text in ["-0", "-0.00", "0.000000000000000000000000000000", "-000"] {
            let zero = parse(text, UNIT_PRICE).expect("zero is not negative");
            assert_eq!(zero.to_string(), "0", "{text}");
        }
        let all = "123456789012345.1234567890123";
        assert_eq!(
            parse(all, UNIT_PRICE).map(|it| it.to_string()),
            Ok(all.into())
        );
        let error = parse("123456789012345.12345678901234", UNIT_PRICE).expect_err("29 digits");
        assert_eq!(error, "has 29 digits, expected at most 28");
    }

    #[test]
    fn halves_round_away_from_zero() {
        for (value, rounded) in [
            ("1.005", "1.01"),
            ("-1.005", "-1.01"),
            ("1.0049", "1.00"),
            ("2", "2.00"),
            ("-0.004", "0.00"),
            ("-0.005", "-0.01"),
        ] {
            let value: Decimal = value.parse().expect("a decimal");
            assert_eq!(round(value, 2).to_string(), rounded);
        }
    }
}
