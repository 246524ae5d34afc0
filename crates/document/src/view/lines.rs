//! Lines, discounts and charges, taxes, totals.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::fonts::Fonts;
use crate::locale::Formats;
use invoice::model::{Adjustment, Invoice, Line, Period, TaxSubtotal};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LineView<'a> {
    id: &'a str,
    sku: Option<&'a str>,
    gtin: Option<&'a str>,
    name: &'a str,
    /// The greatest width of the name in the regular base font, in em. A row that does not wrap need not be measured.
    name_width: f32,
    description: Option<&'a str>,
    quantity: String,
    unit: &'a str,
    unit_price: String,
    /// The number of units that the price is for, if it is not one.
    price_base_quantity: Option<String>,
    allowances: Vec<AdjustmentView<'a>>,
    charges: Vec<AdjustmentView<'a>>,
    tax_category: &'static str,
    tax_rate: String,
    period: Option<String>,
    net: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdjustmentView<'a> {
    kind: &'static str,
    reason: Option<&'a str>,
    percent: Option<String>,
    amount: String,
    /// The amount as a deduction, with the locale's minus sign.
    deduction: String,
    tax_rate: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaxView<'a> {
    category: &'static str,
    rate: String,
    taxable: String,
    tax: String,
    exemption_code: Option<&'a str>,
    exemption_reason: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TotalsView {
    lines: String,
    allowances: Option<String>,
    charges: Option<String>,
    net: String,
    tax: String,
    tax_in_tax_currency: Option<String>,
    gross: String,
    prepaid: Option<String>,
    /// The same as a deduction, with the locale's minus sign.
    prepaid_deduction: Option<String>,
    rounding: Option<String>,
    due: String,
}

pub(super) fn views<'a>(lines: &'a [Line], formats: &Formats, fonts: &Fonts) -> Vec<LineView<'a>> {
    let view = |line| LineView::new(line, formats, fonts);
    lines.iter().map(view).collect()
}

/// The sum of the net amounts up to each line, which a page carries forward.
pub(super) fn carried(lines: &[Line], formats: &Formats) -> Vec<String> {
    let mut sum = Decimal::ZERO;
    lines
        .iter()
        .map(|line| {
            sum += line.net;
            formats.number(sum)
        })
        .collect()
}

impl<'a> LineView<'a> {
    fn new(line: &'a Line, formats: &Formats, fonts: &Fonts) -> Self {
        let adjustment = |adjustment| AdjustmentView::new(adjustment, formats);
        Self {
            id: &line.id,
            sku: line.sku.as_deref(),
            gtin: line.gtin.as_deref(),
            name: &line.name,
            name_width: fonts.widest(&line.name),
            description: line.description.as_deref(),
            quantity: formats.number(line.quantity),
            unit: &line.unit,
            unit_price: formats.price(line.unit_price),
            price_base_quantity: (line.price_base_quantity != Decimal::ONE)
                .then(|| formats.number(line.price_base_quantity)),
            allowances: line.allowances.iter().map(adjustment).collect(),
            charges: line.charges.iter().map(adjustment).collect(),
            tax_category: line.tax.category.code(),
            tax_rate: formats.percent(line.tax.rate),
            period: line.period.map(|period| range(period, formats)),
            net: formats.number(line.net),
        }
    }
}

impl<'a> AdjustmentView<'a> {
    pub(super) fn new(adjustment: &'a Adjustment, formats: &Formats) -> Self {
        Self {
            kind: adjustment.kind.as_str(),
            reason: adjustment.reason.as_deref(),
            percent: adjustment.percent.map(|percent| formats.percent(percent)),
            amount: formats.money(adjustment.amount),
            deduction: formats.money(-adjustment.amount),
            tax_rate: formats.percent(adjustment.tax.rate),
        }
    }
}

impl<'a> TaxView<'a> {
    pub(super) fn new(subtotal: &'a TaxSubtotal, formats: &Formats) -> Self {
        let exemption = subtotal.exemption.as_ref();
        Self {
            category: subtotal.tax.category.code(),
            rate: formats.percent(subtotal.tax.rate),
            taxable: formats.money(subtotal.taxable),
            tax: formats.money(subtotal.amount),
            exemption_code: exemption.and_then(|exemption| exemption.code.as_deref()),
            exemption_reason: exemption.and_then(|exemption| exemption.reason.as_deref()),
        }
    }
}

impl TotalsView {
    pub(super) fn new(invoice: &Invoice, formats: &Formats) -> Self {
        let totals = &invoice.totals;
        let money = |amount| formats.money(amount);
        let unless_zero = |amount: Decimal| (!amount.is_zero()).then(|| formats.money(amount));
        Self {
            lines: money(totals.lines),
            allowances: unless_zero(totals.allowances),
            charges: unless_zero(totals.charges),
            net: money(totals.net),
            tax: money(totals.tax),
            tax_in_tax_currency: invoice
                .tax_in_tax_currency
                .map(|(currency, tax)| formats.in_currency(currency, tax)),
            gross: money(totals.gross),
            prepaid: unless_zero(totals.prepaid),
            prepaid_deduction: unless_zero(-totals.prepaid),
            rounding: unless_zero(totals.rounding),
            due: money(totals.due),
        }
    }
}

/// `1 Nov 2026 – 30 Nov 2026`. A date that the request leaves out is left out.
fn range(period: Period, formats: &Formats) -> String {
    let date = |date: Option<time::Date>| date.map_or_else(String::new, |date| formats.date(date));
    format!("{} – {}", date(period.start), date(period.end))
        .trim()
        .to_owned()
}
