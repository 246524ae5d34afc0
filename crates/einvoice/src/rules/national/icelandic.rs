//! Sellers in Iceland.

use invoice::Invoice;
use invoice::model::{Attachment, Party, PaymentMeans};

use crate::rules::rule::{
    Rule, account, at, at_means, has_code, has_digits, has_other_scheme, rule, sells_in, trades_in,
};

const LEGAL_ID: &str = "is missing or has another scheme, expected the kennitala with scheme 0196: Peppol needs it in Iceland";
const PART: &str = "is missing, expected street and postalCode: Peppol needs them in Iceland";

pub(super) static RULES: [Rule; 8] = [
    rule("IS-R-002", LEGAL_ID, |invoice| {
        at(
            sells_in(invoice, "IS") && lacks_legal_id(&invoice.seller),
            "/seller/legalId",
        )
    }),
    rule("IS-R-003", PART, |invoice| {
        let is_broken = sells_in(invoice, "IS") && lacks_address(&invoice.seller);
        at(is_broken, "/seller/address")
    }),
    rule("IS-R-004", LEGAL_ID, |invoice| {
        let buyer = invoice
            .buyer
            .as_ref()
            .filter(|_| trades_in(invoice, "IS"))?;
        at(lacks_legal_id(buyer), "/buyer/legalId")
    }),
    rule("IS-R-005", PART, |invoice| {
        let buyer = invoice
            .buyer
            .as_ref()
            .filter(|_| trades_in(invoice, "IS"))?;
        at(lacks_address(buyer), "/buyer/address")
    }),
    // IS-R-007 says the same about code 42.
    rule(
        "IS-R-006",
        "has another form, expected an account of twelve digits with code 9 or 42: Peppol needs it in Iceland",
        |invoice| {
            let other = |means: &PaymentMeans| {
                has_code(means, &["9", "42"]) && !has_digits(account(means), 12)
            };
            at_means(invoice, "account", other).filter(|_| sells_in(invoice, "IS"))
        },
    ),
    rule(
        "IS-R-008",
        "is no day, expected one like 2026-12-31 in a document with the description EINDAGI: Peppol needs it in Iceland",
        |invoice| {
            let (index, document) = final_day(invoice)?;
            let is_broken = !is_day(&document.id);
            is_broken.then(|| format!("/attachments/{index}/id"))
        },
    ),
    rule(
        "IS-R-009",
        "is missing, expected a due date beside a document with the description EINDAGI: Peppol needs it in Iceland",
        |invoice| {
            final_day(invoice)?;
            at(invoice.due_date.is_none(), "/dueDate")
        },
    ),
    rule(
        "IS-R-010",
        "is before the due date, expected the same day or a later one: Peppol needs it in Iceland",
        |invoice| {
            let (index, document) = final_day(invoice)?;
            let due = invoice.due_date?.to_string();
            let is_broken = is_day(&document.id) && *document.id < *due;
            is_broken.then(|| format!("/attachments/{index}/id"))
        },
    ),
];

fn lacks_legal_id(party: &Party) -> bool {
    let id = party.legal_id.as_ref();
    id.is_none() || has_other_scheme(id, &["0196"])
}

fn lacks_address(party: &Party) -> bool {
    let address = party.address.as_ref();
    address.is_none_or(|address| address.street_line().is_none() || address.postal_code.is_none())
}

/// The document that says the last day of payment.
fn final_day(invoice: &Invoice) -> Option<(usize, &Attachment)> {
    let is_final = |document: &Attachment| document.description.as_deref() == Some("EINDAGI");
    let mut documents = invoice.attachments.iter().enumerate();
    let found = documents.find(|(_, document)| is_final(document))?;
    sells_in(invoice, "IS").then_some(found)
}

fn is_day(text: &str) -> bool {
    en16931::Date::parse(text).is_ok()
}
