//! Decimals: parsed within limits, and compared with computed ones.

use rust_decimal::Decimal;

use super::fields::{Checker, Place, present};
use crate::FailureCode;
use crate::amount::{self, Limits};

/// The amount of each line, allowance and charge is below this, so that sums and taxes of ten thousand are exact.
pub(super) const MAX_AMOUNT: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0); // 10^12

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

/// An amount that nothing is compared with: not negative, and below [`MAX_AMOUNT`].
pub(super) fn unsigned_amount(
    check: &mut Checker,
    place: &Place,
    text: Option<&str>,
    minor_digits: u32,
) -> Option<Decimal> {
    let text = present(text)?;
    let limits = Limits {
        negative: false,
        ..amount::money(minor_digits)
    };
    let value = decimal(check, FailureCode::AmountInvalid, place, text, limits)?;
    if value >= MAX_AMOUNT {
        let message = format!("is {value}, expected less than {MAX_AMOUNT}");
        check.report(FailureCode::AmountInvalid, place, None, message);
        return None;
    }
    Some(amount::round(value, minor_digits))
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
    let Some(given) = present(given) else {
        return;
    };
    let value = decimal(
        check,
        FailureCode::AmountInvalid,
        place,
        given,
        amount::money(minor_digits),
    );
    if value.is_some_and(|value| value != computed) {
        let message = format!("is {given}, expected {computed} from {source}");
        check.report(FailureCode::TotalsMismatch, place, Some(rule), message);
    }
}
