//! Parties and the delivery.

use time::Date;

/// A party: a company or a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Name (BT-27, BT-44, BT-59, BT-62).
    pub name: String,
    /// Trading name (BT-28, BT-45).
    pub trading_name: Option<String>,
    /// Identifiers (BT-29, BT-46, BT-60): several of the seller, at most one of the buyer and the payee.
    pub ids: Vec<Identifier>,
    /// VAT identifier (BT-31, BT-48, BT-63).
    pub vat_id: Option<String>,
    /// Tax registration identifier (BT-32): a tax number that is not a VAT identifier.
    pub tax_registration_id: Option<String>,
    /// Legal registration identifier (BT-30, BT-47, BT-61).
    pub legal_id: Option<Identifier>,
    /// Additional legal information of the seller (BT-33).
    pub legal_information: Option<String>,
    /// Electronic address (BT-34, BT-49).
    pub electronic_address: Option<Identifier>,
    /// Postal address (BG-5, BG-8, BG-12).
    pub address: Option<Address>,
    /// Contact (BG-6, BG-9).
    pub contact: Option<Contact>,
}

/// An identifier with its scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// The identifier.
    pub value: String,
    /// Identification scheme, where the request gives it: a code of ISO/IEC 6523 or, for electronic addresses, of the EAS
    /// list.
    pub scheme: Option<String>,
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Street without the number.
    pub street: Option<String>,
    /// House number.
    pub number: Option<String>,
    /// Additional address line.
    pub additional: Option<String>,
    /// Third address line.
    pub additional2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country subdivision: state, province, canton.
    pub region: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: String,
}

impl Address {
    /// Street and house number, in the order of the country.
    pub fn street_line(&self) -> Option<String> {
        let parts = match number_first(&self.country) {
            true => [&self.number, &self.street],
            false => [&self.street, &self.number],
        };
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// A contact of a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Person or department.
    pub name: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

/// The delivery of the goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Name of the recipient (BT-70).
    pub name: Option<String>,
    /// Location of the delivery (BT-71).
    pub location_id: Option<Identifier>,
    /// Address of the delivery (BG-15).
    pub address: Option<Address>,
    /// Actual delivery date (BT-72).
    pub date: Option<Date>,
}

/// Whether the house number is before the street: where English or French is the language of addresses, and in some countries
/// more.
#[rustfmt::skip]
fn number_first(country: &str) -> bool {
    const COUNTRIES: [&str; 82] = [
        // The United States and what their postal service serves.
        "US", "AS", "FM", "GU", "MH", "MP", "PR", "PW", "UM", "VI",
        // Britain and its territories, the Commonwealth.
        "GB", "AI", "BM", "FK", "GG", "GI", "IM", "JE", "KY", "MS", "SH", "TC", "VG",
        "CA", "AU", "CC", "CX", "NF", "NZ", "IE",
        "AG", "BB", "BD", "BS", "BZ", "DM", "FJ", "GD", "GH", "GY", "HK", "IN", "JM", "KE", "KN", "LC", "LK", "MT", "MU", "MY",
        "NA", "NG", "PG", "PK", "SG", "TT", "TZ", "UG", "VC", "ZA", "ZM", "ZW",
        // France and its territories, Luxembourg, the Maghreb.
        "FR", "BL", "GF", "GP", "MC", "MF", "MQ", "NC", "PF", "PM", "RE", "WF", "YT", "LU", "DZ", "MA", "TN",
        "PH", "TH", "VN",
    ];
    COUNTRIES.contains(&country)
}
