//! Sums of large amounts in CII. Its published rules (CEN 1.3.16, Factur-X 1.09) add some amounts as binary floating-point numbers,
//! which have 15 digits. So they call a sum wrong that is right, from about 10^13 on; and so do their readers.

use invoice::model::Adjustment;
use invoice::{FailureCode, Invoice, Problem};
use rust_decimal::Decimal;

use crate::problems::Problems;

/// A sum below has less than half a cent of error, whatever it is the sum of: 20,000 amounts, each of which adds at most half of
/// 2^-52 of the sum.
const SAFE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

const HALF_A_CENT: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// Reports the sums that the published rules would call wrong.
pub(super) fn check(problems: &mut Problems, invoice: &Invoice) {
    let totals = &invoice.totals;
    let lines = invoice.lines.iter().map(|line| line.net);
    sum(problems, "/totals/lines", "BR-CO-10", totals.lines, lines);
    let of = |adjustments: &'_ [Adjustment]| -> Vec<Decimal> {
        adjustments.iter().map(|it| it.amount).collect()
    };
    for (pointer, rule, total, amounts) in [
        (
            "/totals/allowances",
            "BR-CO-11",
            totals.allowances,
            of(&invoice.allowances),
        ),
        (
            "/totals/charges",
            "BR-CO-12",
            totals.charges,
            of(&invoice.charges),
        ),
    ] {
        sum(problems, pointer, rule, total, amounts.into_iter());
    }
    let taxes = invoice.taxes.iter().map(|tax| tax.amount);
    sum(problems, "/totals/tax", "BR-CO-14", totals.tax, taxes);
}

fn sum(
    problems: &mut Problems,
    pointer: &str,
    rule: &'static str,
    total: Decimal,
    amounts: impl Iterator<Item = Decimal> + Clone,
) {
    // Amounts of both signs may be larger than their sum.
    let largest = amounts.clone().map(|amount| amount.abs()).sum::<Decimal>();
    if largest < SAFE || adds_up(total, amounts) {
        return;
    }
    problems.push(Problem {
        code: FailureCode::EInvoiceInvalid,
        pointer: pointer.to_owned(),
        rule: Some(rule),
        message: format!(
            "is {total}, which the published rules of CII do not find as the sum, since they add with 15 digits, expected smaller \
             amounts, or UBL"
        ),
    });
}

/// Whether the published rules find the sum: CEN's that of lines rounds it as a decimal number, the others as a floating-point one.
fn adds_up(total: Decimal, amounts: impl Iterator<Item = Decimal>) -> bool {
    let sum: f64 = amounts.map(number).sum();
    let as_decimal =
        Decimal::from_f64_retain(sum).is_some_and(|sum| (sum - total).abs() < HALF_A_CENT);
    // XPath rounds up between two integers.
    let cents = (sum * 10.0 * 10.0 + 0.5).floor();
    as_decimal && (cents / 100.0).total_cmp(&number(total)).is_eq()
}

/// The nearest floating-point number, as a reader of the XML has it. What `Decimal` itself gives is not always the nearest.
fn number(amount: Decimal) -> f64 {
    amount.to_string().parse().unwrap_or(f64::NAN)
}
