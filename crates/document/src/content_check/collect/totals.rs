//! Taxes and totals.

use std::borrow::Cow;

use invoice::Invoice;
use invoice::model::{Adjustment as InvoiceAdjustment, TaxCategory, TaxSubtotal};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::catalog::labels::Labels;
use crate::catalog::promise::{Part, Promise};
use crate::content_check::facts::{Adjustment, Labelled, Mention, Tax, Text, Total};
use crate::content_check::normal::normal;
use crate::fonts::Coverage;
use crate::fonts::glyphs;
use crate::locale::Formats;

pub(super) fn taxes<'a>(invoice: &'a Invoice, texts: &Labels, formats: &Formats) -> Vec<Tax<'a>> {
    let tax = |(index, subtotal): (usize, &'a TaxSubtotal)| {
        let rate = rate(subtotal, formats);
        let taxable = formats.money(subtotal.taxable);
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
                Cow::from(component.name.as_str()),
                formats.percent(component.rate).into(),
                formats.money(component.amount).into(),
            ]
        });
        Tax {
            pointer: format!("/taxBreakdown/{index}").into(),
            tax: formats.money(subtotal.amount).into(),
            components: components.collect(),
            phrases,
            rate: rate.map(Cow::from),
            taxable: taxable.into(),
        }
    };
    invoice.taxes.iter().enumerate().map(tax).collect()
}

/// What is not subject to tax has no rate (BR-O-05).
fn rate(subtotal: &TaxSubtotal, formats: &Formats) -> Option<String> {
    let is_subject = subtotal.tax.category != TaxCategory::OutOfScope;
    is_subject.then(|| formats.percent(subtotal.tax.rate))
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
pub(super) fn totals<'a>(invoice: &Invoice, formats: &Formats) -> Vec<Total<'a>> {
    let sums = &invoice.totals;
    let mut totals = Vec::new();
    let mut add =
        |pointer: &'static str, amounts: &[Decimal], labels: &[&'static str], with_tax| {
            totals.push(Total {
                pointer: pointer.into(),
                forms: amounts
                    .iter()
                    .map(|amount| formats.money(*amount).into())
                    .collect(),
                labels: labels.iter().map(|label| Cow::from(*label)).collect(),
                with_tax,
            });
        };
    if !(invoice.allowances.is_empty() && invoice.charges.is_empty()) && !invoice.prices_include_tax
    {
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
            forms: vec![formats.in_currency(currency, tax).into()],
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
    formats: &Formats,
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
        let forms = |amount| forms(side, amount, formats);
        let percent = adjustment
            .percent
            .filter(|_| promise.has(Part::LineDetails));
        Adjustment {
            pointer: format!("/{side}/{index}/amount").into(),
            forms: forms(adjustment.amount),
            forms_with_tax: with_tax.map(forms),
            percent: percent.map(|percent| formats.percent(percent).into()),
            reason: adjustment.reason.as_deref().map(Cow::from),
        }
    })
    .collect()
}

/// An allowance is printed as a deduction; some designs print it without its sign.
fn forms<'a>(side: &str, amount: Decimal, formats: &Formats) -> Vec<Text<'a>> {
    match side {
        "allowances" => vec![formats.money(-amount).into(), formats.money(amount).into()],
        _ => vec![formats.money(amount).into()],
    }
}

/// The labels of totals, and the amounts that each may have beside it.
pub(super) fn labels<'a>(
    invoice: &Invoice,
    texts: &'a Labels,
    formats: &Formats,
) -> Vec<Labelled<'a>> {
    let sums = &invoice.totals;
    let taxed = |all: &[InvoiceAdjustment]| {
        all.iter()
            .filter_map(|it| it.with_tax)
            .map(|it| it.amount)
            .sum::<Decimal>()
    };
    let lines = invoice.lines.iter().filter_map(|line| line.with_tax);
    let lines: Decimal = lines.map(|line| line.amount).sum();
    let (allowances, charges) = (&invoice.allowances, &invoice.charges);
    let of = |all: &[InvoiceAdjustment]| -> Vec<Decimal> {
        let each = all
            .iter()
            .flat_map(|it| [Some(it.amount), it.with_tax.map(|it| it.amount)]);
        each.flatten()
            .flat_map(|amount| [-amount, amount])
            .collect()
    };
    let discounts = [
        of(allowances),
        vec![sums.allowances, -sums.allowances, -taxed(allowances)],
    ]
    .concat();
    let costs = [of(charges), vec![sums.charges, taxed(charges)]].concat();
    let mut labels: Vec<Labelled<'a>> = Vec::new();
    for (pointer, key, amounts) in [
        ("/totals/lines", "lines-total", vec![sums.lines, lines]),
        ("/totals/net", "net", vec![sums.net]),
        ("/totals/tax", "tax", vec![sums.tax]),
        ("/totals/gross", "gross", vec![sums.gross]),
        (
            "/totals/prepaid",
            "prepaid",
            vec![-sums.prepaid, sums.prepaid],
        ),
        ("/totals/prepaid", "balance", vec![-sums.prepaid]),
        ("/totals/prepaid", "paid", vec![sums.prepaid]),
        ("/totals/rounding", "rounding", vec![sums.rounding]),
        ("/totals/due", "due", vec![sums.due.abs(), sums.due]),
        ("/totals/due", "refund", vec![sums.due.abs(), sums.due]),
        ("/allowances", "discount", discounts.clone()),
        ("/allowances", "discount-seller", discounts),
        ("/charges", "charge", costs.clone()),
        ("/charges", "shipping", costs),
    ] {
        let Some(label) = texts.get(key) else {
            continue;
        };
        let values = amounts
            .iter()
            .map(|amount| Cow::from(formats.money(*amount)));
        // Two totals may have one label in a language.
        match labels.iter_mut().find(|known| known.label == *label) {
            Some(known) => known.values.extend(values),
            None => labels.push(Labelled {
                pointer: pointer.into(),
                label: label.as_str().into(),
                values: values.collect(),
            }),
        }
    }
    // The reason of an allowance may be the label of a total by chance.
    for adjustment in allowances.iter().chain(charges) {
        let reason = adjustment.reason.as_deref().map(normal);
        let amounts = of(std::slice::from_ref(adjustment));
        let mut known = labels.iter_mut();
        if let Some(label) = known.find(|label| Some(normal(&label.label)) == reason) {
            let amounts = amounts
                .iter()
                .map(|amount| Cow::from(formats.money(*amount)));
            label.values.extend(amounts);
        }
    }
    labels
}

/// Bases of percentages, and amounts of extensions, which a template of the operator may print among the totals.
pub(super) fn other_amounts<'a>(invoice: &Invoice, formats: &Formats) -> Vec<Text<'a>> {
    let adjustments = invoice.allowances.iter().chain(&invoice.charges);
    let mut amounts: Vec<Text<'a>> = adjustments
        .filter_map(|adjustment| Some(formats.money(adjustment.base?).into()))
        .collect();
    let mut numbers: Vec<&Value> = invoice.extensions.values().collect();
    while let Some(value) = numbers.pop() {
        match value {
            Value::Array(values) => numbers.extend(values),
            Value::Object(fields) => numbers.extend(fields.values()),
            Value::String(text) => amounts.extend(
                text.parse()
                    .ok()
                    .map(|amount| formats.amount(amount).into()),
            ),
            Value::Number(number) => {
                let amount = number.to_string().parse().ok();
                amounts.extend(amount.map(|amount| formats.amount(amount).into()));
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
    amounts
}

/// What an amount has besides its number.
pub(super) fn currency<'a>(formats: &Formats) -> Text<'a> {
    let zero = formats.money(Decimal::ZERO);
    zero.replace(&formats.number(Decimal::ZERO), "").into()
}
