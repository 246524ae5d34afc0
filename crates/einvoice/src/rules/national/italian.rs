//! Sellers registered in Italy.

use invoice::Invoice;

use crate::rules::rule::{Rule, is_registered_in, lacks, rule};

const PART: &str =
    "is missing, expected street, city and postalCode: Peppol needs them from sellers in Italy";

pub(super) static RULES: [Rule; 4] = [
    rule(
        "IT-R-001",
        "has another form, expected 11 to 16 capital letters and digits: Peppol needs it from sellers in Italy",
        |invoice| {
            let id = invoice.seller.tax_registration_id.as_ref()?;
            let is_written = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
            let fits = (11..=16).contains(&id.trim().len()) && id.trim().bytes().all(is_written);
            let is_broken = is_registered_in(invoice, "IT") && !fits;
            is_broken.then(|| "/seller/taxRegistrationId".to_owned())
        },
    ),
    rule("IT-R-002", PART, |invoice| missing(invoice, "street")),
    rule("IT-R-003", PART, |invoice| missing(invoice, "city")),
    rule("IT-R-004", PART, |invoice| missing(invoice, "postalCode")),
];

/// The place of a part of the seller's address, where it is missing.
fn missing(invoice: &Invoice, part: &str) -> Option<String> {
    let address = invoice.seller.address.as_ref();
    let address = address.filter(|_| is_registered_in(invoice, "IT"))?;
    lacks(address, part).then(|| format!("/seller/address/{part}"))
}
