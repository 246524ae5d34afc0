//! Sellers in the Netherlands.

use invoice::Invoice;
use invoice::model::PaymentMeans;
use rust_decimal::Decimal;

use crate::rules::rule::{
    Rule, at, at_means, has_code, has_other_scheme, missing_part, rule, sells_in, trades_in,
};

const PART: &str =
    "is missing, expected street, city and postalCode: Peppol needs them in the Netherlands";
const REGISTER: &str = "is neither 0106 nor 0190, expected the number of the KVK (0106) or an OIN (0190): Peppol needs it in the Netherlands";

pub(super) static RULES: [Rule; 9] = [
    rule(
        "NL-R-001",
        "is missing, expected the invoice that is credited: Peppol needs it from sellers in the Netherlands",
        |invoice| {
            let is_credit = invoice.document_type.is_credit_note();
            let has_none = invoice.references.preceding_invoices.is_empty();
            at(
                dutch(invoice) && is_credit && has_none,
                "/references/precedingInvoices",
            )
        },
    ),
    rule("NL-R-002", PART, |invoice| {
        let address = invoice.seller.address.as_ref().filter(|_| dutch(invoice));
        missing_part("seller", address)
    }),
    rule("NL-R-003", REGISTER, |invoice| {
        let other = has_other_scheme(invoice.seller.legal_id.as_ref(), &["0106", "0190"]);
        at(dutch(invoice) && other, "/seller/legalId/scheme")
    }),
    rule("NL-R-004", PART, |invoice| {
        let buyer = invoice
            .buyer
            .as_ref()
            .filter(|_| trades_in(invoice, "NL"))?;
        missing_part("buyer", buyer.address.as_ref())
    }),
    rule("NL-R-005", REGISTER, |invoice| {
        let buyer = invoice
            .buyer
            .as_ref()
            .filter(|_| trades_in(invoice, "NL"))?;
        let other = has_other_scheme(buyer.legal_id.as_ref(), &["0106", "0190"]);
        at(other, "/buyer/legalId/scheme")
    }),
    rule("NL-R-006", PART, |invoice| {
        let party = invoice
            .tax_representative
            .as_ref()
            .filter(|_| dutch(invoice))?;
        let address = party.address.as_ref();
        missing_part(
            "taxRepresentative",
            address.filter(|address| address.country == "NL"),
        )
    }),
    rule(
        "NL-R-007",
        "is missing, expected how to pay: Peppol needs it from sellers in the Netherlands",
        |invoice| {
            let due = invoice.totals.due;
            let is_paid = if invoice.document_type.is_credit_note() {
                due < Decimal::ZERO
            } else {
                due > Decimal::ZERO
            };
            let means = invoice
                .payment
                .as_ref()
                .and_then(|payment| payment.means.first());
            at(
                dutch(invoice) && is_paid && means.is_none(),
                "/payment/means",
            )
        },
    ),
    rule(
        "NL-R-008",
        "is another code, expected 30, 48, 49, 57, 58 or 59: Peppol has these in the Netherlands",
        |invoice| {
            const CODES: [&str; 6] = ["30", "48", "49", "57", "58", "59"];
            let other = |means: &PaymentMeans| means.code.is_some() && !has_code(means, &CODES);
            at_means(invoice, "code", other).filter(|_| trades_in(invoice, "NL"))
        },
    ),
    rule(
        "NL-R-009",
        "is missing, expected the purchase order of the lines with orderLine: Peppol needs it from sellers in the Netherlands",
        |invoice| {
            let mut lines = invoice.lines.iter();
            let has_line = lines.any(|line| line.details.order_line.is_some());
            let references = &invoice.references;
            let has_order = references.purchase_order.is_some() || references.sales_order.is_some();
            at(
                dutch(invoice) && has_line && !has_order,
                "/references/purchaseOrder",
            )
        },
    ),
];

fn dutch(invoice: &Invoice) -> bool {
    sells_in(invoice, "NL")
}
