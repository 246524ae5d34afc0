//! The identity of an invoice, and the object key of its document.

use std::fmt;
use std::str::FromStr;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::digest::Sha256Digest;

/// The names of an identity's parts in a request, an event or a record, in the order of the object key.
pub const PARTS: [&str; 5] = [
    "platform",
    "shopId",
    "orderId",
    "packageId",
    "sequenceNumber",
];

/// Longest part of an identity, in bytes. Five such parts, their separators, the prefix and the ending stay below S3's
/// limit of 1,024 bytes for a key.
pub const MAX_PART_BYTES: usize = 128;

/// The identity of an invoice. Two requests with the same identity concern the same document. Each part was accepted by
/// [`refuse_part`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InvoiceIdentity([String; 5]);

impl InvoiceIdentity {
    /// The identity with these parts, in the order of [`PARTS`].
    ///
    /// # Errors
    ///
    /// Where a part is refused; the error names the first one.
    pub fn from_parts(parts: [impl Into<String>; 5]) -> Result<Self, InvalidPart> {
        let parts = parts.map(Into::into);
        for (name, part) in PARTS.into_iter().zip(&parts) {
            if let Some(problem) = refuse_part(part) {
                return Err(InvalidPart { name, problem });
            }
        }
        Ok(Self(parts))
    }

    /// The parts in the order of [`PARTS`].
    pub fn parts(&self) -> [&str; 5] {
        self.0.each_ref().map(String::as_str)
    }

    /// Marketplace platform, for example `tiktok`.
    pub fn platform(&self) -> &str {
        &self.0[0]
    }

    /// Shop on the platform.
    pub fn shop_id(&self) -> &str {
        &self.0[1]
    }

    /// Order in the shop.
    pub fn order_id(&self) -> &str {
        &self.0[2]
    }

    /// Package of the order.
    pub fn package_id(&self) -> &str {
        &self.0[3]
    }

    /// Sequence number of the invoice.
    pub fn sequence_number(&self) -> &str {
        &self.0[4]
    }
}

/// `platform/shopId/orderId/packageId/sequenceNumber`: no part has a slash.
impl fmt::Display for InvoiceIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// The form of [`Display`](fmt::Display).
impl FromStr for InvoiceIdentity {
    type Err = ParseIdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        let count = parts.len();
        let parts: [&str; 5] = parts
            .try_into()
            .map_err(|_| ParseIdentityError::PartCount(count))?;
        Self::from_parts(parts).map_err(ParseIdentityError::Part)
    }
}

/// An object with a member for each part.
impl Serialize for InvoiceIdentity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_parts("InvoiceIdentity", &self.0, serializer)
    }
}

/// Writes five parts as an object whose members are named as in [`PARTS`].
pub(crate) fn serialize_parts<S: Serializer>(
    name: &'static str,
    parts: &[impl Serialize; 5],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_struct(name, PARTS.len())?;
    for (name, part) in PARTS.into_iter().zip(parts) {
        object.serialize_field(name, part)?;
    }
    object.end()
}

/// A part of an identity that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPart {
    name: &'static str,
    problem: String,
}

impl InvalidPart {
    /// Which part it is: a name of [`PARTS`].
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What is wrong with it and what was expected, to be read after the part's name. Does not quote the part.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for InvalidPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.problem)
    }
}

impl std::error::Error for InvalidPart {}

/// A text that is not an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseIdentityError {
    /// It has this many parts instead of five.
    PartCount(usize),
    /// One of its parts is refused.
    Part(InvalidPart),
}

impl fmt::Display for ParseIdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PartCount(count) => {
                let form = PARTS.join("/");
                write!(f, "an identity has {count} parts, expected 5: {form}")
            }
            Self::Part(invalid) => invalid.fmt(f),
        }
    }
}

impl std::error::Error for ParseIdentityError {}

/// Why a part of an identity is refused, to be read after the part's name; `None` where it is accepted. Parts come from
/// outside and become part of a path, so only characters that are known to be harmless are accepted.
pub fn refuse_part(part: &str) -> Option<String> {
    /// Platforms use these in ids, and they need no escape in an S3 key or a file name.
    const PUNCTUATION: &[u8] = b"-_.~:@+=#,";

    if part.is_empty() {
        return Some(format!("is empty, expected 1 to {MAX_PART_BYTES} bytes"));
    }
    if part.len() > MAX_PART_BYTES {
        let length = part.len();
        return Some(format!(
            "is {length} bytes long, expected at most {MAX_PART_BYTES}"
        ));
    }
    if part.starts_with('.') || part.contains("..") {
        return Some(
            "starts with a dot or has two dots in a row, expected dots inside and apart".into(),
        );
    }
    let is_harmless = |c: char| {
        c.is_ascii_alphanumeric() || u8::try_from(c).is_ok_and(|byte| PUNCTUATION.contains(&byte))
    };
    let place = part.chars().position(|c| !is_harmless(c))?;
    Some(format!(
        "has a character at place {} that is not allowed, expected ASCII letters, digits and - _ . ~ : @ + = # ,",
        place + 1
    ))
}

/// The key of an invoice's document in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// `invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}.pdf`
    pub fn for_invoice(identity: &InvoiceIdentity) -> Self {
        Self(format!("invoices/{identity}.pdf"))
    }

    /// `invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}/{requestDigest}.pdf`: where the document of a
    /// request is stored if the usual key is taken by a document that was never issued. It is the key of no other request,
    /// since it has a part more.
    pub fn beside(identity: &InvoiceIdentity, request_digest: Sha256Digest) -> Self {
        Self(format!("invoices/{identity}/{request_digest}.pdf"))
    }

    /// The key of the e-invoice that is stored beside the document of this key: `.xml` in the place of `.pdf`.
    pub fn xml(&self) -> Self {
        let path = self.0.strip_suffix(".pdf").unwrap_or(&self.0);
        Self(format!("{path}.xml"))
    }

    /// The key that a record has.
    pub fn recorded(key: &str) -> Self {
        Self(key.to_owned())
    }

    /// The key, not percent-encoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "tiktok/shop123/order456/pkg789/12345";

    fn identity() -> InvoiceIdentity {
        TEXT.parse().expect("a valid identity")
    }

    #[test]
    fn the_key_is_the_one_that_existing_services_use() {
        assert_eq!(
            ObjectKey::for_invoice(&identity()).as_str(),
            "invoices/tiktok/shop123/order456/pkg789/12345.pdf"
        );
    }

    #[test]
    fn the_key_of_an_e_invoice_is_beside_that_of_its_document() {
        let digest = Sha256Digest::of(b"{}");
        for (key, expected) in [
            (
                ObjectKey::for_invoice(&identity()),
                format!("invoices/{TEXT}.xml"),
            ),
            (
                ObjectKey::beside(&identity(), digest),
                format!("invoices/{TEXT}/{digest}.xml"),
            ),
        ] {
            assert_eq!(key.xml().as_str(), expected);
        }
    }

    #[test]
    fn an_identity_is_read_back_from_its_text() {
        let identity = identity();
        assert_eq!(identity.to_string(), TEXT);
        assert_eq!(InvoiceIdentity::from_parts(identity.parts()), Ok(identity));
    }

    #[test]
    fn each_accessor_gives_the_part_of_its_name() {
        let identity = identity();
        assert_eq!(
            [
                ("platform", identity.platform()),
                ("shopId", identity.shop_id()),
                ("orderId", identity.order_id()),
                ("packageId", identity.package_id()),
                ("sequenceNumber", identity.sequence_number()),
            ],
            std::array::from_fn(|index| (PARTS[index], identity.parts()[index]))
        );
    }

    #[test]
    fn as_json_each_part_has_its_name() {
        let json = serde_json::to_string(&identity()).expect("JSON");
        assert_eq!(
            json,
            r#"{"platform":"tiktok","shopId":"shop123","orderId":"order456","packageId":"pkg789","sequenceNumber":"12345"}"#
        );
    }

    #[test]
    fn a_text_that_is_no_identity_is_refused_with_what_was_expected() {
        for (text, message) in [
            (
                "tiktok/shop123",
                "an identity has 2 parts, expected 5: platform/shopId/orderId/packageId/sequenceNumber",
            ),
            ("a/b/c//e", "packageId is empty, expected 1 to 128 bytes"),
            (
                "a/b/../d/e",
                "orderId starts with a dot or has two dots in a row, expected dots inside and apart",
            ),
            (
                "a/b c/c/d/e",
                "shopId has a character at place 2 that is not allowed, \
                 expected ASCII letters, digits and - _ . ~ : @ + = # ,",
            ),
        ] {
            let error = text.parse::<InvoiceIdentity>().expect_err(text);
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn a_part_that_could_change_the_path_is_refused() {
        let long = "a".repeat(MAX_PART_BYTES + 1);
        for part in [
            "", "/", "a/b", "..", ".", "../x", "a..b", ".hidden", "a\\b", "a\0b", "a\nb", "a b",
            "é", "%2e", "a?b", &long,
        ] {
            assert!(refuse_part(part).is_some(), "{part:?} must be refused");
        }
        for part in [
            "576461413038785752",
            "#1001",
            "123-1234567-1234567",
            "a.b_c~d:e@f+g=h,i",
        ] {
            assert_eq!(refuse_part(part), None, "{part:?} is an ordinary id");
        }
    }
}
