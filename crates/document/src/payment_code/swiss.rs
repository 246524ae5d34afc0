//! The Swiss QR-bill (Swiss Implementation Guidelines QR-bill, version 2.3).

use rust_decimal::Decimal;
use serde::Serialize;

use super::symbol::{Symbol, in_groups_of_four};
use invoice::model::{Party, PaymentMeans, SwissReference};
use invoice::{Invoice, swiss_text};

/// The code, and its content as text, which the payment part prints beside it.
#[derive(Debug, Serialize)]
pub(crate) struct Bill {
    #[serde(flatten)]
    pub(super) symbol: Symbol,
    iban: String,
    /// Name and address, one line each.
    creditor: Vec<String>,
    reference: Option<String>,
    message: Option<String>,
    debtor: Option<Vec<String>>,
    currency: &'static str,
    amount: String,
}

/// The bill for the amount due. The creditor is the payee, or else the seller. If the buyer's address is not complete, the
/// payer fills in the debtor.
pub(super) fn bill(
    invoice: &Invoice,
    means: &PaymentMeans,
    reference: &SwissReference,
) -> Option<Bill> {
    let iban = means.iban()?;
    let creditor = PartyAddress::new(invoice.payee.as_ref().unwrap_or(&invoice.seller))?;
    let debtor = invoice.buyer.as_ref().and_then(PartyAddress::new);
    // With a structured reference, the message is free for the document's number, which the payer recognises.
    let message = match reference {
        SwissReference::Qr(_) | SwissReference::Creditor(_) => Some(invoice.number.as_str()),
        SwissReference::None => means.remittance.as_deref(),
    };
    let message = message.map(|message| swiss_text::legible(message, 140));
    let message = message.filter(|message| !message.is_empty());
    let fields = Fields {
        iban,
        creditor: &creditor,
        debtor: debtor.as_ref(),
        due: invoice.totals.due,
        currency: invoice.currency.code(),
        reference,
        message: message.as_deref(),
    };
    let (symbol, fields) = fields.that_fit()?;
    Some(Bill {
        symbol,
        iban: in_groups_of_four(iban),
        creditor: creditor.lines(),
        reference: printed_reference(reference),
        message: fields.message.map(ToOwned::to_owned),
        debtor: fields.debtor.map(PartyAddress::lines),
        currency: fields.currency,
        amount: printed_amount(fields.due),
    })
}

/// Modules in a row of the largest symbol that is allowed, version 25 (5.1).
const MAX_SIZE: usize = 17 + 4 * 25;

#[derive(Clone, Copy)]
struct Fields<'a> {
    iban: &'a str,
    creditor: &'a PartyAddress,
    debtor: Option<&'a PartyAddress>,
    due: Decimal,
    currency: &'static str,
    reference: &'a SwissReference,
    message: Option<&'a str>,
}

impl Fields<'_> {
    /// The symbol, and the fields in it. A letter with an accent takes two bytes, so long names and streets of such letters
    /// may not fit. Then the message is left out, and after it the debtor, which the payer fills in.
    fn that_fit(self) -> Option<(Symbol, Self)> {
        let message = Self {
            message: None,
            ..self
        };
        let debtor = Self {
            debtor: None,
            ..message
        };
        [self, message, debtor].into_iter().find_map(|fields| {
            // No quiet zone: the payment part around the code is white.
            let symbol = Symbol::new(&payload(&fields), 0)?;
            (symbol.size <= MAX_SIZE).then_some((symbol, fields))
        })
    }
}

/// All elements in their order (4.2.2), one a line. An element without a value is an empty line.
fn payload(fields: &Fields<'_>) -> String {
    const NO_PARTY: [&str; 7] = [""; 7];
    let due = format!("{:.2}", fields.due);
    let (reference_type, reference) = match fields.reference {
        SwissReference::Qr(reference) => ("QRR", reference.as_str()),
        SwissReference::Creditor(reference) => ("SCOR", reference.as_str()),
        SwissReference::None => ("NON", ""),
    };
    let mut elements = vec!["SPC", "0200", "1", fields.iban];
    elements.extend(fields.creditor.elements());
    // The ultimate creditor, which is reserved for future use and must be empty.
    elements.extend(NO_PARTY);
    elements.extend([due.as_str(), fields.currency]);
    elements.extend(fields.debtor.map_or(NO_PARTY, PartyAddress::elements));
    let message = fields.message.unwrap_or_default();
    elements.extend([reference_type, reference, message, "EPD"]);
    elements.join("\n")
}

/// A structured address (type `S`). No other type is allowed any more.
struct PartyAddress {
    name: String,
    street: String,
    number: String,
    postal_code: String,
    city: String,
    country: String,
}

impl PartyAddress {
    /// `None` if the postal code or the city is missing, or if a part has a letter that the code cannot hold.
    fn new(party: &Party) -> Option<Self> {
        let address = party.address.as_ref()?;
        let part = |part: &Option<String>, max| {
            swiss_text::exact(part.as_deref().unwrap_or_default(), max).ok()
        };
        let party = Self {
            name: swiss_text::exact(&party.name, 70).ok()?,
            street: part(&address.street, 70)?,
            number: part(&address.number, 16)?,
            postal_code: part(&address.postal_code, 16)?,
            city: part(&address.city, 35)?,
            country: iso_country(&address.country).to_owned(),
        };
        let complete = ![&party.name, &party.postal_code, &party.city]
            .iter()
            .any(|part| part.is_empty());
        complete.then_some(party)
    }

    fn elements(&self) -> [&str; 7] {
        [
            "S",
            &self.name,
            &self.street,
            &self.number,
            &self.postal_code,
            &self.city,
            &self.country,
        ]
    }

    /// The lines that are printed. In an address abroad, the country's code is before the postal code.
    fn lines(&self) -> Vec<String> {
        let street = format!("{} {}", self.street, self.number);
        let abroad = !matches!(self.country.as_str(), "CH" | "LI");
        let country = if abroad {
            format!("{}-", self.country)
        } else {
            String::new()
        };
        let city = format!("{country}{} {}", self.postal_code, self.city);
        [&self.name, street.trim(), &city]
            .into_iter()
            .filter(|line| !line.is_empty())
            .map(ToOwned::to_owned)
            .collect()
    }
}

/// The country's code of ISO 3166-1, which the guidelines require (4.2.2). The list of EN 16931 has two more: for Northern
/// Ireland, and for Kosovo, for which ISO has no code and banks use `XK`.
fn iso_country(code: &str) -> &str {
    match code {
        "XI" => "GB",
        "1A" => "XK",
        iso => iso,
    }
}

/// A QR reference in groups of five from the end, a creditor reference in groups of four (Style Guide QR-bill).
fn printed_reference(reference: &SwissReference) -> Option<String> {
    match reference {
        SwissReference::Qr(reference) => {
            let (head, tail) = reference.split_at_checked(2)?;
            let digits: Vec<char> = tail.chars().collect();
            let groups = digits.chunks(5).map(String::from_iter);
            let groups: Vec<String> = std::iter::once(head.to_owned()).chain(groups).collect();
            Some(groups.join(" "))
        }
        SwissReference::Creditor(reference) => Some(in_groups_of_four(reference)),
        SwissReference::None => None,
    }
}

/// `1 949.75`, in every language.
fn printed_amount(amount: Decimal) -> String {
    let text = format!("{amount:.2}");
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{cents}")
}

#[cfg(test)]
mod tests {
    use super::super::symbol::tests::decode;
    use super::*;
    use invoice::model::Address;

    fn party(name: &str, street: &str, number: &str, postal_code: &str, city: &str) -> Party {
        let some = |text: &str| Some(text.to_owned());
        Party {
            name: name.into(),
            trading_name: None,
            ids: Vec::new(),
            legal_information: None,
            vat_id: None,
            tax_registration_id: None,
            legal_id: None,
            electronic_address: None,
            address: Some(Address {
                street: some(street),
                number: some(number),
                additional: None,
                additional2: None,
                city: some(city),
                postal_code: some(postal_code),
                region: None,
                country: "CH".into(),
            }),
            contact: None,
        }
    }

    fn fields<'a>(creditor: &'a PartyAddress, reference: &'a SwissReference) -> Fields<'a> {
        Fields {
            iban: "CH4431999123000889012",
            creditor,
            debtor: None,
            due: Decimal::new(194_975, 2),
            currency: "CHF",
            reference,
            message: None,
        }
    }

    fn read(debtor: Option<&Party>, reference: &SwissReference, message: &str) -> Vec<String> {
        let creditor = party("Robert Schneider AG", "Rue du Lac", "1268", "2501", "Biel");
        let creditor = PartyAddress::new(&creditor).expect("an address");
        let debtor = debtor.map(|debtor| PartyAddress::new(debtor).expect("an address"));
        let payload = payload(&Fields {
            debtor: debtor.as_ref(),
            message: Some(message),
            ..fields(&creditor, reference)
        });
        let read = decode(&Symbol::new(&payload, 0).expect("a symbol"));
        read.split('\n').map(ToOwned::to_owned).collect()
    }

    #[test]
    fn the_code_has_the_elements_of_the_guidelines_in_their_order() {
        let debtor = party(
            "Pia-Maria Rutschmann-Schnyder",
            "Grosse Marktgasse",
            "28",
            "9400",
            "Rorschach",
        );
        let reference = SwissReference::Qr("210000000003139471430009017".into());
        let elements = read(Some(&debtor), &reference, "Rechnung 2026-1187");
        #[rustfmt::skip]
        let expected = [
            "SPC", "0200", "1",
            "CH4431999123000889012",
            "S", "Robert Schneider AG", "Rue du Lac", "1268", "2501", "Biel", "CH",
            "", "", "", "", "", "", "",
            "1949.75", "CHF",
            "S", "Pia-Maria Rutschmann-Schnyder", "Grosse Marktgasse", "28", "9400", "Rorschach", "CH",
            "QRR", "210000000003139471430009017",
            "Rechnung 2026-1187",
            "EPD",
        ];
        assert_eq!(elements, expected);
    }

    #[test]
    fn elements_without_a_value_are_empty_lines() {
        let elements = read(None, &SwissReference::None, "");
        assert_eq!(elements.len(), 31);
        assert_eq!(elements[20..27], [""; 7]);
        assert_eq!(elements[27..], ["NON", "", "", "EPD"]);
        let creditor_reference = SwissReference::Creditor("RF18539007547034".into());
        let elements = read(None, &creditor_reference, "");
        assert_eq!(elements[27..29], ["SCOR", "RF18539007547034"]);
    }

    #[test]
    fn message_and_debtor_are_left_out_if_they_do_not_fit() {
        let check = |letter: &str, with_debtor, with_message| {
            let long = |length| letter.repeat(length);
            let party = party(&long(90), &long(90), &long(20), &long(20), &long(40));
            let party = PartyAddress::new(&party).expect("an address");
            let message = long(140);
            let reference = SwissReference::Qr("210000000003139471430009017".into());
            let fields = Fields {
                debtor: Some(&party),
                message: Some(&message),
                ..fields(&party, &reference)
            };
            let (symbol, fields) = fields.that_fit().expect("a symbol");
            assert!(symbol.size <= MAX_SIZE);
            let kept = (fields.debtor.is_some(), fields.message.is_some());
            assert_eq!(kept, (with_debtor, with_message), "{letter}");
            assert_eq!(decode(&symbol), payload(&fields));
        };
        check("a", true, true);
        check("ä", true, false);
    }

    #[test]
    fn a_debtor_with_a_letter_that_the_code_cannot_hold_is_left_out() {
        let address = |name: &str, street: &str| {
            let party = party(name, street, "1", "8001", "Zürich");
            PartyAddress::new(&party).map(|address| address.name)
        };
        assert_eq!(
            address("Pia Muster", "Seeweg").as_deref(),
            Some("Pia Muster")
        );
        assert_eq!(address("Пия", "Seeweg"), None);
        assert_eq!(address("Pia Muster", "улица"), None);
    }

    #[test]
    fn a_country_has_its_code_of_iso_3166_in_the_code_and_beside_it() {
        for (given, expected) in [("XI", "GB"), ("1A", "XK"), ("XK", "XK"), ("DE", "DE")] {
            let mut party = party("Pia Muster", "Main Street", "1", "BT1 5GS", "Belfast");
            party.address.as_mut().expect("an address").country = given.into();
            let address = PartyAddress::new(&party).expect("a complete address");
            assert_eq!(address.elements()[6], expected, "{given}");
            let city = format!("{expected}-BT1 5GS Belfast");
            let lines = ["Pia Muster", "Main Street 1", city.as_str()];
            assert_eq!(address.lines(), lines, "{given}");
        }
    }

    #[test]
    fn references_and_amounts_are_printed_in_groups() {
        let printed = |reference| printed_reference(&reference).unwrap_or_default();
        assert_eq!(
            printed(SwissReference::Qr("210000000003139471430009017".into())),
            "21 00000 00003 13947 14300 09017"
        );
        assert_eq!(
            printed(SwissReference::Creditor("RF18539007547034".into())),
            "RF18 5390 0754 7034"
        );
        assert_eq!(printed_reference(&SwissReference::None), None);
        for (cents, expected) in [
            (5, "0.05"),
            (194_975, "1 949.75"),
            (99_999_999_999, "999 999 999.99"),
        ] {
            assert_eq!(printed_amount(Decimal::new(cents, 2)), expected);
        }
    }
}
