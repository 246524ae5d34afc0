//! The labels of totals, and the amounts that each may have beside it.

use std::borrow::Cow;

use invoice::Invoice;
use invoice::model::Adjustment;
use rust_decimal::Decimal;

use super::amounts::Amounts;
use crate::catalog::labels::Labels;
use crate::content_check::facts::Labelled;
use crate::content_check::normal::normal;
use crate::fonts::{Coverage, glyphs};

pub(super) fn of<'a>(
    invoice: &Invoice,
    texts: &'a Labels,
    amounts: &Amounts<'_>,
    coverage: &Coverage,
) -> Vec<Labelled<'a>> {
    let sums = &invoice.totals;
    let taxed = |all: &[Adjustment]| {
        all.iter()
            .filter_map(|it| it.with_tax)
            .map(|it| it.amount)
            .sum::<Decimal>()
    };
    let lines = invoice.lines.iter().filter_map(|line| line.with_tax);
    let lines: Decimal = lines.map(|line| line.amount).sum();
    let (allowances, charges) = (&invoice.allowances, &invoice.charges);
    let of = |all: &[Adjustment]| -> Vec<Decimal> {
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
    for (pointer, key, sums) in [
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
        let values = sums.iter().map(|amount| Cow::from(amounts.money(*amount)));
        Labelled::add(&mut labels, pointer, label, values);
    }
    // The reason of an allowance may be the label of a total by chance.
    for adjustment in allowances.iter().chain(charges) {
        let reason = adjustment.reason.as_deref();
        let reason = reason.map(|reason| normal(&glyphs::shown(reason, coverage)));
        let own = of(std::slice::from_ref(adjustment));
        let mut known = labels.iter_mut();
        if let Some(label) = known.find(|label| Some(normal(&label.label)) == reason) {
            let own = own.iter().map(|amount| Cow::from(amounts.money(*amount)));
            label.values.extend(own);
        }
    }
    labels
}
