//! Parties and the delivery.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form;

/// Party: a company or a person.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Party")]
pub(crate) struct PartyField {
    /// Name (BT-27, BT-44, BT-59, BT-62).
    #[schemars(with = "String", length(min = 1, max = 200))]
    pub(crate) name: Option<String>,
    /// Trading name, where it is another one (BT-28, BT-45).
    #[schemars(length(max = 200))]
    pub(crate) trading_name: Option<String>,
    /// VAT identifier with its country code (BT-31, BT-48, BT-63).
    #[schemars(length(max = 40))]
    pub(crate) vat_id: Option<String>,
    /// Tax registration identifier (BT-32): a tax number that is not a VAT identifier.
    #[schemars(length(max = 40))]
    pub(crate) tax_registration_id: Option<String>,
    /// Legal registration identifier (BT-30, BT-47, BT-61), for example a number in a company register.
    pub(crate) legal_id: Option<SchemedField>,
    /// Electronic address (BT-34, BT-49), to which electronic documents are delivered.
    pub(crate) electronic_address: Option<SchemedField>,
    /// Postal address (BG-5, BG-8, BG-12).
    pub(crate) address: Option<AddressField>,
    /// Contact (BG-6, BG-9).
    pub(crate) contact: Option<ContactField>,
}

/// Identifier with its scheme. One without a value counts as absent.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "SchemedIdentifier")]
pub(crate) struct SchemedField {
    /// Identifier.
    #[schemars(length(max = 200))]
    pub(crate) value: Option<String>,
    /// Identification scheme: a code of ISO/IEC 6523 or, for electronic addresses, of the EAS list (`EM` is e-mail).
    #[schemars(length(max = 20))]
    pub(crate) scheme: Option<String>,
}

/// Postal address. Street and house number are separate.
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
    /// Additional address line: building, floor, care of.
    #[schemars(length(max = 200))]
    pub(crate) additional: Option<String>,
    /// City.
    #[schemars(length(max = 200))]
    pub(crate) city: Option<String>,
    /// Postal code.
    #[schemars(length(max = 40))]
    pub(crate) postal_code: Option<String>,
    /// Country subdivision: state, province, canton.
    #[schemars(length(max = 200))]
    pub(crate) region: Option<String>,
    /// Country.
    #[schemars(with = "form::CountryCode")]
    pub(crate) country: Option<String>,
}

/// Contact.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Contact")]
pub(crate) struct ContactField {
    /// Person or department.
    #[schemars(length(max = 200))]
    pub(crate) name: Option<String>,
    /// Telephone number.
    #[schemars(length(max = 60))]
    pub(crate) phone: Option<String>,
    /// E-mail address.
    #[schemars(length(max = 200))]
    pub(crate) email: Option<String>,
}

/// Delivery.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(crate) struct DeliveryField {
    /// Name of the recipient (BT-70).
    #[schemars(length(max = 200))]
    pub(crate) name: Option<String>,
    /// Address of the delivery (BG-15).
    pub(crate) address: Option<AddressField>,
    /// Actual delivery date (BT-72).
    #[schemars(with = "Option<form::Date>")]
    pub(crate) date: Option<String>,
}
