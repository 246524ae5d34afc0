//! The lines of a document.

use rust_decimal::Decimal;

use super::adjustments::{Context, Side, adjustments};
use super::details::{details, gross_price, price_base_unit};
use super::fields::{Checker, Place, are_digits, present};
use super::number::{Expected, MAX_AMOUNT, accepted, decimal, slack};
use super::period::period;
use super::tax::tax;
use crate::amount;
use crate::model::Line;
use crate::request::LineField;
use crate::with_tax::{net_of, share_slack};
use crate::{FailureCode, limits, totals};

/// Most lines of one document. Rendering ten thousand takes seconds and more than a gigabyte.
const MAX_LINES: usize = 10_000;

/// Properties of the document that concern each line.
#[derive(Clone, Copy)]
pub(super) struct LineContext {
    pub(super) minor_digits: u32,
    /// Whether the document takes back allowances and charges of an earlier one.
    pub(super) takes_back: bool,
    pub(super) prices_include_tax: bool,
}

/// A line, and its given net amount where prices include tax. The line's own amounts are then still those with tax.
pub(super) type ParsedLine = (Line, Option<Decimal>);

/// All lines; `None` where one is not valid, since sums without it would cause more problems that are not real.
pub(super) fn lines(
    check: &mut Checker,
    fields: Option<Vec<LineField>>,
    context: LineContext,
) -> Option<Vec<ParsedLine>> {
    let place = Place::root().field("lines");
    let fields = check.required(&place, fields, "BR-16", "at least one line")?;
    if fields.len() > MAX_LINES {
        let message = format!("has {} lines, expected at most {MAX_LINES}", fields.len());
        check.report(FailureCode::LinesTooMany, &place, None, message);
        return None;
    }
    let expected = fields.len();
    let lines: Vec<ParsedLine> = fields
        .into_iter()
        .enumerate()
        .filter_map(|(index, field)| line(check, &place.item(index), field, index, context))
        .collect();
    (lines.len() == expected).then_some(lines)
}

fn line(
    check: &mut Checker,
    place: &Place,
    mut field: LineField,
    index: usize,
    context: LineContext,
) -> Option<ParsedLine> {
    let minor_digits = context.minor_digits;
    let mut details = details(check, place, &mut field);
    let id = check
        .text(&place.field("id"), field.id, limits::TEXT)
        .unwrap_or_else(|| (index + 1).to_string());
    let sku = check.text(&place.field("sku"), field.sku, limits::TEXT);
    let gtin = gtin(check, &place.field("gtin"), field.gtin);
    let name = check.required_text(&place.field("name"), field.name, limits::ITEM_NAME, "BR-25");
    let description = check.lines(
        &place.field("description"),
        field.description,
        limits::LINES,
    );
    let unit = check.unit(&place.field("unit"), field.unit);
    let unit_named = unit.is_some();
    let unit = unit.unwrap_or_else(|| "C62".to_owned());
    let given = field.price_base_unit;
    details.price_base_unit = price_base_unit(check, place, given, &unit);
    let quantity_place = place.field("quantity");
    let quantity = check.required(
        &quantity_place,
        field.quantity,
        "BR-22",
        "a decimal like \"12\"",
    );
    // Of either sign: goods that are returned stand in ordinary invoices. No rule refuses 0: such a line is for information.
    let quantity = quantity.and_then(|text| {
        let (code, limits) = (FailureCode::QuantityInvalid, amount::QUANTITY);
        decimal(check, code, &quantity_place, &text, limits)
    });
    let base_quantity = match present(field.price_base_quantity) {
        Some(text) => price_base_quantity(check, &place.field("priceBaseQuantity"), &text),
        None => Some(Decimal::ONE),
    };
    let price_place = place.field("unitPrice");
    let expected = "a decimal like \"18.90\"";
    let unit_price = check.required(&price_place, field.unit_price, "BR-26", expected);
    let unit_price = unit_price.and_then(|text| {
        let (code, limits) = (FailureCode::AmountInvalid, amount::UNIT_PRICE);
        decimal(check, code, &price_place, &text, limits)
    });
    let tax_place = place.field("tax");
    let expected = "an object with category and rate";
    let tax_field = check.required(&tax_place, field.tax, "BR-CO-04", expected);
    let tax = tax_field.and_then(|field| tax(check, &tax_place, field));
    let period = field
        .period
        .and_then(|field| period(check, &place.field("period"), field, "BR-30"));
    if let Some(unit_price) = unit_price {
        let (price, discount) = (
            field.gross_price.as_deref(),
            field.price_discount.as_deref(),
        );
        details.gross_price = gross_price(check, place, price, discount, unit_price);
    }

    let (quantity, unit_price, base_quantity) = (quantity?, unit_price?, base_quantity?);
    let exact = totals::exact_line_gross(quantity, unit_price, base_quantity);
    let Some(exact) = exact.filter(|exact| exact.abs() < MAX_AMOUNT) else {
        let product = exact.map_or_else(
            || "not computable".to_owned(),
            |exact| amount::round(exact, minor_digits).to_string(),
        );
        let message = format!(
            "quantity times unitPrice by priceBaseQuantity is {product}, expected less than {MAX_AMOUNT} in either direction"
        );
        check.report(FailureCode::AmountInvalid, place, None, message);
        return None;
    };
    let gross = amount::round(exact, minor_digits);
    let taxed = tax?;
    let adjusting = Context {
        base: gross,
        tax: Some(taxed.tax),
        // Not the sign of the base, which may be rounded to 0.
        takes_back: context.takes_back || quantity < Decimal::ZERO,
        minor_digits,
    };
    let side = Side::LineAllowance;
    let allowances = adjustments(check, place, side, field.allowances, adjusting);
    let charges = adjustments(check, place, Side::LineCharge, field.charges, adjusting);
    let (allowances, charges) = (allowances?, charges?);
    let adjusted = totals::sum(&charges, minor_digits) - totals::sum(&allowances, minor_digits);
    let computed = amount::round(gross + adjusted, minor_digits);
    let (computed_net, exact_net, tolerance) = if context.prices_include_tax {
        let net = net_of(computed, taxed.tax.rate);
        let rounded = amount::round(net, minor_digits);
        (rounded, net, share_slack(minor_digits))
    } else {
        (computed, exact + adjusted, slack(minor_digits))
    };
    let expected = Expected {
        computed: computed_net,
        exact: exact_net,
        tolerance,
        source: "quantity, unitPrice, allowances and charges",
        rule: Some("PEPPOL-EN16931-R120"),
    };
    let net_place = place.field("netAmount");
    let given = field.net_amount.as_deref();
    let given = accepted(check, &net_place, given, &expected, minor_digits);
    let (net, given_net) = if context.prices_include_tax {
        (computed, given)
    } else {
        (given.unwrap_or(computed), None)
    };
    let line = Line {
        id,
        sku,
        gtin,
        name: name?,
        description,
        quantity,
        unit,
        unit_named,
        unit_price,
        price_base_quantity: base_quantity,
        allowances,
        charges,
        tax: taxed.tax,
        exemption: taxed.exemption,
        components: taxed.components,
        net,
        with_tax: None,
        period,
        details,
    };
    Some((line, given_net))
}

/// The number of units that a price is for.
fn price_base_quantity(check: &mut Checker, place: &Place, text: &str) -> Option<Decimal> {
    let (code, limits) = (FailureCode::QuantityInvalid, amount::QUANTITY);
    let quantity = decimal(check, code, place, text, limits)?;
    if quantity <= Decimal::ZERO {
        let message = format!("is {quantity}, expected a quantity above 0");
        check.report(code, place, Some("PEPPOL-EN16931-R121"), message);
        return None;
    }
    Some(quantity)
}

/// The last digit is a check digit (GS1 General Specifications, 7.9).
fn gtin(check: &mut Checker, place: &Place, text: Option<String>) -> Option<String> {
    check.code(
        place,
        text,
        "a GTIN of 8, 12, 13 or 14 digits, the last of which is the check digit",
        |text| {
            let digits = text.bytes().rev().enumerate();
            let sum: u32 = digits
                .map(|(index, digit)| {
                    let weight = if index % 2 == 0 { 1 } else { 3 };
                    weight * u32::from(digit.wrapping_sub(b'0'))
                })
                .sum();
            matches!(text.len(), 8 | 12..=14) && are_digits(text) && sum.is_multiple_of(10)
        },
    )
}
