//! Parties and the delivery.

use super::countries::is_country;
use super::document::date;
use super::fields::{Checker, Place, present};
use crate::FailureCode;
use crate::code_lists::{ADDRESS_SCHEMES, CodeList, REGISTERS};
use crate::limits;
use crate::model::{Address, Contact, Delivery, Identifier, Party};
use crate::problem::shown;
use crate::request::{AddressField, ContactField, DeliveryField, PartyField, SchemedField};

/// Longest name, street or city.
const MAX_CHARS: usize = limits::TEXT;

const COUNTRY_FORM: &str = "a code of ISO 3166-1 alpha-2 like DE";

/// The schemes of identifiers in a register (BT-30-1, BT-47-1, BT-61-1).
const LEGAL_REGISTERS: (&CodeList, &str) = (&REGISTERS, "BR-CL-11");

/// What a party is to the document. Some fields belong to one of them only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Seller,
    Buyer,
    Payee,
    TaxRepresentative,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Seller => "seller",
            Self::Buyer => "buyer",
            Self::Payee => "payee",
            Self::TaxRepresentative => "tax representative",
        }
    }

    /// The rule that requires the name.
    fn name_rule(self) -> &'static str {
        match self {
            Self::Seller => "BR-06",
            Self::Buyer => "BR-07",
            Self::Payee => "BR-17",
            Self::TaxRepresentative => "BR-18",
        }
    }

    /// The rule that requires the country of the address. In the standard, a payee has no address.
    fn country_rule(self) -> Option<&'static str> {
        match self {
            Self::Seller => Some("BR-09"),
            Self::Buyer => Some("BR-11"),
            Self::Payee => None,
            Self::TaxRepresentative => Some("BR-20"),
        }
    }

    /// Most identifiers: BT-29 may be repeated, BT-46 and BT-60 may not, and there is none of a tax representative.
    fn max_ids(self) -> usize {
        match self {
            Self::Seller => 20,
            Self::Buyer | Self::Payee => 1,
            Self::TaxRepresentative => 0,
        }
    }
}

pub(super) fn party(
    check: &mut Checker,
    place: &Place,
    field: PartyField,
    role: Role,
) -> Option<Party> {
    let name = check.required_text(
        &place.field("name"),
        field.name,
        MAX_CHARS,
        role.name_rule(),
    );
    let party = Party {
        name: String::new(),
        trading_name: check.text(&place.field("tradingName"), field.trading_name, MAX_CHARS),
        ids: ids(check, &place.field("ids"), field.ids, role),
        legal_information: legal_information(check, place, field.legal_information, role),
        vat_id: vat_id(check, &place.field("vatId"), field.vat_id),
        tax_registration_id: check.text(
            &place.field("taxRegistrationId"),
            field.tax_registration_id,
            MAX_CHARS,
        ),
        legal_id: identifier(
            check,
            &place.field("legalId"),
            field.legal_id,
            LEGAL_REGISTERS,
        ),
        electronic_address: identifier(
            check,
            &place.field("electronicAddress"),
            field.electronic_address,
            (&ADDRESS_SCHEMES, "BR-CL-25"),
        ),
        address: field.address.and_then(|address| {
            self::address(check, &place.field("address"), address, role.country_rule())
        }),
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
    let party = party(check, place, field, Role::TaxRepresentative)?;
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
        location_id: identifier(
            check,
            &place.field("locationId"),
            field.location_id,
            (&REGISTERS, "BR-CL-26"),
        ),
        address: field.address.and_then(|address| {
            self::address(check, &place.field("address"), address, Some("BR-57"))
        }),
        date: date(check, &place.field("date"), field.date),
    }
}

/// Identifiers; those without a value count as absent.
fn ids(
    check: &mut Checker,
    place: &Place,
    fields: Option<Vec<SchemedField>>,
    role: Role,
) -> Vec<Identifier> {
    let fields = fields.unwrap_or_default().into_iter().enumerate();
    let ids: Vec<Identifier> = fields
        .filter_map(|(index, field)| {
            identifier(
                check,
                &place.item(index),
                Some(field),
                (&REGISTERS, "BR-CL-10"),
            )
        })
        .collect();
    let max = role.max_ids();
    if ids.len() > max {
        let message = format!(
            "has {} identifiers, expected at most {max} of a {}",
            ids.len(),
            role.name()
        );
        check.report(FailureCode::FieldInvalid, place, None, message);
        return Vec::new();
    }
    ids
}

/// BT-33 is about the seller. Other parties have no place for it in an e-invoice.
fn legal_information(
    check: &mut Checker,
    party: &Place,
    text: Option<String>,
    role: Role,
) -> Option<String> {
    let place = party.field("legalInformation");
    let text = check.lines(&place, text, limits::LINES)?;
    if role != Role::Seller {
        let message = format!(
            "is given for a {}, expected on the seller only",
            role.name()
        );
        check.report(FailureCode::FieldInvalid, &place, None, message);
        return None;
    }
    Some(text)
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

/// An identifier; one without a value counts as absent. Its scheme is a code of the list, which the rule says.
pub(super) fn identifier(
    check: &mut Checker,
    place: &Place,
    field: Option<SchemedField>,
    (list, rule): (&CodeList, &'static str),
) -> Option<Identifier> {
    let field = field?;
    present(field.value.as_deref())?;
    let scheme_place = place.field("scheme");
    let scheme = if check.is_lenient {
        check.text(&scheme_place, field.scheme, 20)
    } else {
        check.listed(&scheme_place, field.scheme, list, rule)
    };
    let value = check.text(&place.field("value"), field.value, MAX_CHARS)?;
    Some(Identifier { value, scheme })
}

fn address(
    check: &mut Checker,
    place: &Place,
    field: AddressField,
    country_rule: Option<&'static str>,
) -> Option<Address> {
    let country_place = place.field("country");
    let country = check.required(&country_place, field.country, country_rule, COUNTRY_FORM);
    let country = self::country(check, &country_place, country, "BR-CL-14");
    let address = Address {
        street: check.text(&place.field("street"), field.street, MAX_CHARS),
        number: check.text(&place.field("number"), field.number, MAX_CHARS),
        additional: check.text(&place.field("additional"), field.additional, MAX_CHARS),
        additional2: check.text(&place.field("additional2"), field.additional2, MAX_CHARS),
        city: check.text(&place.field("city"), field.city, MAX_CHARS),
        postal_code: check.text(&place.field("postalCode"), field.postal_code, MAX_CHARS),
        region: check.text(&place.field("region"), field.region, MAX_CHARS),
        country: String::new(),
    };
    Some(Address {
        country: country?,
        ..address
    })
}

/// A code of a country; `rule` is the one that says so.
pub(super) fn country(
    check: &mut Checker,
    place: &Place,
    country: Option<String>,
    rule: &'static str,
) -> Option<String> {
    let country = present(country)?;
    if !is_country(&country) {
        let form = if country == "UK" {
            "GB, the code of ISO 3166-1 alpha-2 for the United Kingdom"
        } else {
            COUNTRY_FORM
        };
        let message = format!("is {}, expected {form}", shown(&country));
        check.report(FailureCode::CountryInvalid, place, Some(rule), message);
        return None;
    }
    Some(country)
}

fn contact(check: &mut Checker, place: &Place, field: ContactField) -> Contact {
    Contact {
        name: check.text(&place.field("name"), field.name, MAX_CHARS),
        phone: check.text(&place.field("phone"), field.phone, MAX_CHARS),
        email: check.text(&place.field("email"), field.email, limits::EMAIL),
    }
}
