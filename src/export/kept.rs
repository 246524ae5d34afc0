//! What an erased record still says of its document: what the erasure has kept of the request.

use invoice::amount::{from_minor, to_minor};
use invoice::model::DocumentType;

use super::entry::{Content, Subtotal};
use crate::database::kept::{ErasedRequest, KeptTax};
use crate::moment;

/// The content of an erased record, without its buyer; none where the erasure could not read the request and so kept no amounts.
pub(super) fn content(request: &str) -> Option<Content> {
    let erased = ErasedRequest::parse(request)?;
    let kept = erased.invoice()?;
    let digits = from_minor(0, &kept.currency)?.scale();
    let is_negative = DocumentType::from_name(&kept.document_type)?.is_credit_note();
    let signed = |amount: &str| {
        let minor = to_minor(amount.parse().ok()?, digits)?;
        Some(if is_negative { -minor } else { minor })
    };
    let subtotal = |it: &KeptTax| {
        Some(Subtotal {
            category: it.category.clone(),
            rate: without_zeros(&it.rate).to_owned(),
            net: signed(&it.taxable)?,
            tax: signed(&it.tax)?,
        })
    };
    Some(Content {
        issue_date: moment::day(&kept.issue_date)?,
        buyer: None,
        buyer_vat_id: None,
        digits,
        net: signed(&kept.totals.net)?,
        tax: signed(&kept.totals.tax)?,
        gross: signed(&kept.totals.gross)?,
        taxes: kept.taxes.iter().map(subtotal).collect::<Option<_>>()?,
    })
}

/// A rate as other documents have it, so that both are added up.
fn without_zeros(rate: &str) -> &str {
    if rate.contains('.') {
        rate.trim_end_matches('0').trim_end_matches('.')
    } else {
        rate
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::date;

    use super::*;

    #[test]
    fn the_amounts_of_an_erased_credit_note_are_those_of_its_request() {
        let mut kept = json!({
            "documentType": "credit-note", "number": "1", "issueDate": "2026-11-21", "currency": "EUR", "precedingInvoices": [],
            "seller": { "name": "A" }, "lines": 1,
            "taxes": [{ "category": "S", "rate": "19.00", "taxable": "100.00", "tax": "19.00" }],
            "totals": { "net": "100.00", "tax": "19.00", "gross": "119.00", "prepaid": "0.00", "due": "119.00" },
        });
        let erased = json!({ "at": "2036-01-04T02:00:00Z", "requestDigest": null });
        let text = |kept: &serde_json::Value| json!({ "erased": erased, "kept": kept }).to_string();
        let expected = Content {
            issue_date: date!(2026 - 11 - 21),
            buyer: None,
            buyer_vat_id: None,
            digits: 2,
            net: -10_000,
            tax: -1_900,
            gross: -11_900,
            taxes: vec![Subtotal {
                category: "S".to_owned(),
                rate: "19".to_owned(),
                net: -10_000,
                tax: -1_900,
            }],
        };
        assert_eq!(content(&text(&kept)), Some(expected));
        // What the erasure keeps of a request that it could not read.
        kept = json!({ "documentType": "invoice", "number": "1", "currency": "EUR", "grossMinor": 11_900 });
        assert_eq!(content(&text(&kept)), None);
    }
}
