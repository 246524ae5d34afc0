//! Taxes and totals.

use std::borrow::Cow;

use invoice::Invoice;
use invoice::model::{TaxCategory, TaxSubtotal};
use rust_decimal::Decimal;
use serde_json::Value;

use super::amounts::Amounts;
use crate::catalog::labels::Labels;
use crate::catalog::promise::{Part, Promise};
use crate::content_check::facts::{Adjustment, Mention, Tax, Text, Total};
use crate::fonts::Coverage;
use crate::fonts::glyphs;

pub(super) fn taxes<'a>(
    invoice: &'a Invoice,
    texts: &Labels,
    amounts: &Amounts<'_>,
    coverage: &Coverage,
) -> Vec<Tax<'a>> {
    let tax = |(index, subtotal): (usize, &'a TaxSubtotal)| {
        let rate = rate(subtotal, amounts);
        let taxable = amounts.money(subtotal.taxable);
        let keys: &[&str] = match rate {
            Some(_) => &["tax-line", "tax-included"],
            None => &["tax-line-no-rate"],
        };
        let phrase = |key: &&str| {
            let (before, behind) = texts.get(*key)?.split_once("{taxable}")?;
            let with_rate = |part: &str| {
                let part = part.replace("{rate}", rate.as_deref().unwrap_or_default());
                Cow::from(part)
            };
            Some([with_rate(before), with_rate(behind)])
        };
        let phrases = keys.iter().filter_map(phrase).collect();
        let components = subtotal.components.iter().map(|component| {
            [
                glyphs::shown(&component.name, coverage),
                amounts.formats.percent(component.rate).into(),
                amounts.money(component.amount).into(),
            ]
        });
        Tax {
            pointer: format!("/taxBreakdown/{index}").into(),
            tax: amounts.money(subtotal.amount).into(),
            components: components.collect(),
            phrases,
            rate: rate.map(Cow::from),
            taxable: taxable.into(),
        }
    };
    invoice.taxes.iter().enumerate().map(tax).collect()
}

/// What is not subject to tax has no rate (BR-O-05).
fn rate(subtotal: &TaxSubtotal, amounts: &Amounts<'_>) -> Option<String> {
    let is_subject = subtotal.tax.category != TaxCategory::OutOfScope;
    is_subject.then(|| amounts.formats.percent(subtotal.tax.rate))
}

/// Why there is no tax: the reason, or else its code or the words for the category.
pub(super) fn exemptions<'a>(
    invoice: &'a Invoice,
    texts: &'a Labels,
    coverage: &Coverage,
) -> Vec<Mention<'a>> {
    let taxes = invoice.taxes.iter().enumerate();
    taxes
        .filter_map(|(index, subtotal)| {
            let exemption = subtotal.exemption.as_ref()?;
            let forms = if let Some(reason) = &exemption.reason {
                vec![glyphs::shown(reason, coverage)]
            } else {
                let category = format!("category-{}", subtotal.tax.category.code());
                let code = exemption.code.as_deref();
                let words = texts.get(&category).map(String::as_str);
                code.into_iter().chain(words).map(Cow::from).collect()
            };
            Some(Mention {
                pointer: format!("/taxBreakdown/{index}/exemptionReason").into(),
                personal: false,
                forms,
            })
        })
        .collect()
}

/// The totals; their labels are keys of the texts.
pub(super) fn totals<'a>(invoice: &Invoice, amounts: &Amounts<'_>) -> Vec<Total<'a>> {
    let sums = &invoice.totals;
    let mut totals = Vec::new();
    let mut add = |pointer: &'static str, values: &[Decimal], labels: &[&'static str], with_tax| {
        totals.push(Total {
            pointer: pointer.into(),
            forms: values
                .iter()
                .map(|amount| amounts.money(*amount).into())
                .collect(),
            labels: labels.iter().map(|label| Cow::from(*label)).collect(),
            with_tax,
        });
    };
    let has_adjustments = !invoice.allowances.is_empty() || !invoice.charges.is_empty();
    if has_adjustments && !invoice.prices_include_tax {
        add("/totals/lines", &[sums.lines], &["lines-total"], false);
    }
    add("/totals/net", &[sums.net], &["net"], false);
    // The line of the only rate has the tax.
    if invoice.taxes.len() != 1 {
        add("/totals/tax", &[sums.tax], &["tax"], true);
    }
    // A page that shows what is refunded has its total without the minus.
    let refunded = (sums.gross == sums.due).then(|| sums.gross.abs());
    let gross: Vec<Decimal> = [Some(sums.gross), refunded].into_iter().flatten().collect();
    add("/totals/gross", &gross, &["gross"], true);
    if !sums.prepaid.is_zero() {
        let labels = if sums.prepaid < Decimal::ZERO {
            &["balance"]
        } else {
            &["prepaid"]
        };
        add(
            "/totals/prepaid",
            &[-sums.prepaid, sums.prepaid],
            labels,
            true,
        );
    }
    if !sums.rounding.is_zero() {
        add("/totals/rounding", &[sums.rounding], &["rounding"], true);
    }
    // Of what has been paid in whole, nothing is due.
    if !sums.due.is_zero() {
        add(
            "/totals/due",
            &[sums.due.abs(), sums.due],
            &["due", "refund"],
            true,
        );
    }
    if let Some((currency, tax)) = invoice.tax_in_tax_currency {
        totals.push(Total {
            pointer: "/totals/taxInTaxCurrency".into(),
            forms: vec![amounts.formats.in_currency(currency, tax).into()],
            labels: Vec::new(),
            with_tax: true,
        });
    }
    totals
}

/// Allowances and charges of the document.
pub(super) fn adjustments<'a>(
    invoice: &'a Invoice,
    promise: Promise,
    amounts: &Amounts<'_>,
    coverage: &Coverage,
) -> Vec<Adjustment<'a>> {
    let sides = [
        ("allowances", &invoice.allowances),
        ("charges", &invoice.charges),
    ];
    let all = sides.into_iter().flat_map(|(side, adjustments)| {
        let numbered = adjustments.iter().enumerate();
        numbered.map(move |(index, adjustment)| (side, index, adjustment))
    });
    all.map(|(side, index, adjustment)| {
        let with_tax = adjustment.with_tax.map(|taxed| taxed.amount);
        let base_with_tax = adjustment.with_tax.and_then(|taxed| taxed.base);
        let forms = |amount| forms(side, amount, amounts);
        let money = |amount: Decimal| Text::from(amounts.money(amount));
        let percent = adjustment
            .percent
            .filter(|_| promise.has(Part::LineDetails));
        Adjustment {
            pointer: format!("/{side}/{index}/amount").into(),
            forms: forms(adjustment.amount),
            forms_with_tax: with_tax.map(forms),
            percent: percent.map(|percent| amounts.formats.percent(percent).into()),
            base: adjustment.base.map(money),
            base_with_tax: base_with_tax.map(money),
            reason: adjustment
                .reason
                .as_deref()
                .map(|reason| glyphs::shown(reason, coverage)),
        }
    })
    .collect()
}

/// An allowance is printed as a deduction; some designs print it without its sign.
fn forms<'a>(side: &str, amount: Decimal, amounts: &Amounts<'_>) -> Vec<Text<'a>> {
    match side {
        "allowances" => vec![amounts.money(-amount).into(), amounts.money(amount).into()],
        _ => vec![amounts.money(amount).into()],
    }
}

/// Amounts of extensions, which a template of the operator may print among the totals.
pub(super) fn other_amounts<'a>(invoice: &Invoice, amounts: &Amounts<'_>) -> Vec<Text<'a>> {
    let mut others: Vec<Text<'a>> = Vec::new();
    let mut numbers: Vec<&Value> = invoice.extensions.values().collect();
    while let Some(value) = numbers.pop() {
        match value {
            Value::Array(values) => numbers.extend(values),
            Value::Object(fields) => numbers.extend(fields.values()),
            Value::String(text) => others.extend(
                text.parse()
                    .ok()
                    .map(|amount| amounts.formats.amount(amount).into()),
            ),
            Value::Number(number) => {
                let amount = number.to_string().parse().ok();
                others.extend(amount.map(|amount| amounts.formats.amount(amount).into()));
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
    others
}

/// What an amount has besides its number.
pub(super) fn currency<'a>(amounts: &Amounts<'_>) -> Text<'a> {
    let zero = amounts.money(Decimal::ZERO);
    zero.replace(&amounts.formats.number(Decimal::ZERO), "")
        .into()
}
