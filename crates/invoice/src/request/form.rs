//! The forms that the strings of a request have, for its JSON Schema. [`check`](crate::check) is what
//! decides; a schema can only say the regular part of it.

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
    /// An amount in the document's currency, with as many decimals as it has, for example `18.90`.
    Amount = { "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,12})?$" };
    /// A price of one unit, with up to six decimals.
    UnitPrice = { "pattern": r"^[0-9]{1,10}(\.[0-9]{1,12})?$" };
    /// A quantity, with up to four decimals.
    Quantity = { "pattern": r"^-?[0-9]{1,7}(\.[0-9]{1,12})?$" };
    /// A rate in percent, with up to four decimals.
    Percent = { "pattern": r"^[0-9]{1,3}(\.[0-9]{1,12})?$" };
    /// A calendar date (ISO 8601), from 1900 on.
    Date = { "format": "date", "pattern": r"^(19|[2-9][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$" };
    /// A currency (ISO 4217), for example `EUR`.
    CurrencyCode = { "pattern": "^[A-Z]{3}$" };
    /// A country (ISO 3166-1 alpha-2), for example `DE`.
    CountryCode = { "pattern": "^[A-Z]{2}$" };
    /// A language tag (BCP 47), for example `de-DE`.
    LanguageTag = { "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$" };
    /// A part of an identity: it becomes a part of the path of the stored file.
    IdentityPart = {
        "maxLength": 128, "pattern": r"^[A-Za-z0-9_~:@+=#,-][A-Za-z0-9._~:@+=#,-]*$", "not": { "pattern": r"\.\." }
    };
    /// A kind of document (UNTDID 1001: 380, 381, 384, 389; a receipt has no code there).
    DocumentType = { "enum": ["invoice", "credit-note", "corrected-invoice", "self-billed-invoice", "receipt"] };
    /// A paper; `80mm` is the roll of a receipt printer.
    Paper = { "enum": ["a4", "us-letter", "80mm"] };
    /// A tax category (UNTDID 5305): standard, zero rated, exempt, reverse charge, intra-community supply, export,
    /// outside the scope of tax, Canary Islands, Ceuta and Melilla.
    TaxCategory = { "enum": ["S", "Z", "E", "AE", "K", "G", "O", "L", "M"] };
    /// Who bears a discount.
    FundedBy = { "enum": ["seller", "platform"] };
    /// A global trade item number: 8, 12, 13 or 14 digits, the last of which is a check digit (GS1).
    Gtin = { "pattern": "^([0-9]{8}|[0-9]{12,14})$" };
    /// A unit of measure (UN/ECE Recommendation 20), for example `C62` for pieces, `KGM`, `HUR`.
    Unit = { "pattern": "^[A-Z0-9]{2,3}$" };
    /// An international bank account number (ISO 13616), with or without spaces.
    Iban = { "minLength": 15, "maxLength": 42 };
    /// An address on the web, `https` only.
    Url = { "format": "uri", "pattern": "^https://", "maxLength": 2000 };
}
