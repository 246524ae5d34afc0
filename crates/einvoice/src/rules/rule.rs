//! Rules that `en16931` does not have, and what they are made of.

use invoice::Invoice;
use invoice::model::{Address, Identifier, Party, PaymentMeans};

/// A rule about whole invoices.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// What to do, to be read after the place.
    pub(crate) message: &'static str,
    /// The field to change, where the rule is broken.
    pub(crate) broken_at: fn(&Invoice) -> Option<String>,
}

pub(crate) const fn rule(
    name: &'static str,
    message: &'static str,
    broken_at: fn(&Invoice) -> Option<String>,
) -> Rule {
    Rule {
        name,
        message,
        broken_at,
    }
}

/// The place, if the rule is broken.
pub(crate) fn at(is_broken: bool, pointer: &str) -> Option<String> {
    is_broken.then(|| pointer.to_owned())
}

/// Whether the seller's address is in this country.
pub(crate) fn sells_in(invoice: &Invoice, country: &str) -> bool {
    is_in(&invoice.seller, country)
}

/// Whether the addresses of seller and buyer are in this country.
pub(crate) fn trades_in(invoice: &Invoice, country: &str) -> bool {
    sells_in(invoice, country)
        && invoice
            .buyer
            .as_ref()
            .is_some_and(|buyer| is_in(buyer, country))
}

/// Whether the seller is registered in this country: by its VAT identifier, or else that of its tax representative, or else its
/// address.
pub(crate) fn is_registered_in(invoice: &Invoice, country: &str) -> bool {
    let representative = invoice.tax_representative.as_ref();
    let representative = representative.and_then(|party| party.vat_id.as_ref());
    match invoice.seller.vat_id.as_ref().or(representative) {
        Some(id) => id.starts_with(country),
        None => sells_in(invoice, country),
    }
}

/// Whether the address of a party is in this country.
pub(crate) fn is_in(party: &Party, country: &str) -> bool {
    party
        .address
        .as_ref()
        .is_some_and(|address| address.country == country)
}

/// The part of an address that is missing: street, city or postal code.
pub(crate) fn missing_part(party: &str, address: Option<&Address>) -> Option<String> {
    let address = address?;
    let mut parts = ["street", "city", "postalCode"].into_iter();
    let part = parts.find(|part| lacks(address, part))?;
    Some(format!("/{party}/address/{part}"))
}

/// Whether an address is without this part: street, city or postal code.
pub(crate) fn lacks(address: &Address, part: &str) -> bool {
    let value = match part {
        "street" => &address.street,
        "city" => &address.city,
        _ => &address.postal_code,
    };
    value.is_none()
}

/// Whether an identifier is given with none of these schemes.
pub(crate) fn has_other_scheme(id: Option<&Identifier>, schemes: &[&str]) -> bool {
    let scheme = |id: &Identifier| id.scheme.clone().unwrap_or_default();
    id.is_some_and(|id| !schemes.contains(&&*scheme(id)))
}

/// Whether the payment means has one of these codes.
pub(crate) fn has_code(means: &PaymentMeans, codes: &[&str]) -> bool {
    means
        .code
        .as_deref()
        .is_some_and(|code| codes.contains(&code))
}

/// The field of the first payment means for which this is true.
pub(crate) fn at_means(
    invoice: &Invoice,
    field: &str,
    is_broken: impl Fn(&PaymentMeans) -> bool,
) -> Option<String> {
    let means = invoice.payment.iter().flat_map(|payment| &payment.means);
    let index = means.enumerate().find(|(_, means)| is_broken(means))?.0;
    Some(match index.checked_sub(1) {
        None => format!("/payment/means/{field}"),
        Some(further) => format!("/payment/furtherMeans/{further}/{field}"),
    })
}

/// The account number of a payment means.
pub(crate) fn account(means: &PaymentMeans) -> &str {
    match &means.account {
        Some(invoice::model::Account::Iban(number) | invoice::model::Account::Other(number)) => {
            number
        }
        None => "",
    }
}

/// Whether a text has so many characters, all of them digits.
pub(crate) fn has_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}
