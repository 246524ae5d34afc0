//! Which invoice an object key belongs to.

use invoice::{InvoiceIdentity, ObjectKey};

use super::scope::Scope;
use crate::database::audited::KeyRange;
use crate::storage::OWN_PREFIX;

/// What all documents' keys begin with.
const DOCUMENTS: &str = "invoices/";

/// Hexadecimal digits of a digest.
const DIGEST_CHARS: usize = 64;

/// Whether an object is one of the program's own, and no document.
pub(super) fn is_own(key: &str) -> bool {
    key.starts_with(OWN_PREFIX)
}

/// The invoice that has this key: its usual one, or the one beside it that is for a request with this digest.
pub(super) fn owner(key: &str) -> Option<InvoiceIdentity> {
    let path = key.strip_prefix(DOCUMENTS)?.strip_suffix(".pdf")?;
    if let Ok(identity) = path.parse() {
        return Some(identity);
    }
    let (identity, digest) = path.rsplit_once('/')?;
    let is_digest = digest.len() == DIGEST_CHARS
        && digest
            .bytes()
            .all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    is_digest.then(|| identity.parse().ok())?
}

/// The key of the document that the e-invoice under this key belongs to, and the invoice that has both.
pub(super) fn document_of(key: &str) -> Option<(ObjectKey, InvoiceIdentity)> {
    let document = format!("{}.pdf", key.strip_suffix(".xml")?);
    let identity = owner(&document)?;
    Some((ObjectKey::recorded(&document), identity))
}

/// Whether a row of this invoice and this request may have this key.
pub(super) fn fits(
    key: Option<&str>,
    identity: Option<&InvoiceIdentity>,
    request_digest: &str,
) -> bool {
    let (Some(key), Some(identity)) = (key, identity) else {
        return false;
    };
    key == ObjectKey::for_invoice(identity).as_str()
        || key == format!("{DOCUMENTS}{identity}/{request_digest}.pdf")
}

/// The prefix of a scope's objects, and the range of its rows behind this key. An audit of everything also reads rows whose
/// keys are those of no document.
pub(super) fn of_scope(scope: &Scope, after: &str) -> (String, KeyRange) {
    let mut prefix = DOCUMENTS.to_owned();
    for part in [&scope.platform, &scope.shop_id].into_iter().flatten() {
        prefix.push_str(part);
        prefix.push('/');
    }
    let everything = scope.platform.is_none();
    let range = if everything {
        KeyRange {
            after: after.to_owned(),
            before: None,
        }
    } else {
        KeyRange {
            after: after.max(prefix.as_str()).to_owned(),
            // The character behind the slash.
            before: Some(format!("{}0", &prefix[..prefix.len() - 1])),
        }
    };
    (prefix, range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leads_to_its_invoice() {
        let digest = "0123456789abcdef".repeat(4);
        let identity: InvoiceIdentity = "a/b/c/d/e".parse().expect("an identity");
        for (key, expected) in [
            ("invoices/a/b/c/d/e.pdf", true),
            (&*format!("invoices/a/b/c/d/e/{digest}.pdf"), true),
            ("invoices/a/b/c/d/e/f.pdf", false),
            ("invoices/a/b/c/d/e", false),
            ("invoices/a/b/c/d.pdf", false),
            ("invoices/.probe", false),
            ("other/a/b/c/d/e.pdf", false),
        ] {
            let found = owner(key);
            assert_eq!(found, expected.then(|| identity.clone()), "{key}");
        }
        for (key, expected) in [
            ("invoices/a/b/c/d/e.xml", Some("invoices/a/b/c/d/e.pdf")),
            ("invoices/a/b/c/d/e.pdf", None),
            ("invoices/a/b/c/d.xml", None),
        ] {
            let document = document_of(key).map(|(document, _)| document);
            assert_eq!(document, expected.map(ObjectKey::recorded), "{key}");
        }
        let fits = |key: &str| fits(Some(key), Some(&identity), &digest);
        assert!(fits("invoices/a/b/c/d/e.pdf"));
        assert!(fits(&format!("invoices/a/b/c/d/e/{digest}.pdf")));
        assert!(!fits("invoices/a/b/c/d/f.pdf"));
    }

    #[test]
    fn a_shop_has_a_range_of_keys_of_its_own() {
        let scope = Scope {
            platform: Some("p".into()),
            shop_id: Some("s".into()),
            ..Scope::default()
        };
        let (prefix, range) = of_scope(&scope, "");
        assert_eq!(prefix, "invoices/p/s/");
        let contains = |key: &str| {
            *key > *range.after && range.before.as_deref().is_some_and(|before| key < before)
        };
        assert!(contains("invoices/p/s/1/1/1.pdf"));
        assert!(contains("invoices/p/s/~/1/1.pdf"));
        assert!(!contains("invoices/p/s-1/1/1/1.pdf"));
        assert!(!contains("invoices/p/s0/1/1/1.pdf"));
        let later = "invoices/p/s/5/1/1.pdf";
        assert_eq!(of_scope(&scope, later).1.after, later);
    }
}
