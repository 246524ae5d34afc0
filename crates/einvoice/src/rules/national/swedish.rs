//! Sellers in Sweden.

use invoice::Invoice;
use invoice::model::{Tax, TaxCategory};
use rust_decimal::Decimal;

use crate::rules::rule::{Rule, at, has_digits, rule, sells_in};

pub(super) static RULES: [Rule; 4] = [
    // SE-R-001 wants the length, SE-R-002 the digits.
    rule(
        "SE-R-001",
        "has another form, expected SE and twelve digits: Peppol needs it from sellers in Sweden",
        |invoice| {
            let number = swedish_vat_id(invoice)?;
            at(!has_digits(number, 12), "/seller/vatId")
        },
    ),
    // SE-R-003 wants the digits, SE-R-004 the length.
    rule(
        "SE-R-013",
        "has another form, expected an organization number of ten digits with its check digit: Peppol needs it from sellers in \
         Sweden",
        |invoice| {
            let id = invoice
                .seller
                .legal_id
                .as_ref()
                .filter(|_| sells_in(invoice, "SE"))?;
            at(!is_organization(id.value.trim()), "/seller/legalId/value")
        },
    ),
    rule(
        "SE-R-005",
        "is another text, expected \"Godkänd för F-skatt\" beside legalId: Peppol has only this from sellers in Sweden",
        |invoice| {
            let seller = &invoice.seller;
            let text = seller.tax_registration_id.as_ref()?.trim().to_uppercase();
            let other = text != "GODKÄND FÖR F-SKATT" && seller.legal_id.is_some();
            at(
                sells_in(invoice, "SE") && other,
                "/seller/taxRegistrationId",
            )
        },
    ),
    rule(
        "SE-R-006",
        "is another rate, expected 25, 12 or 6 for category S: Peppol has these from sellers in Sweden",
        |invoice| {
            swedish_vat_id(invoice)?;
            let lines = invoice
                .lines
                .iter()
                .position(|line| is_other_rate(line.tax));
            let list = |list: &[invoice::model::Adjustment]| {
                list.iter().position(|it| is_other_rate(it.tax))
            };
            [
                ("lines", lines),
                ("allowances", list(&invoice.allowances)),
                ("charges", list(&invoice.charges)),
            ]
            .into_iter()
            .find_map(|(name, index)| Some(format!("/{name}/{}/tax/rate", index?)))
        },
    ),
];

/// The number of a Swedish VAT identifier of a seller in Sweden.
fn swedish_vat_id(invoice: &Invoice) -> Option<&str> {
    let id = invoice
        .seller
        .vat_id
        .as_ref()
        .filter(|_| sells_in(invoice, "SE"))?;
    id.trim().strip_prefix("SE")
}

fn is_other_rate(tax: Tax) -> bool {
    let rates = [25, 12, 6].map(Decimal::from);
    tax.category == TaxCategory::Standard && !rates.contains(&tax.rate)
}

/// Ten digits, the last of which is a check digit (Luhn).
fn is_organization(number: &str) -> bool {
    let digits = number
        .bytes()
        .map(|digit| u32::from(digit.wrapping_sub(b'0')));
    let doubled = |(index, digit): (usize, u32)| {
        let digit = if index % 2 == 0 { 2 * digit } else { digit };
        digit / 10 + digit % 10
    };
    has_digits(number, 10) && digits.enumerate().map(doubled).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organizations_have_a_check_digit() {
        assert!(is_organization("5560360793"));
        for other in ["5560360794", "556036079", "55603607X3"] {
            assert!(!is_organization(other), "{other}");
        }
    }
}
