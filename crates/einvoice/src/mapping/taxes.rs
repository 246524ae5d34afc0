//! The tax breakdown and the totals: BG-22 and BG-23.

use en16931::invoice::{Code, DocumentTotals, LineVat, VatBreakdown};
use en16931::{Invoice as Model, Percentage};
use invoice::Invoice;
use invoice::model::{Tax, TaxCategory, TaxSubtotal};

use crate::place::Place;
use crate::problems::Problems;

/// Category and rate of a line, an allowance or a charge. Category O has no rate there (BR-O-05).
pub(super) fn line_vat(tax: Tax) -> LineVat {
    LineVat {
        category: Code::new(tax.category.code()),
        rate: (tax.category != TaxCategory::OutOfScope).then(|| Percentage::new(tax.rate)),
    }
}

pub(super) fn breakdown(problems: &mut Problems, invoice: &Invoice, model: &mut Model) {
    let place = Place::root("taxBreakdown");
    let mut components = invoice.lines.iter().map(|line| &line.components);
    let first = components.position(|components| !components.is_empty());
    let advice =
        "an e-invoice has one rate for each category; write the parts of the tax into a note";
    match first {
        Some(index) => {
            let lines = Place::root("lines");
            let (line, tax) = (lines.item(index), "tax");
            problems.no_place(line.field(tax).field("components"), true, advice);
        }
        None => {
            let is_given = invoice.taxes.iter().any(|tax| !tax.components.is_empty());
            problems.no_place(place, is_given, advice);
        }
    }
    for (index, subtotal) in invoice.taxes.iter().enumerate() {
        let entry = subtotal_of(problems, place.item(index), subtotal);
        model.vat_breakdown.push(entry);
    }
}

fn subtotal_of(problems: &mut Problems, place: Place<'_>, subtotal: &TaxSubtotal) -> VatBreakdown {
    let TaxSubtotal {
        tax,
        taxable,
        amount,
        exemption,
        components: _,
    } = subtotal;
    let exemption = exemption.as_ref();
    let reason = exemption.and_then(|exemption| exemption.reason.as_ref());
    let code = exemption.and_then(|exemption| exemption.code.as_deref());
    let reason = problems.texts(place.field("exemptionReason"), reason);
    let code = code.or_else(|| default_exemption(tax.category).filter(|_| reason.is_none()));
    VatBreakdown {
        taxable_amount: problems.amount(place.field("taxable"), "BR-DEC-19", *taxable),
        tax_amount: problems.amount(place.field("tax"), "BR-DEC-20", *amount),
        category: Code::new(tax.category.code()),
        // BR-48 lets category O be without one. XRechnung wants it (BR-DE-14), and Peppol in Germany.
        rate: Some(Percentage::new(tax.rate)),
        exemption_reason: reason,
        exemption_reason_code: code.map(|code| Code::new(code.to_ascii_uppercase())),
    }
}

/// The category is the reason where there is only one: the VATEX list has one code for each (BR-AE-10, BR-IC-10, BR-G-10,
/// BR-O-10). An exemption has a reason in each request.
fn default_exemption(category: TaxCategory) -> Option<&'static str> {
    match category {
        TaxCategory::ReverseCharge => Some("VATEX-EU-AE"),
        TaxCategory::IntraCommunity => Some("VATEX-EU-IC"),
        TaxCategory::Export => Some("VATEX-EU-G"),
        TaxCategory::OutOfScope => Some("VATEX-EU-O"),
        TaxCategory::Exempt
        | TaxCategory::Standard
        | TaxCategory::ZeroRated
        | TaxCategory::CanaryIslands
        | TaxCategory::CeutaMelilla
        | TaxCategory::SplitPayment => None,
    }
}

pub(super) fn totals(problems: &mut Problems, invoice: &Invoice, model: &mut Model) {
    let place = Place::root("totals");
    let totals = &invoice.totals;
    let mut amount = |name, rule, amount| problems.amount(place.field(name), rule, amount);
    model.totals = DocumentTotals {
        line_total: amount("lines", "BR-DEC-09", totals.lines),
        allowance_total: None,
        charge_total: None,
        taxable_total: amount("net", "BR-DEC-12", totals.net),
        vat_total: Some(amount("tax", "BR-DEC-13", totals.tax)),
        vat_total_accounting: None,
        gross_total: amount("gross", "BR-DEC-14", totals.gross),
        paid: None,
        rounding: None,
        due: amount("due", "BR-DEC-18", totals.due),
    };
    if !invoice.allowances.is_empty() {
        model.totals.allowance_total = Some(amount("allowances", "BR-DEC-10", totals.allowances));
    }
    if !invoice.charges.is_empty() {
        model.totals.charge_total = Some(amount("charges", "BR-DEC-11", totals.charges));
    }
    model.totals.paid =
        problems.amount_unless_zero(place.field("prepaid"), "BR-DEC-16", totals.prepaid);
    model.totals.rounding =
        problems.amount_unless_zero(place.field("rounding"), "BR-DEC-17", totals.rounding);
    if let Some((currency, tax)) = &invoice.tax_in_tax_currency {
        model.vat_accounting_currency = Some(Code::new(currency.code()));
        let place = place.field("taxInTaxCurrency");
        model.totals.vat_total_accounting = Some(problems.amount(place, "BR-DEC-15", *tax));
    }
}
