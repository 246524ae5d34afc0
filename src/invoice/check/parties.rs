//! Seller, buyer and others, and where the goods went.

use super::document::date;
use super::fields::{Checker, Place};
use crate::invoice::model::{Address, Contact, Delivery, Party};
use crate::invoice::problem::ProblemCode;
use crate::invoice::request::{
    AddressField, ContactField, DeliveryField, PartyField, SchemedField,
};

/// Longest name, street or the like: generous for real ones, and still a few lines on a page.
const MAX_CHARS: usize = 200;

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
        legal_id: schemed(check, &place.field("legalId"), field.legal_id),
        electronic_address: schemed(
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

/// The seller's tax representative, who must be found by the authorities.
pub(super) fn tax_representative(
    check: &mut Checker,
    place: &Place,
    field: PartyField,
) -> Option<Party> {
    let has_address = field.address.is_some();
    let party = party(check, place, field)?;
    if party.vat_id.is_none() {
        check.missing(&place.field("vatId"), "BR-56");
    }
    if !has_address {
        check.missing(&place.field("address"), "BR-19");
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

/// BR-CO-09: the country that issued a VAT identifier stands before it. Numbers of other tax systems have a field of
/// their own.
fn vat_id(check: &mut Checker, place: &Place, id: Option<String>) -> Option<String> {
    let id = check.text(place, id, 40)?;
    let prefixed = id.len() > 2 && id.bytes().take(2).all(|byte| byte.is_ascii_uppercase());
    if !prefixed {
        let message = "must begin with the code of the country that issued it, like DE; \
             other tax numbers belong into taxRegistrationId";
        check.report(
            ProblemCode::FieldInvalid,
            place,
            Some("BR-CO-09"),
            message.into(),
        );
        return None;
    }
    Some(id)
}

fn schemed(check: &mut Checker, place: &Place, field: Option<SchemedField>) -> Option<String> {
    let field = field?;
    check.text(&place.field("scheme"), field.scheme, 20);
    check.text(&place.field("value"), field.value, MAX_CHARS)
}

fn address(check: &mut Checker, place: &Place, field: AddressField) -> Option<Address> {
    let country_place = place.field("country");
    let country = check
        .required(&country_place, field.country, "BR-09")
        .filter(|country| {
            let valid = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
            if !valid {
                let message = "must be a code of ISO 3166-1 alpha-2 like DE".into();
                check.report(
                    ProblemCode::CountryInvalid,
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
