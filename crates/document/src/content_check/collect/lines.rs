//! The lines, and the values that stand with each.

use std::borrow::Cow;

use invoice::Invoice;
use invoice::model::{Adjustment, Line as InvoiceLine, Period, TaxCategory};
use rust_decimal::Decimal;

use crate::catalog::promise::{Part, Promise};
use crate::content_check::facts::{Line, Value};
use crate::fonts::Coverage;
use crate::fonts::glyphs;
use crate::locale::Formats;

pub(super) fn of<'a>(
    invoice: &'a Invoice,
    promise: Promise,
    formats: &Formats,
    coverage: &Coverage,
) -> Vec<Line<'a>> {
    let collector = Collector {
        promise,
        formats,
        with_rates: invoice.taxes.len() > 1,
    };
    let line = |line: &'a InvoiceLine| Line {
        name: glyphs::shown(&line.name, coverage),
        values: collector.values(line, false),
        with_tax: line.with_tax.map(|_| collector.values(line, true)),
    };
    invoice.lines.iter().map(line).collect()
}

/// The sums that pages carry forward: those up to each line but the last.
pub(super) fn sums<'a>(invoice: &Invoice, formats: &Formats) -> Vec<Cow<'a, str>> {
    let lines = &invoice.lines[..invoice.lines.len().saturating_sub(1)];
    let (mut net, mut with_tax) = (Decimal::ZERO, Decimal::ZERO);
    let mut sums = Vec::with_capacity(lines.len());
    for line in lines {
        net += line.net;
        sums.push(formats.number(net).into());
        if let Some(taxed) = line.with_tax {
            with_tax += taxed.amount;
            sums.push(formats.number(with_tax).into());
        }
    }
    sums
}

struct Collector<'f> {
    promise: Promise,
    formats: &'f Formats,
    /// With one rate, only the totals have it.
    with_rates: bool,
}

impl Collector<'_> {
    fn values<'a>(&self, line: &InvoiceLine, with_tax: bool) -> Vec<Value<'a>> {
        let formats = self.formats;
        let taxed = line.with_tax.filter(|_| with_tax);
        let mut values = vec![value("quantity", [formats.number(line.quantity)])];
        if self.promise.has(Part::Prices) {
            let price = taxed.map_or(line.unit_price, |taxed| taxed.unit_price);
            let net = taxed.map_or(line.net, |taxed| taxed.amount);
            values.push(value("unitPrice", [formats.price(price)]));
            values.push(value("netAmount", [formats.number(net)]));
            if line.price_base_quantity != Decimal::ONE {
                let quantity = formats.number(line.price_base_quantity);
                values.push(value("priceBaseQuantity", [quantity]));
            }
            for (side, adjustments) in
                [("allowances", &line.allowances), ("charges", &line.charges)]
            {
                for (index, adjustment) in adjustments.iter().enumerate() {
                    let amount = amount(adjustment, with_tax);
                    let field = format!("{side}/{index}/amount");
                    let forms = [formats.money(-amount), formats.money(amount)];
                    values.push(value(field, forms));
                    if let Some(percent) = self.detail(adjustment.percent) {
                        let field = format!("{side}/{index}/percent");
                        values.push(value(field, [formats.percent(percent)]));
                    }
                }
            }
        }
        let rate = self.detail(Some(line.tax.rate)).filter(|_| self.with_rates);
        if let Some(rate) = rate
            && line.tax.category != TaxCategory::OutOfScope
        {
            values.push(value("tax/rate", [formats.percent(rate)]));
        }
        let gross = taxed.map_or(line.details.gross_price, |taxed| taxed.gross_price);
        if let Some(gross) = self.detail(gross) {
            values.push(value("grossPrice", [formats.price(gross.price)]));
            if !gross.discount.is_zero() {
                values.push(value("priceDiscount", [formats.price(gross.discount)]));
            }
        }
        if let Some(Period { start, end }) = self.detail(line.period) {
            for (field, date) in [("period/start", start), ("period/end", end)] {
                values.extend(date.map(|date| value(field, [formats.date(date)])));
            }
        }
        values
    }

    /// A value that only a template shows that promises details.
    fn detail<T>(&self, value: Option<T>) -> Option<T> {
        value.filter(|_| self.promise.has(Part::LineDetails))
    }
}

fn amount(adjustment: &Adjustment, with_tax: bool) -> Decimal {
    let taxed = adjustment.with_tax.filter(|_| with_tax);
    taxed.map_or(adjustment.amount, |taxed| taxed.amount)
}

fn value<'a, const N: usize>(field: impl Into<Cow<'a, str>>, forms: [String; N]) -> Value<'a> {
    Value(field.into(), forms.map(Cow::from).to_vec())
}
