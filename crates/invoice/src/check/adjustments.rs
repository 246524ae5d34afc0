//! Allowances (discounts) and charges, on a line or on the document.

use rust_decimal::Decimal;

use super::fields::{Checker, Place, are_capitals_and_digits, present};
use super::number::{compare, decimal, unsigned_amount};
use super::tax::tax;
use crate::FailureCode;
use crate::amount;
use crate::model::{Adjustment, AdjustmentKind, Exemption, Tax};
use crate::request::AdjustmentField;

/// Whether it is an allowance or a charge, and on what. Each combination has its own rules in EN 16931.
#[derive(Clone, Copy)]
pub(super) enum Side {
    LineAllowance,
    LineCharge,
    DocumentAllowance,
    DocumentCharge,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::LineAllowance | Self::DocumentAllowance => "allowances",
            Self::LineCharge | Self::DocumentCharge => "charges",
        }
    }

    fn max_items(self) -> usize {
        match self {
            Self::LineAllowance | Self::LineCharge => 20,
            Self::DocumentAllowance | Self::DocumentCharge => 100,
        }
    }

    /// The rule that requires an amount.
    fn amount_rule(self) -> &'static str {
        match self {
            Self::LineAllowance => "BR-41",
            Self::LineCharge => "BR-43",
            Self::DocumentAllowance => "BR-31",
            Self::DocumentCharge => "BR-36",
        }
    }

    /// The rule that requires a tax category. On a line there is none: the line's tax applies.
    fn tax_rule(self) -> Option<&'static str> {
        match self {
            Self::LineAllowance | Self::LineCharge => None,
            Self::DocumentAllowance => Some("BR-32"),
            Self::DocumentCharge => Some("BR-37"),
        }
    }

    /// The rule that requires a reason. An allowance without reason is a discount.
    fn reason_rule(self) -> Option<&'static str> {
        match self {
            Self::LineAllowance | Self::DocumentAllowance => None,
            Self::LineCharge => Some("BR-44"),
            Self::DocumentCharge => Some("BR-38"),
        }
    }
}

/// Properties of the line or of the document that concern each of its allowances and charges.
#[derive(Clone, Copy)]
pub(super) struct Context {
    /// Base amount of a percentage, unless the request gives another one.
    pub(super) base: Decimal,
    /// The tax, unless the request gives another one.
    pub(super) tax: Option<Tax>,
    pub(super) minor_digits: u32,
}

/// All allowances or all charges; `None` where one is not valid.
pub(super) fn adjustments(
    check: &mut Checker,
    parent: &Place,
    side: Side,
    fields: Option<Vec<AdjustmentField>>,
    context: Context,
) -> Option<Vec<Adjustment>> {
    let place = parent.field(side.name());
    let fields = check.items(&place, fields, side.max_items());
    let expected = fields.len();
    let adjustments: Vec<Adjustment> = fields
        .into_iter()
        .enumerate()
        .filter_map(|(index, field)| adjustment(check, &place.item(index), side, field, context))
        .collect();
    (adjustments.len() == expected).then_some(adjustments)
}

fn adjustment(
    check: &mut Checker,
    place: &Place,
    side: Side,
    field: AdjustmentField,
    context: Context,
) -> Option<Adjustment> {
    let reason_place = place.field("reason");
    let reason = check.text(&reason_place, field.reason, 200);
    let code = check.code(
        &place.field("reasonCode"),
        field.reason_code,
        "a code of one to three capital letters and digits",
        |code| code.len() <= 3 && are_capitals_and_digits(code),
    );
    if let (Some(rule), None, None) = (side.reason_rule(), &reason, &code) {
        check.missing(&reason_place, rule, "a reason or a reasonCode");
    }
    let kind = kind(
        check,
        place,
        side,
        present(field.funded_by.as_deref()),
        code.as_deref(),
    );
    let tax = adjustment_tax(check, place, side, field.tax, context);
    let percent = present(field.percent).and_then(|text| {
        let place = place.field("percent");
        decimal(
            check,
            FailureCode::AmountInvalid,
            &place,
            &text,
            amount::RATE,
        )
    });
    let amount = amount(
        check,
        place,
        side,
        present(field.amount.as_deref()),
        percent,
        present(field.base.as_deref()),
        context,
    );
    let ((tax, exemption), (amount, base)) = (tax?, amount?);
    Some(Adjustment {
        kind: kind?,
        amount,
        percent,
        base,
        reason,
        reason_code: code,
        tax,
        exemption,
    })
}

fn kind(
    check: &mut Checker,
    place: &Place,
    side: Side,
    funded_by: Option<&str>,
    code: Option<&str>,
) -> Option<AdjustmentKind> {
    let place = place.field("fundedBy");
    match side {
        Side::LineAllowance | Side::DocumentAllowance => match funded_by {
            None => Some(AdjustmentKind::Discount),
            Some(name) => check.one_of(
                &place,
                name,
                |name| match name {
                    "seller" => Some(AdjustmentKind::Discount),
                    "platform" => Some(AdjustmentKind::PlatformDiscount),
                    _ => None,
                },
                &["seller", "platform"],
            ),
        },
        Side::LineCharge | Side::DocumentCharge => {
            if funded_by.is_some() {
                let message = "is given for a charge, expected on allowances only".into();
                check.report(FailureCode::FieldInvalid, &place, None, message);
            }
            // UNTDID 7161: delivery, freight service, shipping and handling.
            match code {
                Some("DL" | "FC" | "SAA") => Some(AdjustmentKind::Shipping),
                Some(_) | None => Some(AdjustmentKind::OtherCharge),
            }
        }
    }
}

fn adjustment_tax(
    check: &mut Checker,
    place: &Place,
    side: Side,
    field: Option<crate::request::TaxField>,
    context: Context,
) -> Option<(Tax, Option<Exemption>)> {
    let place = place.field("tax");
    match (field, side.tax_rule()) {
        (Some(field), Some(_)) => tax(check, &place, field),
        (Some(_), None) => {
            let message =
                "is given, expected none: the allowances and charges of a line have its tax".into();
            check.report(FailureCode::FieldInvalid, &place, None, message);
            None
        }
        (None, rule) => {
            if context.tax.is_none() {
                check.missing(&place, rule, "a tax, since the lines have different ones");
            }
            context.tax.map(|tax| (tax, None))
        }
    }
}

/// The amount, and the base amount of the percentage where there is one.
fn amount(
    check: &mut Checker,
    place: &Place,
    side: Side,
    amount: Option<&str>,
    percent: Option<Decimal>,
    base: Option<&str>,
    context: Context,
) -> Option<(Decimal, Option<Decimal>)> {
    let minor_digits = context.minor_digits;
    let amount_place = place.field("amount");
    let Some(percent) = percent else {
        if base.is_some() {
            let expected = "a percentage, since base is given";
            check.missing(&place.field("percent"), "PEPPOL-EN16931-R042", expected);
        }
        if amount.is_none() {
            check.missing(&amount_place, side.amount_rule(), "an amount or a percent");
        }
        let amount = unsigned_amount(check, &amount_place, amount, minor_digits)?;
        return Some((amount, None));
    };
    let base = match base {
        Some(base) => unsigned_amount(check, &place.field("base"), Some(base), minor_digits)?,
        // Negative where a line is taken back: its allowances are taken back with it.
        None => context.base,
    };
    let derived = amount::round(base * percent / Decimal::ONE_HUNDRED, minor_digits);
    let rule = "PEPPOL-EN16931-R040";
    let source = "percent and base";
    compare(
        check,
        &amount_place,
        amount,
        derived,
        source,
        minor_digits,
        rule,
    );
    Some((derived, Some(base)))
}
