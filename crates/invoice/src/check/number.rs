//! Decimals: parsed within limits, and compared with computed ones.

use rust_decimal::{Decimal, RoundingStrategy};

use super::fields::{Checker, Place, present};
use crate::FailureCode;
use crate::amount::{self, Limits};
use crate::totals::LINE_SLACK;

/// The amount of each line, allowance and charge is below this in either direction, so that sums and taxes of ten thousand are
/// exact. Ten thousand pieces at IDR 12,500,000,000 are 1.25 x 10^14.
pub(super) const MAX_AMOUNT: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0); // 10^15

/// Normalised: 7, 7.0 and 7.00 are equal and are printed alike.
pub(super) fn decimal(
    check: &mut Checker,
    code: FailureCode,
    place: &Place,
    text: &str,
    limits: Limits,
) -> Option<Decimal> {
    match amount::parse(text, limits) {
        Ok(value) => Some(value.normalize()),
        Err(message) => {
            check.report(code, place, None, message);
            None
        }
    }
}

/// A tax rate in percent.
pub(super) fn rate(check: &mut Checker, place: &Place, text: &str) -> Option<Decimal> {
    let rate = decimal(check, FailureCode::TaxInvalid, place, text, amount::RATE)?;
    if rate > Decimal::ONE_HUNDRED {
        let message = format!("is {rate} percent, expected at most 100");
        check.report(FailureCode::TaxInvalid, place, None, message);
        return None;
    }
    Some(rate)
}

/// An amount that nothing is compared with, of either sign: below [`MAX_AMOUNT`] in either direction.
pub(super) fn free_amount(
    check: &mut Checker,
    place: &Place,
    text: Option<&str>,
    minor_digits: u32,
) -> Option<Decimal> {
    let text = present(text)?;
    let limits = amount::money(minor_digits);
    let value = decimal(check, FailureCode::AmountInvalid, place, text, limits)?;
    if value.abs() >= MAX_AMOUNT {
        let message = format!("is {value}, expected less than {MAX_AMOUNT} in either direction");
        check.report(FailureCode::AmountInvalid, place, None, message);
        return None;
    }
    Some(amount::round(value, minor_digits))
}

/// What a given amount is compared with.
pub(super) struct Expected<'a> {
    /// The computed amount, rounded.
    pub(super) computed: Decimal,
    /// The computed amount before it was rounded.
    pub(super) exact: Decimal,
    /// How much a given amount may differ from the exact one.
    pub(super) tolerance: Decimal,
    /// What it is computed from.
    pub(super) source: &'a str,
    pub(super) rule: Option<&'static str>,
}

/// The given amount where it is near enough to the computed one; otherwise it is reported. `None` where none is given.
pub(super) fn accepted(
    check: &mut Checker,
    place: &Place,
    given: Option<&str>,
    expected: &Expected<'_>,
    minor_digits: u32,
) -> Option<Decimal> {
    let text = present(given)?;
    let (code, limits) = (FailureCode::AmountInvalid, amount::money(minor_digits));
    let value = decimal(check, code, place, text, limits)?;
    let Expected {
        computed,
        exact,
        tolerance,
        source,
        rule,
    } = *expected;
    if value == computed || (value - exact).abs() <= tolerance {
        return Some(amount::round(value, minor_digits));
    }
    // Not the text, which may have any number of zeros.
    let given = amount::round(value, minor_digits);
    let mut message = format!("is {given}, expected {computed} from {source}");
    let nearest = |value: Decimal, strategy| {
        let value = value.round_dp_with_strategy(minor_digits, strategy);
        amount::round(value, minor_digits)
    };
    let least = nearest(exact - tolerance, RoundingStrategy::ToPositiveInfinity);
    let most = nearest(exact + tolerance, RoundingStrategy::ToNegativeInfinity);
    if least < most {
        message += &format!("; {least} to {most} are accepted");
    }
    check.report(FailureCode::TotalsMismatch, place, rule, message);
    None
}

/// Reports a given amount that differs from the one that was computed from `source`.
pub(super) fn compare(
    check: &mut Checker,
    place: &Place,
    given: Option<&str>,
    computed: Decimal,
    source: &str,
    minor_digits: u32,
    rule: &'static str,
) {
    let expected = Expected {
        computed,
        exact: computed,
        tolerance: Decimal::ZERO,
        source,
        rule: Some(rule),
    };
    accepted(check, place, given, &expected, minor_digits);
}

/// How much a given amount of a line, or of an allowance or charge with a percentage, may differ from its exact value. In a
/// currency without decimals, half of a unit may be rounded in either direction.
pub(super) fn slack(minor_digits: u32) -> Decimal {
    LINE_SLACK.max(amount::minor_unit(minor_digits) / Decimal::TWO)
}
