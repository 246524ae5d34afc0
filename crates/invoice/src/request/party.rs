//! Seller, buyer and others.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form;

/// A company or a person.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Party")]
pub(crate) struct PartyField {
    /// Name (BT-27, BT-44, BT-59, BT-62).
    #[schemars(with = "String", length(min = 1, max = 200))]
    pub(crate) name: Option<String>,
    /// The name under which it trades, where that is another one (BT-28, BT-45).
    #[schemars(length(max = 200))]
    pub(crate) trading_name: Option<String>,
    /// VAT identifier with its country prefix (BT-31, BT-48, BT-63).
    #[schemars(length(max = 40))]
    pub(crate) vat_id: Option<String>,
    /// Tax number that is no VAT identifier (BT-32).
    #[schemars(length(max = 40))]
    pub(crate) tax_registration_id: Option<String>,
    /// Legal registration, a number in a company register for example (BT-30, BT-47, BT-61).
    pub(crate) legal_id: Option<SchemedField>,
    /// Where electronic documents reach it (BT-34, BT-49).
    pub(crate) electronic_address: Option<SchemedField>,
    /// Postal address (BG-5, BG-8, BG-12).
    pub(crate) address: Option<AddressField>,
    /// Whom to ask (BG-6, BG-9).
    pub(crate) contact: Option<ContactField>,
}

/// An identifier with the scheme that issued it.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "SchemedIdentifier")]
pub(crate) struct SchemedField {
    /// The identifier.
    #[schemars(length(max = 200))]
    pub(crate) value: Option<String>,
    /// The scheme: a code of ISO/IEC 6523, for electronic addresses of the EAS list (`EM` is e-mail).
    #[schemars(length(max = 20))]
    pub(crate) scheme: Option<String>,
}

/// A postal address, street and number apart.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Address")]
pub(crate) struct AddressField {
    /// Street without the number.
    #[schemars(length(max = 200))]
    pub(crate) street: Option<String>,
    /// House number.
    #[schemars(length(max = 40))]
    pub(crate) number: Option<String>,
    /// A further line: building, floor, care of.
    #[schemars(length(max = 200))]
    pub(crate) additional: Option<String>,
    /// City.
    #[schemars(length(max = 200))]
    pub(crate) city: Option<String>,
    /// Postal code.
    #[schemars(length(max = 40))]
    pub(crate) postal_code: Option<String>,
    /// State, province or the like.
    #[schemars(length(max = 200))]
    pub(crate) region: Option<String>,
    /// Country.
    #[schemars(with = "form::CountryCode")]
    pub(crate) country: Option<String>,
}

/// Whom to ask.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Contact")]
pub(crate) struct ContactField {
    /// Person or department.
    #[schemars(length(max = 200))]
    pub(crate) name: Option<String>,
    /// Telephone.
    #[schemars(length(max = 60))]
    pub(crate) phone: Option<String>,
    /// E-mail address.
    #[schemars(length(max = 200))]
    pub(crate) email: Option<String>,
}

/// Where and when the goods were delivered.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(crate) struct DeliveryField {
    /// Who received them (BT-70).
    #[schemars(length(max = 200))]
    pub(crate) name: Option<String>,
    /// Where (BG-15).
    pub(crate) address: Option<AddressField>,
    /// When (BT-72).
    #[schemars(with = "Option<form::Date>")]
    pub(crate) date: Option<String>,
}
