//! Exact decimals: parsing, limits and rounding.
//!
//! The limits are chosen so that quantity times price is exact: 11 and 16 digits make at most 27, and
//! [`Decimal`] holds 28. Money is never a float.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::problem::shown;

/// Limits of a decimal.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most digits before the point.
    pub integer_digits: usize,
    /// Most digits after the point.
    pub decimals: usize,
    /// Whether a leading minus is allowed.
    pub negative: bool,
}

/// Quantities: up to ten million, four decimals.
pub const QUANTITY: Limits = Limits {
    integer_digits: 7,
    decimals: 4,
    negative: false,
};
/// Unit prices have more decimals than money, since cheap goods have such prices (EN 16931 has no limit).
pub const UNIT_PRICE: Limits = Limits {
    integer_digits: 10,
    decimals: 6,
    negative: false,
};
/// Tax rates in percent.
pub const RATE: Limits = Limits {
    integer_digits: 3,
    decimals: 4,
    negative: false,
};

/// Amounts of money in a currency with so many minor digits.
pub const fn money(minor_digits: u32) -> Limits {
    Limits {
        integer_digits: 15,
        decimals: minor_digits as usize,
        negative: true,
    }
}

/// Most digits after the point, zeros at the end included.
const MAX_FRACTION_DIGITS: usize = 12;

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
    if unsigned.len() < text.len() && !limits.negative {
        return Err(format!("is {}, expected no negative value", shown(text)));
    }
    at_most(
        limits.integer_digits,
        integer.len(),
        "digits before the point",
    )?;
    // Zeros at the end add nothing: 18.900 is 18.90.
    let decimals = fraction.trim_end_matches('0').len();
    at_most(limits.decimals, decimals, "decimals")?;
    at_most(
        MAX_FRACTION_DIGITS,
        fraction.len(),
        "decimals with the zeros at the end",
    )?;
    Decimal::from_str_exact(text).map_err(|_| no_decimal())
}

fn at_most(max: usize, count: usize, what: &str) -> Result<(), String> {
    if count > max {
        return Err(format!("has {count} {what}, expected at most {max}"));
    }
    Ok(())
}

fn example(limits: Limits) -> &'static str {
    if limits.decimals == 0 {
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
    rounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_within_the_limits_pass() {
        let forty_digits = "1".repeat(40);
        let long_fraction = format!("1.{}", "0".repeat(40));
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
        assert!(parse("-1", QUANTITY).is_err());
        assert!(parse("1.5", money(0)).is_err(), "yen have no minor unit");
        assert!(parse("99999999", QUANTITY).is_err());
    }

    #[test]
    fn halves_round_away_from_zero() {
        for (value, rounded) in [
            ("1.005", "1.01"),
            ("-1.005", "-1.01"),
            ("1.0049", "1.00"),
            ("2", "2.00"),
        ] {
            let value: Decimal = value.parse().expect("a decimal");
            assert_eq!(round(value, 2).to_string(), rounded);
        }
    }

    #[test]
    fn the_largest_product_is_exact() {
        let quantity = parse("9999999.9999", QUANTITY).expect("within the limits");
        let price = parse("9999999999.999999", UNIT_PRICE).expect("within the limits");
        let product = quantity.checked_mul(price).expect("fits 96 bits");
        assert_eq!(product.to_string(), "99999999998999990.0000000001");
    }
}
