//! What pages show of the parties: names, numbers, addresses, contacts.

use std::borrow::Cow;

use invoice::Invoice;
use invoice::model::{Address, Party};

use crate::catalog::promise::{Part, Promise};
use crate::locale::address;

/// A pointer, whether the text may be personal, and the text.
pub(super) type Field<'a> = (Cow<'a, str>, bool, Cow<'a, str>);

/// The fields in their order on a page.
pub(super) fn of(invoice: &Invoice, promise: Promise) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    if promise.has(Part::Parties) {
        for (name, party) in parties(invoice) {
            fields.push(field(name, "name", Some(&party.name)));
            fields.push(field(name, "vatId", party.vat_id.as_ref()));
            let number = party.tax_registration_id.as_ref();
            fields.push(field(name, "taxRegistrationId", number));
        }
    }
    if promise.has(Part::Addresses) {
        for (name, party) in parties(invoice) {
            fields.extend(lines(name, party.address.as_ref()));
        }
        if let Some(delivery) = &invoice.delivery {
            fields.push(field("delivery", "name", delivery.name.as_ref()));
            fields.extend(lines("delivery", delivery.address.as_ref()));
        }
    }
    if promise.has(Part::Contacts) {
        let (seller, buyer) = (&invoice.seller, invoice.buyer.as_ref());
        if let Some(contact) = &seller.contact {
            fields.push(field("seller", "contact/name", contact.name.as_ref()));
            fields.push(field("seller", "contact/phone", contact.phone.as_ref()));
            fields.push(field("seller", "contact/email", contact.email.as_ref()));
        }
        if let Some(contact) = buyer.and_then(|buyer| buyer.contact.as_ref()) {
            fields.push(field("buyer", "contact/name", contact.name.as_ref()));
        }
    }
    fields.into_iter().flatten().collect()
}

fn field<'a>(party: &str, name: &str, text: Option<&'a String>) -> Option<Field<'a>> {
    let pointer = format!("/{party}/{name}").into();
    Some((pointer, true, Cow::from(text?)))
}

/// The lines of an address, without its country, which is printed abroad only.
fn lines<'a>(party: &str, address: Option<&'a Address>) -> impl Iterator<Item = Option<Field<'a>>> {
    let lines = address.map_or_else(Vec::new, |address| address::lines(address, None));
    let pointer: Cow<'a, str> = format!("/{party}/address").into();
    let field = move |line: String| Some((pointer.clone(), true, Cow::from(line)));
    lines.into_iter().map(field)
}

fn parties(invoice: &Invoice) -> impl Iterator<Item = (&'static str, &Party)> {
    [
        ("seller", Some(&invoice.seller)),
        ("buyer", invoice.buyer.as_ref()),
        ("payee", invoice.payee.as_ref()),
        ("taxRepresentative", invoice.tax_representative.as_ref()),
    ]
    .into_iter()
    .filter_map(|(name, party)| Some((name, party?)))
}
