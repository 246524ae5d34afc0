//! Sellers registered in Italy.

use crate::rules::rule::{Rule, is_registered_in, missing_part, rule};

pub(super) static RULES: [Rule; 2] = [
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
    // IT-R-002, IT-R-003 and IT-R-004 each want a part of the address.
    rule(
        "IT-R-002",
        "is missing, expected street, city and postalCode: Peppol needs them from sellers in Italy",
        |invoice| {
            let address = invoice.seller.address.as_ref();
            missing_part(
                "seller",
                address.filter(|_| is_registered_in(invoice, "IT")),
            )
        },
    ),
];
