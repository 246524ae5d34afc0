//! Seller, buyer, payee and tax representative: BG-4 to BG-12.

use en16931::Invoice as Model;
use en16931::invoice::{Code, Contact, Party, Payee, PostalAddress, TaxRepresentative};
use invoice::Invoice;
use invoice::model;

use crate::place::Place;
use crate::problems::Problems;

pub(super) fn parties(problems: &mut Problems, invoice: &Invoice, model: &mut Model) {
    model.seller = seller(problems, &invoice.seller);
    if let Some(party) = &invoice.buyer {
        model.buyer = buyer(problems, party);
    }
    model.payee = invoice.payee.as_ref().map(|party| payee(problems, party));
    model.tax_representative = invoice
        .tax_representative
        .as_ref()
        .map(|party| tax_representative(problems, party));
}

/// A postal address. Street and house number are one line, in the order of the country.
pub(super) fn address(
    problems: &mut Problems,
    place: Place<'_>,
    address: &model::Address,
) -> PostalAddress {
    let street = address.street_line();
    let mut part = |name, text: &Option<String>| problems.texts(place.field(name), text.as_ref());
    PostalAddress {
        line1: part("street", &street),
        line2: part("additional", &address.additional),
        line3: part("additional2", &address.additional2),
        city: part("city", &address.city),
        post_code: part("postalCode", &address.postal_code),
        subdivision: part("region", &address.region),
        country: Some(Code::new(&*address.country)),
    }
}

fn seller(problems: &mut Problems, party: &model::Party) -> Party {
    let place = Place::root("seller");
    let legal = place.field("legalInformation");
    Party {
        additional_legal_information: problems.texts(legal, party.legal_information.as_ref()),
        ..self::party(problems, place, party)
    }
}

fn buyer(problems: &mut Problems, party: &model::Party) -> Party {
    let place = Place::root("buyer");
    problems.no_place(
        place.field("taxRegistrationId"),
        party.tax_registration_id.is_some(),
        "only the seller has it (BT-32); a buyer has vatId, legalId or ids",
    );
    Party {
        tax_registration: None,
        ..self::party(problems, place, party)
    }
}

fn party(problems: &mut Problems, place: Place<'_>, party: &model::Party) -> Party {
    let ids = place.field("ids");
    let identifiers = party.ids.iter().enumerate();
    let identifiers = identifiers
        .map(|(index, id)| problems.identifier(ids.item(index), id))
        .collect();
    let contact = party.contact.as_ref();
    Party {
        name: Some(problems.text(place.field("name"), &party.name)),
        trading_name: problems.texts(place.field("tradingName"), party.trading_name.as_ref()),
        identifiers,
        legal_registration: legal_id(problems, place, party),
        vat_identifier: problems.texts(place.field("vatId"), party.vat_id.as_ref()),
        tax_registration: problems.texts(
            place.field("taxRegistrationId"),
            party.tax_registration_id.as_ref(),
        ),
        additional_legal_information: None,
        electronic_address: party
            .electronic_address
            .as_ref()
            .map(|id| problems.identifier(place.field("electronicAddress"), id)),
        address: party
            .address
            .as_ref()
            .map(|address| self::address(problems, place.field("address"), address))
            .unwrap_or_default(),
        contact: contact
            .map(|contact| self::contact(problems, place.field("contact"), contact))
            .unwrap_or_default(),
    }
}

fn legal_id(
    problems: &mut Problems,
    place: Place<'_>,
    party: &model::Party,
) -> Option<en16931::Identifier> {
    let id = party.legal_id.as_ref()?;
    Some(problems.identifier(place.field("legalId"), id))
}

fn contact(problems: &mut Problems, place: Place<'_>, contact: &model::Contact) -> Contact {
    Contact {
        name: problems.texts(place.field("name"), contact.name.as_ref()),
        phone: problems.texts(place.field("phone"), contact.phone.as_ref()),
        email: problems.texts(place.field("email"), contact.email.as_ref()),
    }
}

fn payee(problems: &mut Problems, party: &model::Party) -> Payee {
    let place = Place::root("payee");
    let advice = "a payee has name, ids and legalId there";
    for (name, is_given) in [
        ("vatId", party.vat_id.is_some()),
        ("address", party.address.is_some()),
    ] {
        problems.no_place(place.field(name), is_given, advice);
    }
    no_further_fields(problems, place, party, advice);
    Payee {
        name: Some(problems.text(place.field("name"), &party.name)),
        identifier: party
            .ids
            .first()
            .map(|id| problems.identifier(place.field("ids").item(0), id)),
        legal_registration: legal_id(problems, place, party),
    }
}

fn tax_representative(problems: &mut Problems, party: &model::Party) -> TaxRepresentative {
    let place = Place::root("taxRepresentative");
    let advice = "a tax representative has name, vatId and address there";
    let has_legal_id = party.legal_id.is_some();
    problems.no_place(place.field("legalId"), has_legal_id, advice);
    no_further_fields(problems, place, party, advice);
    TaxRepresentative {
        name: Some(problems.text(place.field("name"), &party.name)),
        vat_identifier: problems.texts(place.field("vatId"), party.vat_id.as_ref()),
        address: party
            .address
            .as_ref()
            .map(|address| self::address(problems, place.field("address"), address))
            .unwrap_or_default(),
    }
}

/// Neither a payee nor a tax representative has these.
fn no_further_fields(
    problems: &mut Problems,
    place: Place<'_>,
    party: &model::Party,
    advice: &str,
) {
    for (name, is_given) in [
        ("tradingName", party.trading_name.is_some()),
        ("taxRegistrationId", party.tax_registration_id.is_some()),
        ("electronicAddress", party.electronic_address.is_some()),
        ("contact", party.contact.is_some()),
    ] {
        problems.no_place(place.field(name), is_given, advice);
    }
}
