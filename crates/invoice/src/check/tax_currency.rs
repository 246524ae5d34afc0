//! The total tax in the currency in which tax is accounted for.

use iso_currency::Currency;
use rust_decimal::Decimal;

use super::document;
use super::fields::{Checker, Place, present};
use super::number::decimal;
use crate::FailureCode;
use crate::amount;

/// BR-53: where tax is accounted for in another currency, the document has the total tax in that currency. It cannot be
/// derived, since the seller chooses the rate of exchange.
pub(super) fn tax_currency(
    check: &mut Checker,
    currency: Option<Currency>,
    tax: Option<Decimal>,
    code: Option<String>,
    total: Option<String>,
) -> Option<(Currency, Decimal)> {
    let place = Place::root().field("taxCurrency");
    let total_place = Place::root().field("totals").field("taxInTaxCurrency");
    let code = present(code);
    if let (Some(code), Some(currency)) = (&code, currency)
        && code.as_str() == currency.code()
    {
        let message = format!(
            "is {code} like currency, expected another currency: leave taxCurrency and totals.taxInTaxCurrency out where \
             both are the same"
        );
        let rule = Some("PEPPOL-EN16931-R005");
        check.report(FailureCode::CurrencyUnknown, &place, rule, message);
        return None;
    }
    let (code, total) = match (code, present(total)) {
        (None, None) => return None,
        (Some(code), Some(total)) => (code, total),
        (None, Some(_)) => {
            let expected = "the currency of totals.taxInTaxCurrency";
            check.missing(&place, "BR-53", expected);
            return None;
        }
        (Some(_), None) => {
            let expected = "the total tax in taxCurrency";
            check.missing(&total_place, "BR-53", expected);
            return None;
        }
    };
    let tax_currency = document::currency(check, &place, &code)?;
    let minor_digits = u32::from(tax_currency.exponent()?);
    let (code, limits) = (FailureCode::AmountInvalid, amount::money(minor_digits));
    let total = decimal(check, code, &total_place, &total, limits)?;
    // One of them may be zero, where a small amount is rounded to zero.
    let opposite = tax.filter(|tax| {
        (*tax < Decimal::ZERO && total > Decimal::ZERO)
            || (*tax >= Decimal::ZERO && total < Decimal::ZERO)
    });
    if let Some(tax) = opposite {
        let message = format!("is {total}, expected the sign of the total tax, which is {tax}");
        check.report(code, &total_place, None, message);
        return None;
    }
    Some((tax_currency, amount::round(total, minor_digits)))
}
