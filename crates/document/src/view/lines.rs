//! Lines, discounts and charges, taxes.

mod columns;
mod names;

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::Serialize;

pub(super) use self::columns::ColumnsView;
use super::details::{self, DetailsView};
use crate::catalog::words::{CodeList, Word, Words};
use crate::fonts::{Fonts, UNKNOWN_WIDTH};
use crate::locale::Formats;
use invoice::model::{
    Adjustment, AdjustmentKind, AdjustmentWithTax, Invoice, Line, LineWithTax, Period, Tax,
    TaxCategory, TaxComponent, TaxSubtotal,
};
use invoice::totals::line_gross;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LineView<'a> {
    id: &'a str,
    sku: Option<&'a str>,
    gtin: Option<&'a str>,
    name: Cow<'a, str>,
    /// The greatest width of the name in the regular base font, in em. A row that does not wrap need not be measured.
    name_width: f32,
    description: Option<&'a str>,
    quantity: String,
    unit: &'a str,
    /// The quantity with the word for its unit, or else the code.
    count: String,
    /// The explanation of a unit that has no word.
    unit_note: Option<String>,
    unit_price: String,
    /// The number of units that the price is for, if it is not one.
    price_base_quantity: Option<String>,
    allowances: Vec<AdjustmentView<'a>>,
    charges: Vec<AdjustmentView<'a>>,
    tax_category: &'static str,
    tax_rate: Option<String>,
    period: Option<String>,
    net: String,
    /// Quantity times price, where the line has allowances and no charges: what the reader compares the amount with.
    before: Option<String>,
    /// What few lines have; none where a line has nothing of it.
    more: Option<DetailsView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    with_tax: Option<LineWithTaxView>,
}

/// The members of a line that are different with tax.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineWithTaxView {
    unit_price: String,
    net: String,
    before: Option<String>,
    /// The list price: before the discount that is in `unit_price`.
    gross_price: Option<String>,
    /// That discount; none if it is zero.
    price_discount: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdjustmentView<'a> {
    kind: &'static str,
    /// The reason, or else the words for its code.
    reason: Option<Cow<'a, str>>,
    percent: Option<String>,
    /// The base of the percentage, where it is not the usual one.
    base: Option<String>,
    amount: String,
    /// The amount as a deduction, with the locale's minus sign.
    deduction: String,
    tax_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    with_tax: Option<AdjustmentWithTaxView>,
}

/// The members of an allowance or charge that are different with tax.
#[derive(Serialize)]
struct AdjustmentWithTaxView {
    /// It is written where there is none, too: it takes the place of the base without tax.
    base: Option<String>,
    amount: String,
    deduction: String,
}

/// What a percentage is taken of unless the page says otherwise: the quantity of a line times its price, or the sum of the lines.
#[derive(Clone, Copy)]
pub(super) struct UsualBase {
    net: Option<Decimal>,
    with_tax: Option<Decimal>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaxView<'a> {
    category: &'static str,
    rate: Option<String>,
    taxable: String,
    tax: String,
    exemption_code: Option<&'a str>,
    exemption_reason: Option<&'a str>,
    components: Vec<TaxComponentView<'a>>,
}

#[derive(Serialize)]
struct TaxComponentView<'a> {
    name: &'a str,
    rate: String,
    tax: String,
}

/// The lines. Without `widths`, each name may need several lines of the page.
pub(super) fn views<'a>(
    invoice: &'a Invoice,
    words: &'a Words,
    formats: &Formats,
    widths: Option<&Fonts>,
) -> Vec<LineView<'a>> {
    let minor_digits = invoice.currency.exponent().map_or(0, u32::from);
    let view = |line| LineView::new(line, minor_digits, words, formats, widths);
    invoice.lines.iter().map(view).collect()
}

/// The taxes, the highest rate first. Those of one rate keep their order.
pub(super) fn taxes<'a>(taxes: &'a [TaxSubtotal], formats: &Formats) -> Vec<TaxView<'a>> {
    let mut sorted: Vec<&TaxSubtotal> = taxes.iter().collect();
    sorted.sort_by_key(|group| std::cmp::Reverse(group.tax.rate));
    sorted
        .into_iter()
        .map(|tax| TaxView::new(tax, formats))
        .collect()
}

/// The sum of the net amounts up to each line, which a page carries forward.
pub(super) fn carried(lines: &[Line], formats: &Formats) -> Vec<String> {
    sums(lines.iter().map(|line| line.net), formats)
}

/// The same with tax, where prices include it.
pub(super) fn carried_with_tax(invoice: &Invoice, formats: &Formats) -> Option<Vec<String>> {
    let amounts = invoice
        .lines
        .iter()
        .map(|line| line.with_tax.map(|it| it.amount));
    let amounts: Option<Vec<Decimal>> = amounts.collect();
    let amounts = amounts.filter(|_| invoice.prices_include_tax)?;
    Some(sums(amounts.into_iter(), formats))
}

/// The sum of the lines with tax, where prices include it.
pub(super) fn sum_with_tax(lines: &[Line]) -> Decimal {
    let amounts = lines.iter().filter_map(|line| line.with_tax);
    amounts.map(|it| it.amount).sum()
}

fn sums(amounts: impl Iterator<Item = Decimal>, formats: &Formats) -> Vec<String> {
    let mut sum = Decimal::ZERO;
    amounts
        .map(|amount| {
            sum += amount;
            formats.number(sum)
        })
        .collect()
}

/// Quantity times price, where allowances make the line's amount less.
fn amount_before(line: &Line, price: Decimal, minor_digits: u32) -> Option<Decimal> {
    if line.allowances.is_empty() || !line.charges.is_empty() {
        return None;
    }
    line_gross(line.quantity, price, line.price_base_quantity, minor_digits)
}

impl<'a> LineView<'a> {
    fn new(
        line: &'a Line,
        minor_digits: u32,
        words: &'a Words,
        formats: &Formats,
        widths: Option<&Fonts>,
    ) -> Self {
        let side = |adjustments: &'a [Adjustment], reasons| {
            let usual_base = || UsualBase::of_line(line, minor_digits);
            let view = |it| AdjustmentView::new(it, usual_base(), reasons, words, formats);
            adjustments.iter().map(view).collect()
        };
        let quantity = formats.number(line.quantity);
        let before = |price| amount_before(line, price, minor_digits).map(|it| formats.number(it));
        let (count, unit_note) = match words.word(CodeList::Units, &line.unit) {
            _ if !line.unit_named => (quantity.clone(), None),
            Word::Known(word) => (format!("{quantity}\u{a0}{word}"), None),
            Word::Needless => (quantity.clone(), None),
            Word::Explained(note) => (format!("{quantity}\u{a0}{}", line.unit), Some(note)),
        };
        Self {
            id: &line.id,
            sku: line.sku.as_deref(),
            gtin: line.gtin.as_deref(),
            name_width: widths.map_or(UNKNOWN_WIDTH, |fonts| fonts.widest(&line.name)),
            name: names::with_joined_measures(&line.name),
            description: line.description.as_deref(),
            quantity,
            unit: &line.unit,
            count,
            unit_note,
            unit_price: formats.price(line.unit_price),
            price_base_quantity: (line.price_base_quantity != Decimal::ONE)
                .then(|| formats.number(line.price_base_quantity)),
            allowances: side(&line.allowances, CodeList::AllowanceReasons),
            charges: side(&line.charges, CodeList::ChargeReasons),
            tax_category: line.tax.category.code(),
            tax_rate: rate(line.tax, formats),
            period: line.period.map(|period| range(period, formats)),
            net: formats.number(line.net),
            before: before(line.unit_price),
            more: DetailsView::new(&line.details, formats),
            with_tax: line.with_tax.map(
                |LineWithTax {
                     unit_price,
                     amount,
                     gross_price,
                 }| LineWithTaxView {
                    unit_price: formats.price(unit_price),
                    net: formats.number(amount),
                    before: before(unit_price),
                    gross_price: gross_price.map(|gross| formats.price(gross.price)),
                    price_discount: details::price_discount(gross_price, formats),
                },
            ),
        }
    }
}

impl UsualBase {
    /// That of the allowances and charges on the document.
    pub(super) fn of_document(invoice: &Invoice) -> Self {
        Self {
            net: Some(invoice.totals.lines),
            with_tax: Some(sum_with_tax(&invoice.lines)),
        }
    }

    fn of_line(line: &Line, minor_digits: u32) -> Self {
        let of_price =
            |price| line_gross(line.quantity, price, line.price_base_quantity, minor_digits);
        Self {
            net: of_price(line.unit_price),
            with_tax: line.with_tax.and_then(|it| of_price(it.unit_price)),
        }
    }
}

impl<'a> AdjustmentView<'a> {
    pub(super) fn new(
        adjustment: &'a Adjustment,
        usual_base: UsualBase,
        reasons: CodeList,
        words: &'a Words,
        formats: &Formats,
    ) -> Self {
        let unless_usual = |base: Option<Decimal>, usual: Option<Decimal>| {
            let base = base.filter(|base| Some(*base) != usual);
            base.map(|base| formats.money(base))
        };
        Self {
            kind: adjustment.kind.as_str(),
            reason: reason(adjustment, reasons, words),
            percent: adjustment.percent.map(|percent| formats.percent(percent)),
            base: unless_usual(adjustment.base, usual_base.net),
            amount: formats.money(adjustment.amount),
            deduction: formats.money(-adjustment.amount),
            tax_rate: rate(adjustment.tax, formats),
            with_tax: adjustment
                .with_tax
                .map(|AdjustmentWithTax { amount, base }| AdjustmentWithTaxView {
                    base: unless_usual(base, usual_base.with_tax),
                    amount: formats.money(amount),
                    deduction: formats.money(-amount),
                }),
        }
    }
}

impl<'a> TaxView<'a> {
    pub(super) fn new(subtotal: &'a TaxSubtotal, formats: &Formats) -> Self {
        let exemption = subtotal.exemption.as_ref();
        Self {
            category: subtotal.tax.category.code(),
            rate: rate(subtotal.tax, formats),
            taxable: formats.money(subtotal.taxable),
            tax: formats.money(subtotal.amount),
            exemption_code: exemption.and_then(|exemption| exemption.code.as_deref()),
            exemption_reason: exemption.and_then(|exemption| exemption.reason.as_deref()),
            components: (subtotal.components.iter())
                .map(|TaxComponent { name, rate, amount }| TaxComponentView {
                    name,
                    rate: formats.percent(*rate),
                    tax: formats.money(*amount),
                })
                .collect(),
        }
    }
}

/// The reason as text, or else the words for its code, unless the kind says as much.
fn reason<'a>(
    adjustment: &'a Adjustment,
    reasons: CodeList,
    words: &'a Words,
) -> Option<Cow<'a, str>> {
    let text = adjustment.reason.as_deref();
    let code = adjustment.reason_code.as_deref();
    let code = match adjustment.kind {
        AdjustmentKind::Shipping => None,
        AdjustmentKind::Discount
        | AdjustmentKind::PlatformDiscount
        | AdjustmentKind::OtherCharge => code,
    };
    text.map(Cow::from)
        .or_else(|| words.word(reasons, code?).printed())
}

/// The rate; what is not subject to tax has none (BR-O-05).
fn rate(tax: Tax, formats: &Formats) -> Option<String> {
    (tax.category != TaxCategory::OutOfScope).then(|| formats.percent(tax.rate))
}

/// `1 Nov 2026 – 30 Nov 2026`. A date that the request leaves out is left out.
pub(super) fn range(period: Period, formats: &Formats) -> String {
    let date = |date: Option<time::Date>| date.map_or_else(String::new, |date| formats.date(date));
    format!("{} – {}", date(period.start), date(period.end))
        .trim()
        .to_owned()
}
