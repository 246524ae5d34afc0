//! The lines of a document.

use rust_decimal::Decimal;

use super::adjustments::{Context, Side, adjustments};
use super::document::date;
use super::fields::{Checker, Place, are_capitals_and_digits, are_digits, present};
use super::number::{MAX_AMOUNT, compare, decimal};
use super::tax::tax;
use crate::FailureCode;
use crate::amount::{self, Limits};
use crate::model::{Line, Period};
use crate::request::{LineField, PeriodField};
use crate::totals;

/// Most lines of one document. Rendering ten thousand takes seconds and more than a gigabyte.
const MAX_LINES: usize = 10_000;

/// Properties of the document that concern each line.
#[derive(Clone, Copy)]
pub(super) struct LineContext {
    pub(super) minor_digits: u32,
    /// Whether quantities may be negative, to take back lines of an earlier invoice.
    pub(super) may_take_back: bool,
}

/// All lines; `None` where one is not valid, since sums without it would cause more problems that are not real.
pub(super) fn lines(
    check: &mut Checker,
    fields: Option<Vec<LineField>>,
    context: LineContext,
) -> Option<Vec<Line>> {
    let place = Place::root().field("lines");
    let fields = check.required(&place, fields, "BR-16", "at least one line")?;
    if fields.len() > MAX_LINES {
        let message = format!("has {} lines, expected at most {MAX_LINES}", fields.len());
        check.report(FailureCode::LinesTooMany, &place, None, message);
        return None;
    }
    let expected = fields.len();
    let lines: Vec<Line> = fields
        .into_iter()
        .enumerate()
        .filter_map(|(index, field)| line(check, &place.item(index), field, index, context))
        .collect();
    (lines.len() == expected).then_some(lines)
}

fn line(
    check: &mut Checker,
    place: &Place,
    field: LineField,
    index: usize,
    context: LineContext,
) -> Option<Line> {
    let minor_digits = context.minor_digits;
    let id = check
        .text(&place.field("id"), field.id, 50)
        .unwrap_or_else(|| (index + 1).to_string());
    let sku = check.text(&place.field("sku"), field.sku, 100);
    let gtin = gtin(check, &place.field("gtin"), field.gtin);
    let name = check.required_text(&place.field("name"), field.name, 500, "BR-25");
    let description = check.lines(&place.field("description"), field.description, 2_000);
    let unit = check
        .code(
            &place.field("unit"),
            field.unit,
            "a code of UN/ECE Recommendation 20 like C62",
            |code| matches!(code.len(), 2 | 3) && are_capitals_and_digits(code),
        )
        .unwrap_or_else(|| "C62".to_owned());
    let negative = context.may_take_back;
    let quantity_place = place.field("quantity");
    let quantity = check.required(
        &quantity_place,
        field.quantity,
        "BR-22",
        "a decimal like \"12\"",
    );
    let quantity = quantity.and_then(|text| quantity_of(check, &quantity_place, &text, negative));
    let base_quantity = match present(field.price_base_quantity) {
        Some(text) => quantity_of(check, &place.field("priceBaseQuantity"), &text, false),
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
        .and_then(|field| period(check, &place.field("period"), field));

    let (quantity, unit_price, base_quantity) = (quantity?, unit_price?, base_quantity?);
    let product = totals::line_gross(quantity, unit_price, base_quantity, minor_digits);
    let Some(gross) = product.filter(|gross| gross.abs() < MAX_AMOUNT) else {
        let product =
            product.map_or_else(|| "not computable".to_owned(), |gross| gross.to_string());
        let message = format!(
            "quantity times unitPrice by priceBaseQuantity is {product}, expected less than {MAX_AMOUNT}"
        );
        check.report(FailureCode::AmountInvalid, place, None, message);
        return None;
    };
    let (tax, exemption) = tax?;
    let adjusting = Context {
        base: gross,
        tax: Some(tax),
        minor_digits,
    };
    let allowances = adjustments(
        check,
        place,
        Side::LineAllowance,
        field.allowances,
        adjusting,
    );
    let charges = adjustments(check, place, Side::LineCharge, field.charges, adjusting);
    let (allowances, charges) = (allowances?, charges?);
    let net = gross - totals::sum(&allowances, minor_digits) + totals::sum(&charges, minor_digits);
    compare(
        check,
        &place.field("netAmount"),
        field.net_amount.as_deref(),
        net,
        "quantity, unitPrice, allowances and charges",
        minor_digits,
        "PEPPOL-EN16931-R120",
    );
    Some(Line {
        id,
        sku,
        gtin,
        name: name?,
        description,
        quantity,
        unit,
        unit_price,
        price_base_quantity: base_quantity,
        allowances,
        charges,
        tax,
        exemption,
        net,
        period,
    })
}

fn quantity_of(check: &mut Checker, place: &Place, text: &str, negative: bool) -> Option<Decimal> {
    let limits = Limits {
        negative,
        ..amount::QUANTITY
    };
    let quantity = decimal(check, FailureCode::QuantityInvalid, place, text, limits)?;
    if quantity.is_zero() {
        let expected = if negative { "other than 0" } else { "above 0" };
        let message = format!("is {text}, expected a quantity {expected}");
        check.report(FailureCode::QuantityInvalid, place, None, message);
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

fn period(check: &mut Checker, place: &Place, field: PeriodField) -> Option<Period> {
    let start = date(check, &place.field("start"), field.start);
    let end = date(check, &place.field("end"), field.end);
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        let message = format!("ends on {end}, expected {start}, its start, or later");
        check.report(FailureCode::DateInvalid, place, Some("BR-30"), message);
        return None;
    }
    (start.is_some() || end.is_some()).then_some(Period { start, end })
}
