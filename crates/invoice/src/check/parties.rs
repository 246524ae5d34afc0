//! Parties and the delivery.

use super::countries::is_country;
use super::document::date;
use super::fields::{Checker, Place};
use crate::FailureCode;
use crate::model::{Address, Contact, Delivery, Identifier, Party};
use crate::problem::shown;
use crate::request::{AddressField, ContactField, DeliveryField, PartyField, SchemedField};

/// Longest name, street or city. It is longer than real ones, and takes only a few lines on a page.
const MAX_CHARS: usize = 200;

const COUNTRY_FORM: &str = "a code of ISO 3166-1 alpha-2 like DE";

pub(super) fn party(check: &mut Checker, place: &Place, field: PartyField) -> Option<Party> {
    let name = check.required_text(&place.field("name"), field.name, MAX_CHARS, None);
    let party = Party {
        name: String::new(),
        trading_name: check.text(&place.field("tradingName"), field.trading_name, MAX_CHARS),
        vat_id: vat_id(check, &place.field("vatId"), field.vat_id),
        tax_registration_id: check.text(
            &place.field("taxRegistrationId"),
            field.tax_registration_id,
            40,
        ),
        legal_id: identifier(check, &place.field("legalId"), field.legal_id),
        electronic_address: identifier(
            check,
            &place.field("electronicAddress"),
            field.electronic_address,
        ),
        address: field
            .address
            .and_then(|address| self::address(check, &place.field("address"), address)),
        contact: field
            .contact
            .map(|contact| self::contact(check, &place.field("contact"), contact)),
    };
    Some(Party {
        name: name?,
        ..party
    })
}

/// The seller's tax representative. The VAT identifier and the address are required.
pub(super) fn tax_representative(
    check: &mut Checker,
    place: &Place,
    field: PartyField,
) -> Option<Party> {
    let party = party(check, place, field)?;
    if party.vat_id.is_none() {
        let expected = "the VAT identifier of the representative";
        check.missing(&place.field("vatId"), "BR-56", expected);
    }
    if party.address.is_none() {
        let expected = "the address of the representative";
        check.missing(&place.field("address"), "BR-19", expected);
    }
    Some(party)
}

pub(super) fn delivery(check: &mut Checker, place: &Place, field: DeliveryField) -> Delivery {
    Delivery {
        name: check.text(&place.field("name"), field.name, MAX_CHARS),
        address: field
            .address
            .and_then(|address| self::address(check, &place.field("address"), address)),
        date: date(check, &place.field("date"), field.date),
    }
}

/// BR-CO-09: a VAT identifier begins with the code of the country that issued it. Tax numbers of other systems have their
/// own field.
fn vat_id(check: &mut Checker, place: &Place, id: Option<String>) -> Option<String> {
    let id = check.text(place, id, 40)?;
    if !is_vat_id(&id) {
        let message = "is no VAT identifier, expected the code of the country that issued it, like DE \
             (the United Kingdom is GB, Greece EL), and its number; other tax numbers belong in taxRegistrationId";
        check.report(
            FailureCode::FieldInvalid,
            place,
            Some("BR-CO-09"),
            message.into(),
        );
        return None;
    }
    Some(id)
}

/// The form of the number differs by country: `CHE-123.456.789 MWST`, `IE1*23456W`, `NL123456789B01`.
fn is_vat_id(id: &str) -> bool {
    let Some((prefix, number)) = id.split_at_checked(2) else {
        return false;
    };
    // Greece has EL (BR-CO-09), and sellers from outside the Union in the one-stop shop have EU.
    let issued = is_country(prefix) || matches!(prefix, "EL" | "EU");
    let written = number
        .chars()
        .all(|c| !c.is_ascii_punctuation() || "+*.-/&".contains(c));
    issued && written && number.chars().filter(|c| c.is_alphanumeric()).count() >= 2
}

/// An identifier; one without a value counts as absent.
fn identifier(
    check: &mut Checker,
    place: &Place,
    field: Option<SchemedField>,
) -> Option<Identifier> {
    let field = field?;
    let scheme = check.text(&place.field("scheme"), field.scheme, 20);
    let value = check.text(&place.field("value"), field.value, MAX_CHARS)?;
    Some(Identifier { value, scheme })
}

fn address(check: &mut Checker, place: &Place, field: AddressField) -> Option<Address> {
    let country_place = place.field("country");
    let country = check
        .required(&country_place, field.country, "BR-09", COUNTRY_FORM)
        .filter(|country| {
            let valid = is_country(country);
            if !valid {
                let form = if country == "UK" {
                    "GB, the code of ISO 3166-1 alpha-2 for the United Kingdom"
                } else {
                    COUNTRY_FORM
                };
                let message = format!("is {}, expected {form}", shown(country));
                check.report(
                    FailureCode::CountryInvalid,
                    &country_place,
                    Some("BR-CL-14"),
                    message,
                );
            }
            valid
        });
    let address = Address {
        street: check.text(&place.field("street"), field.street, MAX_CHARS),
        number: check.text(&place.field("number"), field.number, 40),
        additional: check.text(&place.field("additional"), field.additional, MAX_CHARS),
        city: check.text(&place.field("city"), field.city, MAX_CHARS),
        postal_code: check.text(&place.field("postalCode"), field.postal_code, 40),
        region: check.text(&place.field("region"), field.region, MAX_CHARS),
        country: String::new(),
    };
    Some(Address {
        country: country?,
        ..address
    })
}

fn contact(check: &mut Checker, place: &Place, field: ContactField) -> Contact {
    Contact {
        name: check.text(&place.field("name"), field.name, MAX_CHARS),
        phone: check.text(&place.field("phone"), field.phone, 60),
        email: check.text(&place.field("email"), field.email, MAX_CHARS),
    }
}
