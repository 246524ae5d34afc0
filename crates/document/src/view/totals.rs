//! The totals, and what they ask of the recipient.

use rust_decimal::Decimal;
use serde::Serialize;

use super::lines;
use crate::locale::Formats;
use invoice::model::{Adjustment, DocumentType, Invoice};

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
    /// A balance that is brought forward, as an addition: the prepaid amount, where it is negative.
    balance: Option<String>,
    rounding: Option<String>,
    due: String,
    /// Whether the buyer gets the amount: that of a credit note, or a negative one of another document.
    refund: bool,
    /// The amount that is paid or refunded, without the sign of `due`.
    payable: String,
    /// Whether nothing is due.
    settled: bool,
    /// Whether everything has been paid before. A credit note is settled in another way.
    paid: bool,
    /// Whether the recipient is asked for money.
    asked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    with_tax: Option<TotalsWithTaxView>,
}

/// The members of the totals that are different with tax.
#[derive(Serialize)]
struct TotalsWithTaxView {
    lines: String,
    allowances: Option<String>,
    charges: Option<String>,
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
            balance: (totals.prepaid < Decimal::ZERO).then(|| formats.money(-totals.prepaid)),
            rounding: unless_zero(totals.rounding),
            due: money(totals.due),
            refund: is_refund(invoice.document_type, totals.due),
            payable: money(totals.due.abs()),
            settled: totals.due.is_zero(),
            paid: totals.due.is_zero()
                && totals.prepaid > Decimal::ZERO
                && !invoice.document_type.is_credit_note(),
            asked: is_bill(invoice.document_type) && totals.due > Decimal::ZERO,
            with_tax: invoice.prices_include_tax.then(|| {
                let sum = |adjustments: &[Adjustment]| {
                    let amounts = adjustments.iter().filter_map(|it| it.with_tax);
                    amounts.map(|it| it.amount).sum::<Decimal>()
                };
                TotalsWithTaxView {
                    lines: money(lines::sum_with_tax(&invoice.lines)),
                    allowances: unless_zero(sum(&invoice.allowances)),
                    charges: unless_zero(sum(&invoice.charges)),
                }
            }),
        }
    }
}

/// Whether the buyer gets the amount due.
fn is_refund(document_type: DocumentType, due: Decimal) -> bool {
    if document_type.is_credit_note() {
        due >= Decimal::ZERO
    } else {
        due < Decimal::ZERO
    }
}

/// Whether the recipient pays a positive amount: a credit note gives it back, and what the buyer bills is paid by the buyer.
fn is_bill(document_type: DocumentType) -> bool {
    match document_type {
        DocumentType::CreditNote
        | DocumentType::SelfBilledCreditNote
        | DocumentType::SelfBilledInvoice => false,
        DocumentType::Invoice
        | DocumentType::CorrectedInvoice
        | DocumentType::PrepaymentInvoice
        | DocumentType::Receipt => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bill_asks_its_recipient_for_money() {
        for (document_type, bill, credit) in [
            (DocumentType::Invoice, true, false),
            (DocumentType::CorrectedInvoice, true, false),
            (DocumentType::PrepaymentInvoice, true, false),
            (DocumentType::Receipt, true, false),
            (DocumentType::SelfBilledInvoice, false, false),
            (DocumentType::CreditNote, false, true),
            (DocumentType::SelfBilledCreditNote, false, true),
        ] {
            assert_eq!(is_bill(document_type), bill, "{document_type:?}");
            for (due, refund) in [(-1, !credit), (0, credit), (1, credit)] {
                let refunded = is_refund(document_type, Decimal::from(due));
                assert_eq!(refunded, refund, "{document_type:?} {due}");
            }
        }
    }
}
