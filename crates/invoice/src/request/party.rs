//! Parties and the delivery.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form;
use crate::limits;

/// Party: a company or a person.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Party")]
pub(crate) struct PartyField {
    /// Name (BT-27, BT-44, BT-59, BT-62).
    #[schemars(with = "String", length(min = 1, max = limits::TEXT))]
    pub(crate) name: Option<String>,
    /// Trading name, where it is another one (BT-28, BT-45).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) trading_name: Option<String>,
    /// Identifiers (BT-29, BT-46, BT-60): several of the seller, one of the buyer and the payee, none of the tax
    /// representative. That of the buyer is the customer's number. A scheme is a code of ISO/IEC 6523.
    #[schemars(length(max = 20))]
    pub(crate) ids: Option<Vec<SchemedField>>,
    /// VAT identifier with its country code (BT-31, BT-48, BT-63).
    #[schemars(length(max = 40))]
    pub(crate) vat_id: Option<String>,
    /// Tax registration identifier (BT-32): a tax number that is not a VAT identifier.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) tax_registration_id: Option<String>,
    /// Legal registration identifier (BT-30, BT-47, BT-61), for example a number in a company register.
    pub(crate) legal_id: Option<SchemedField>,
    /// Additional legal information (BT-33), of the seller only: for example share capital and court of registration. May have
    /// line breaks.
    #[schemars(length(max = limits::LINES))]
    pub(crate) legal_information: Option<String>,
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
    #[schemars(length(max = limits::TEXT))]
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
    /// Street without the number (BT-35, BT-50, BT-64, BT-75).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) street: Option<String>,
    /// House number (BT-35, BT-50, BT-64, BT-75, after the street).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) number: Option<String>,
    /// Additional address line (BT-36, BT-51, BT-65, BT-76): building, floor, care of.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) additional: Option<String>,
    /// Third address line (BT-162, BT-163, BT-164, BT-165).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) additional2: Option<String>,
    /// City (BT-37, BT-52, BT-66, BT-77).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) city: Option<String>,
    /// Postal code (BT-38, BT-53, BT-67, BT-78).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) postal_code: Option<String>,
    /// Country subdivision (BT-39, BT-54, BT-68, BT-79): state, province, canton.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) region: Option<String>,
    /// Country (BT-40, BT-55, BT-69, BT-80).
    #[schemars(with = "form::CountryCode")]
    pub(crate) country: Option<String>,
}

/// Contact.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Contact")]
pub(crate) struct ContactField {
    /// Person or department (BT-41, BT-56).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) name: Option<String>,
    /// Telephone number (BT-42, BT-57).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) phone: Option<String>,
    /// E-mail address (BT-43, BT-58).
    #[schemars(length(max = limits::EMAIL))]
    pub(crate) email: Option<String>,
}

/// Delivery.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Delivery")]
pub(crate) struct DeliveryField {
    /// Name of the recipient (BT-70).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) name: Option<String>,
    /// Location of the delivery (BT-71). Its scheme is a code of ISO/IEC 6523.
    pub(crate) location_id: Option<SchemedField>,
    /// Address of the delivery (BG-15).
    pub(crate) address: Option<AddressField>,
    /// Actual delivery date (BT-72).
    #[schemars(with = "Option<form::Date>")]
    pub(crate) date: Option<String>,
}
