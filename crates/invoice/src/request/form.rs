//! The forms of a request's strings, for its JSON Schema. A schema can express only a part of the rules;
//! [`check`](crate::check) decides whether a request is valid.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Declares a type that stands for a string of some form.
macro_rules! forms {
    ($($(#[doc = $doc:literal])+ $name:ident = $schema:tt;)+) => {$(
        $(#[doc = $doc])+
        pub struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema = json_schema!($schema);
                schema.insert("type".into(), "string".into());
                schema.insert("description".into(), concat!($($doc),+).trim().into());
                schema
            }
        }
    )+};
}

forms! {
    /// Amount in the document's currency, with at most as many decimals as the currency has, for example `18.90`.
    Amount = { "pattern": r"^-?[0-9]+(\.[0-9]+)?$" };
    /// Unit price, not negative, with any number of decimals.
    UnitPrice = { "pattern": r"^-?[0-9]+(\.[0-9]+)?$" };
    /// Price discount, with any number of decimals. Below zero it makes the price higher.
    PriceDiscount = { "pattern": r"^-?[0-9]+(\.[0-9]+)?$" };
    /// Quantity, with any number of decimals.
    Quantity = { "pattern": r"^-?[0-9]+(\.[0-9]+)?$" };
    /// Quantity above zero, with any number of decimals.
    PriceBaseQuantity = { "pattern": r"^[0-9]+(\.[0-9]+)?$" };
    /// Rate in percent, not negative, with any number of decimals.
    Percent = { "pattern": r"^-?[0-9]+(\.[0-9]+)?$" };
    /// Calendar date (ISO 8601), from 1900 on.
    Date = { "format": "date", "pattern": r"^(19|[2-9][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$" };
    /// Currency (ISO 4217), for example `EUR`.
    CurrencyCode = { "pattern": "^[A-Z]{3}$" };
    /// Country (ISO 3166-1 alpha-2), for example `DE`.
    CountryCode = { "pattern": "^([A-Z]{2}|1A)$" };
    /// Language tag (BCP 47), for example `de-DE`.
    LanguageTag = { "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$" };
    /// Part of the identity. It becomes a part of the path of the stored file.
    IdentityPart = {
        "maxLength": 128, "pattern": r"^[A-Za-z0-9_~:@+=#,-][A-Za-z0-9._~:@+=#,-]*$", "not": { "pattern": r"\.\." }
    };
    /// Document type (UNTDID 1001, in this order: 380, 381, 384, 389, 261, 386; a receipt has no code there).
    DocumentType = { "enum": [
        "invoice", "credit-note", "corrected-invoice", "self-billed-invoice", "self-billed-credit-note",
        "prepayment-invoice", "receipt"
    ] };
    /// Event at which the tax becomes accountable (UNTDID 2005).
    TaxPointDateCode = { "enum": ["3", "35", "432"] };
    /// Profile of an e-invoice. A name without a version means the current version: `xrechnung` is `xrechnung-3.0`.
    EInvoiceProfile = { "enum": ["factur-x-en16931", "xrechnung", "xrechnung-3.0", "peppol-bis-3"] };
    /// Paper; `80mm` is the roll of a receipt printer.
    Paper = { "enum": ["a4", "us-letter", "80mm"] };
    /// Tax category (UNTDID 5305), in this order: standard, zero rated, exempt, reverse charge, intra-community supply,
    /// export, outside the scope of tax, Canary Islands, Ceuta and Melilla, split payment.
    TaxCategory = { "enum": ["S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B"] };
    /// The party that bears a discount.
    FundedBy = { "enum": ["seller", "platform"] };
    /// Global trade item number (GS1): 8, 12, 13 or 14 digits, the last of which is a check digit.
    Gtin = { "pattern": "^([0-9]{8}|[0-9]{12,14})$" };
    /// Unit of measure (UN/ECE Recommendation 20), for example `C62` (piece), `KGM` (kilogram), `HUR` (hour).
    Unit = { "pattern": "^[A-Z0-9]{2,3}$" };
    /// International bank account number (ISO 13616), with or without spaces.
    Iban = { "maxLength": 255 };
    /// Content of a file in base64 (RFC 4648, section 4). White space is ignored.
    Base64 = { "contentEncoding": "base64" };
    /// Type of an attached file: the list of EN 16931.
    AttachmentType = { "enum": [
        "application/pdf", "image/png", "image/jpeg", "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.oasis.opendocument.spreadsheet"
    ] };
    /// Relationship of an attached file to the document (ISO 19005-3): further information, the data that the document
    /// shows, the source that it was made from, or none of them.
    Relationship = { "enum": ["supplement", "data", "source", "unspecified"] };
    /// Address on the web, `https` only.
    Url = { "format": "uri", "pattern": "^https://", "maxLength": 2000 };
}
