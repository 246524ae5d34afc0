//! Seller, buyer and other parties, and the delivery.

use serde::Serialize;

use crate::locale::Formats;
use crate::locale::address;
use invoice::model::{Address, Contact, Delivery, Identifier, Party};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartyView<'a> {
    name: &'a str,
    trading_name: Option<&'a str>,
    address_lines: Vec<String>,
    ids: Vec<IdentifierView<'a>>,
    vat_id: Option<&'a str>,
    tax_registration_id: Option<&'a str>,
    legal_id: Option<&'a str>,
    legal_information: Option<&'a str>,
    electronic_address: Option<&'a str>,
    contact: Option<ContactView<'a>>,
}

#[derive(Serialize)]
struct ContactView<'a> {
    name: Option<&'a str>,
    phone: Option<&'a str>,
    email: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryView<'a> {
    name: Option<&'a str>,
    address_lines: Vec<String>,
    date: Option<String>,
    location_id: Option<IdentifierView<'a>>,
}

impl<'a> PartyView<'a> {
    /// `abroad` says whether the address has the name of its country.
    pub(super) fn new(party: &'a Party, abroad: bool, formats: &Formats) -> Self {
        Self {
            name: &party.name,
            trading_name: party.trading_name.as_deref(),
            address_lines: address_lines(party.address.as_ref(), abroad, formats),
            ids: party.ids.iter().map(IdentifierView::new).collect(),
            vat_id: party.vat_id.as_deref(),
            tax_registration_id: party.tax_registration_id.as_deref(),
            legal_id: value(party.legal_id.as_ref()),
            legal_information: party.legal_information.as_deref(),
            electronic_address: value(party.electronic_address.as_ref()),
            contact: party.contact.as_ref().map(ContactView::new),
        }
    }
}

/// An identifier and, where the request gives it, its scheme.
#[derive(Serialize)]
pub(super) struct IdentifierView<'a> {
    value: &'a str,
    scheme: Option<&'a str>,
}

impl<'a> IdentifierView<'a> {
    pub(super) fn new(identifier: &'a Identifier) -> Self {
        Self {
            value: &identifier.value,
            scheme: identifier.scheme.as_deref(),
        }
    }
}

/// An identifier as pages show it: without its scheme.
fn value(identifier: Option<&Identifier>) -> Option<&str> {
    identifier.map(|identifier| identifier.value.as_str())
}

impl<'a> ContactView<'a> {
    fn new(contact: &'a Contact) -> Self {
        Self {
            name: contact.name.as_deref(),
            phone: contact.phone.as_deref(),
            email: contact.email.as_deref(),
        }
    }
}

impl<'a> DeliveryView<'a> {
    pub(super) fn new(delivery: &'a Delivery, abroad: bool, formats: &Formats) -> Self {
        Self {
            name: delivery.name.as_deref(),
            address_lines: address_lines(delivery.address.as_ref(), abroad, formats),
            date: delivery.date.map(|date| formats.date(date)),
            location_id: delivery.location_id.as_ref().map(IdentifierView::new),
        }
    }
}

fn address_lines(address: Option<&Address>, abroad: bool, formats: &Formats) -> Vec<String> {
    address.map_or_else(Vec::new, |address| {
        let country = abroad.then(|| formats.country(&address.country));
        address::lines(address, country)
    })
}
