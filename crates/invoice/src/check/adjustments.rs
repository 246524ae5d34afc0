//! Allowances (discounts) and charges, on a line or on the document.

use rust_decimal::Decimal;

use super::fields::{Checker, Place, present};
use super::number::{Expected, accepted, decimal, free_amount, slack};
use super::tax::{Taxed, tax};
use crate::FailureCode;
use crate::amount;
use crate::code_lists::{ALLOWANCE_REASONS, CHARGE_REASONS, CodeList};
use crate::limits;
use crate::model::{Adjustment, AdjustmentKind, Tax};
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

    /// The list of the reasons, and its rule.
    fn reasons(self) -> (&'static CodeList, &'static str) {
        match self {
            Self::LineAllowance | Self::DocumentAllowance => (&ALLOWANCE_REASONS, "BR-CL-19"),
            Self::LineCharge | Self::DocumentCharge => (&CHARGE_REASONS, "BR-CL-20"),
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
    /// Whether allowances and charges may be negative: the document takes back those of an earlier one, or the line, or the lines
    /// together, are taken back, and their allowances and charges with them.
    pub(super) takes_back: bool,
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
    let reason = check.text(&reason_place, field.reason, limits::TEXT);
    let (list, rule) = side.reasons();
    let code_place = place.field("reasonCode");
    let code = check.listed(&code_place, field.reason_code, list, rule);
    if let (Some(rule), None, None) = (side.reason_rule(), &reason, &code)
        && !check.is_reported(&code_place)
    {
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
    let (taxed, (amount, base)) = (tax?, amount?);
    Some(Adjustment {
        kind: kind?,
        amount,
        percent,
        base,
        reason,
        reason_code: code,
        tax: taxed.tax,
        exemption: taxed.exemption,
        components: taxed.components,
        with_tax: None,
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
) -> Option<Taxed> {
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
            context.tax.map(|tax| Taxed {
                tax,
                exemption: None,
                components: Vec::new(),
            })
        }
    }
}

/// The amount, and the base amount of the percentage where there is one.
///
/// EN 16931-1 asks for neither the base (BT-93, BT-100, BT-137, BT-142) nor a percentage of all lines: 10 % may be taken off the
/// lines of one rate, or off what another allowance leaves. So the base is only derived where the amount is derived from it.
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
        let amount = signed_amount(check, &amount_place, amount, context)?;
        return Some((amount, None));
    };
    let base = match (base, amount) {
        (Some(base), _) => signed_amount(check, &place.field("base"), Some(base), context)?,
        (None, Some(amount)) => {
            let amount = signed_amount(check, &amount_place, Some(amount), context)?;
            return Some((amount, None));
        }
        // Negative where a line is taken back: its allowances are taken back with it.
        (None, None) => context.base,
    };
    let exact = base * percent / Decimal::ONE_HUNDRED;
    let computed = amount::round(exact, minor_digits);
    let expected = Expected {
        computed,
        exact,
        tolerance: slack(minor_digits),
        source: "percent and base",
        rule: Some("PEPPOL-EN16931-R040"),
    };
    let given = accepted(check, &amount_place, amount, &expected, minor_digits);
    Some((given.unwrap_or(computed), Some(base)))
}

/// An amount or a base amount, negative only where something is taken back.
fn signed_amount(
    check: &mut Checker,
    place: &Place,
    text: Option<&str>,
    context: Context,
) -> Option<Decimal> {
    let amount = free_amount(check, place, text, context.minor_digits)?;
    if amount < Decimal::ZERO && !context.takes_back {
        let message = format!(
            "is {amount}, expected 0 or more: an allowance or charge is taken back on a corrected invoice, on a credit note, \
             and with a line whose quantity is negative"
        );
        check.report(FailureCode::AmountInvalid, place, None, message);
        return None;
    }
    Some(amount)
}
