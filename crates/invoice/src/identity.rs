//! Which invoice a request is about, and where its document is kept.

use std::fmt;

/// Longest part of an identity, in bytes. Five such parts, their separators, the prefix and the ending stay below S3's
/// limit of 1,024 bytes for a key.
pub const MAX_PART_BYTES: usize = 128;

/// The identity of an invoice. Two requests with the same identity are about the same document, whatever else they
/// say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceIdentity {
    /// Marketplace platform, for example `tiktok`.
    pub platform: String,
    /// Shop on the platform.
    pub shop_id: String,
    /// Order in the shop.
    pub order_id: String,
    /// Package of the order.
    pub package_id: String,
    /// Sequence number of the invoice.
    pub sequence_number: String,
}

impl InvoiceIdentity {
    /// The five parts in the order of the object key.
    pub fn parts(&self) -> [&str; 5] {
        [
            &self.platform,
            &self.shop_id,
            &self.order_id,
            &self.package_id,
            &self.sequence_number,
        ]
    }
}

impl fmt::Display for InvoiceIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts().join("/"))
    }
}

/// Why a part of an identity is refused; `None` where it is not. Parts come from outside and become part of a path, so only
/// characters that are known to be harmless are accepted.
pub fn refuse_part(part: &str) -> Option<&'static str> {
    /// Beside letters and digits: what platforms use in ids, and what needs no escape in an S3 key or a file name.
    const PUNCTUATION: &[u8] = b"-_.~:@+=#,";

    if part.len() > MAX_PART_BYTES {
        return Some("must not be longer than 128 bytes");
    }
    if part.contains("..") || part.starts_with('.') {
        return Some("must not start with a dot or hold two dots in a row");
    }
    if !part
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || PUNCTUATION.contains(&byte))
    {
        return Some("may hold ASCII letters, digits and - _ . ~ : @ + = # , only");
    }
    None
}

/// Where the document of an invoice is kept in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// `invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}.pdf`
    pub fn for_invoice(identity: &InvoiceIdentity) -> Self {
        Self(format!("invoices/{identity}.pdf"))
    }

    /// The key as S3 takes it: not percent-encoded.
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

    #[test]
    fn the_key_is_the_one_that_existing_services_use() {
        let identity = InvoiceIdentity {
            platform: "tiktok".into(),
            shop_id: "shop123".into(),
            order_id: "order456".into(),
            package_id: "pkg789".into(),
            sequence_number: "12345".into(),
        };
        assert_eq!(
            ObjectKey::for_invoice(&identity).as_str(),
            "invoices/tiktok/shop123/order456/pkg789/12345.pdf"
        );
    }

    #[test]
    fn a_part_that_could_change_the_path_is_refused() {
        let long = "a".repeat(MAX_PART_BYTES + 1);
        for part in [
            "/", "a/b", "..", ".", "../x", "a..b", ".hidden", "a\\b", "a\0b", "a\nb", "a b", "é",
            "%2e", "a?b", &long,
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
