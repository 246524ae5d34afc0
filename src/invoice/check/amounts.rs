//! Lines, taxes and totals: parsed, computed, and compared with what the request says.

use iso_currency::Currency;
use rust_decimal::Decimal;

use super::fields::{Checker, Place};
use crate::invoice::amount::{self, Limits};
use crate::invoice::model::{Line, Tax, TaxCategory, TaxSubtotal, Totals};
use crate::invoice::problem::ProblemCode;
use crate::invoice::request::{LineField, TaxField, TaxSubtotalField, TotalsField};
use crate::invoice::totals;

/// Most lines of one document. Ten thousand take seconds and more than a gigabyte to set; nobody reads more.
const MAX_LINES: usize = 10_000;

/// A line's net amount stays below this, so that the sums and taxes of [`MAX_LINES`] lines are exact.
const MAX_LINE_NET: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0); // 10^12

pub(super) struct Amounts {
    pub(super) lines: Vec<Line>,
    pub(super) taxes: Vec<TaxSubtotal>,
    pub(super) totals: Totals,
}

pub(super) fn amounts(
    check: &mut Checker,
    currency: Currency,
    lines: Option<Vec<LineField>>,
    breakdown: Option<Vec<TaxSubtotalField>>,
    given: TotalsField,
) -> Option<Amounts> {
    let minor_digits = u32::from(currency.exponent()?);
    let place = Place::root().field("lines");
    let fields = check.required(&place, lines, "BR-16")?;
    if fields.len() > MAX_LINES {
        let message = format!(
            "has {} lines; one document holds at most {MAX_LINES}",
            fields.len()
        );
        check.report(ProblemCode::LinesTooMany, &place, None, message);
        return None;
    }

    let expected = fields.len();
    let fields = fields.into_iter().enumerate();
    let lines: Vec<Line> = fields
        .filter_map(|(index, field)| line(check, &place.item(index), field, index, minor_digits))
        .collect();
    if lines.len() < expected {
        // Sums over some of the lines would only report what follows from the line's own problem.
        return None;
    }
    let taxes = totals::tax_subtotals(&lines, minor_digits);
    let totals = totals::totals(&lines, &taxes, minor_digits);
    if let Some(breakdown) = breakdown {
        compare_breakdown(check, &taxes, breakdown, minor_digits);
    }
    compare_totals(check, &totals, given, minor_digits);
    Some(Amounts {
        lines,
        taxes,
        totals,
    })
}

fn line(
    check: &mut Checker,
    place: &Place,
    field: LineField,
    index: usize,
    minor_digits: u32,
) -> Option<Line> {
    let given = |items: &Option<Vec<_>>| {
        items
            .as_ref()
            .is_some_and(|items: &Vec<serde::de::IgnoredAny>| !items.is_empty())
    };
    if given(&field.allowances) {
        check.unsupported(&place.field("allowances"));
    }
    if given(&field.charges) {
        check.unsupported(&place.field("charges"));
    }
    if field
        .price_base_quantity
        .is_some_and(|quantity| quantity != "1")
    {
        check.unsupported(&place.field("priceBaseQuantity"));
    }

    let id = check
        .text(&place.field("id"), field.id, 50)
        .unwrap_or_else(|| (index + 1).to_string());
    let sku = check.text(&place.field("sku"), field.sku, 100);
    let name = check.required_text(&place.field("name"), field.name, 500, "BR-25");
    let unit = check
        .text(&place.field("unit"), field.unit, 10)
        .unwrap_or_else(|| "C62".to_owned());
    let quantity = quantity(check, &place.field("quantity"), field.quantity);
    let unit_price = check.required(&place.field("unitPrice"), field.unit_price, "BR-26");
    let unit_price = unit_price.and_then(|text| {
        decimal(
            check,
            ProblemCode::AmountInvalid,
            &place.field("unitPrice"),
            &text,
            amount::UNIT_PRICE,
        )
    });
    let tax = check.required(&place.field("tax"), field.tax, "BR-CO-04");
    let tax = tax.and_then(|field| self::tax(check, &place.field("tax"), field));

    let (quantity, unit_price) = (quantity?, unit_price?);
    let net =
        totals::line_net(quantity, unit_price, minor_digits).filter(|net| *net < MAX_LINE_NET);
    let Some(net) = net else {
        let message = "quantity times unitPrice must stay below 1000000000000".into();
        check.report(ProblemCode::AmountInvalid, place, None, message);
        return None;
    };
    compare(
        check,
        &place.field("netAmount"),
        field.net_amount.as_deref(),
        net,
        minor_digits,
        "PEPPOL-EN16931-R120",
    );
    Some(Line {
        id,
        sku,
        name: name?,
        quantity,
        unit,
        unit_price,
        tax: tax?,
        net,
    })
}

fn quantity(check: &mut Checker, place: &Place, text: Option<String>) -> Option<Decimal> {
    let text = check.required(place, text, "BR-22")?;
    let quantity = decimal(
        check,
        ProblemCode::QuantityInvalid,
        place,
        &text,
        amount::QUANTITY,
    )?;
    if quantity.is_zero() {
        check.report(
            ProblemCode::QuantityInvalid,
            place,
            None,
            "must be greater than zero".into(),
        );
        return None;
    }
    Some(quantity)
}

fn tax(check: &mut Checker, place: &Place, field: TaxField) -> Option<Tax> {
    let category = category(check, &place.field("category"), field.category);
    let rate = check.required(&place.field("rate"), field.rate, None);
    let rate = rate.and_then(|text| self::rate(check, &place.field("rate"), &text));
    let tax = Tax {
        category: category?,
        rate: rate?,
    };
    if !tax.category.may_be_taxed() && !tax.rate.is_zero() {
        let message = format!("must be 0 for category {}", tax.category.code());
        check.report(ProblemCode::TaxInvalid, &place.field("rate"), None, message);
        return None;
    }
    Some(tax)
}

fn category(check: &mut Checker, place: &Place, code: Option<String>) -> Option<TaxCategory> {
    let code = check.required(place, code, "BR-CO-04")?;
    let category = TaxCategory::from_code(&code);
    if category.is_none() {
        let codes = TaxCategory::ALL.map(|(_, code)| code).join(", ");
        check.report(
            ProblemCode::TaxInvalid,
            place,
            Some("BR-CL-18"),
            format!("must be one of {codes}"),
        );
    }
    category
}

fn rate(check: &mut Checker, place: &Place, text: &str) -> Option<Decimal> {
    let rate = decimal(check, ProblemCode::TaxInvalid, place, text, amount::RATE)?;
    if rate > Decimal::ONE_HUNDRED {
        check.report(
            ProblemCode::TaxInvalid,
            place,
            None,
            "must not be above 100 percent".into(),
        );
        return None;
    }
    // 7, 7.0 and 7.00 are one rate and must group together; normalising makes them print alike too.
    Some(rate.normalize())
}

fn decimal(
    check: &mut Checker,
    code: ProblemCode,
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

fn compare_breakdown(
    check: &mut Checker,
    computed: &[TaxSubtotal],
    given: Vec<TaxSubtotalField>,
    minor_digits: u32,
) {
    let place = Place::root().field("taxBreakdown");
    let mut seen: Vec<Tax> = Vec::with_capacity(given.len());
    for (index, field) in given.into_iter().enumerate() {
        let place = place.item(index);
        let Some(tax) = tax(
            check,
            &place,
            TaxField {
                category: field.category,
                rate: field.rate,
            },
        ) else {
            continue;
        };
        let subtotal = computed.iter().find(|subtotal| subtotal.tax == tax);
        let Some(subtotal) = subtotal.filter(|_| !seen.contains(&tax)) else {
            let message = "no line has this category and rate, or it is given twice".into();
            check.report(
                ProblemCode::TotalsMismatch,
                &place,
                Some("BR-S-08"),
                message,
            );
            continue;
        };
        seen.push(tax);
        compare(
            check,
            &place.field("taxable"),
            field.taxable.as_deref(),
            subtotal.taxable,
            minor_digits,
            "BR-S-08",
        );
        compare(
            check,
            &place.field("tax"),
            field.tax.as_deref(),
            subtotal.amount,
            minor_digits,
            "BR-CO-17",
        );
    }
    for subtotal in computed
        .iter()
        .filter(|subtotal| !seen.contains(&subtotal.tax))
    {
        let message = format!(
            "lacks category {} with rate {}",
            subtotal.tax.category.code(),
            subtotal.tax.rate
        );
        check.report(
            ProblemCode::TotalsMismatch,
            &place,
            Some("BR-CO-18"),
            message,
        );
    }
}

fn compare_totals(check: &mut Checker, computed: &Totals, given: TotalsField, minor_digits: u32) {
    let place = Place::root().field("totals");
    for (name, text, value, rule) in [
        ("lines", given.lines, computed.lines, "BR-CO-10"),
        ("net", given.net, computed.net, "BR-CO-13"),
        ("tax", given.tax, computed.tax, "BR-CO-14"),
        ("gross", given.gross, computed.gross, "BR-CO-15"),
        ("due", given.due, computed.due, "BR-CO-16"),
    ] {
        compare(
            check,
            &place.field(name),
            text.as_deref(),
            value,
            minor_digits,
            rule,
        );
    }
    for (name, text) in [
        ("allowances", given.allowances),
        ("charges", given.charges),
        ("prepaid", given.prepaid),
        ("rounding", given.rounding),
    ] {
        let place = place.field(name);
        let Some(text) = text else { continue };
        let value = decimal(
            check,
            ProblemCode::AmountInvalid,
            &place,
            &text,
            amount::money(minor_digits),
        );
        if value.is_some_and(|value| !value.is_zero()) {
            check.unsupported(&place);
        }
    }
}

/// What is given must agree with what was computed.
fn compare(
    check: &mut Checker,
    place: &Place,
    given: Option<&str>,
    computed: Decimal,
    minor_digits: u32,
    rule: &'static str,
) {
    let Some(given) = given else { return };
    let value = decimal(
        check,
        ProblemCode::AmountInvalid,
        place,
        given,
        amount::money(minor_digits),
    );
    if value.is_some_and(|value| value != computed) {
        let message = format!("is {given}, but the lines make {computed}");
        check.report(ProblemCode::TotalsMismatch, place, Some(rule), message);
    }
}
