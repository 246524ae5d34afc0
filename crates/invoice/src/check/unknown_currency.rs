//! Lines of a request whose currency is missing or unknown.

use super::amounts::AmountFields;
use super::fields::Checker;
use super::lines::{LineContext, lines};
use super::signs::Kind;
use crate::FailureCode;

/// Most decimals of an amount in any currency of ISO 4217.
const MOST_DIGITS: u32 = 4;

/// Reports what is wrong with lines whatever the currency is. How amounts are rounded is not known, so nothing that is computed
/// from them is compared.
pub(super) fn forms_of_lines(check: &mut Checker, kind: Kind, fields: AmountFields) {
    let mut apart = check.apart();
    let context = LineContext {
        minor_digits: MOST_DIGITS,
        takes_back: kind.takes_back(),
        prices_include_tax: fields.prices_include_tax,
    };
    // The lines themselves are of no use without a currency.
    let _ = lines(&mut apart, fields.lines, context);
    check.take_over(apart, |problem| problem.code != FailureCode::TotalsMismatch);
}
