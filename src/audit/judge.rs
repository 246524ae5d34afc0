//! What is wrong with a row and its object: pure, so that every case can be tested.

use invoice::model::EInvoiceProfile;
use invoice::{InvoiceIdentity, ObjectKey};

use super::calls::Answer;
use super::finding::FindingCode;
use super::keys;
use crate::database::audited::AuditedRow;
use crate::database::sales_invoice::Model;
use crate::storage::{FoundObject, ListedObject};

/// A fault of a row or of its object: the kind, and what is wrong in words.
pub(super) type Fault = (FindingCode, String);

/// Whether a row agrees with the listing, as far as that says anything: existence and size. An e-invoice that is an object of its
/// own is listed elsewhere, so such a row is looked at.
pub(super) fn agrees_with_listing(row: &AuditedRow, listed: Option<&ListedObject>) -> bool {
    let size = row.size_bytes.and_then(|size| u64::try_from(size).ok());
    let identity = row.identity();
    let key = row.object_key.as_deref();
    row.sha256.is_some()
        && row.xml_object_key.is_none()
        && keys::fits(key, identity.as_ref(), &row.request_digest)
        && listed.is_some_and(|object| Some(object.size_bytes) == size)
}

/// Every fault of a generated row, of the object under its key, and of its e-invoice where that is an object of its own.
/// `request_is_read` says whether the stored request is compared with its digest.
pub(super) fn faults(
    record: &Model,
    answer: &Answer,
    xml: Option<&Answer>,
    request_is_read: bool,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let identity = record.identity().ok();
    faults.extend(without_proof(record));
    if request_is_read {
        faults.extend(wrong_request(record));
    }
    let key = record.object_key.as_deref();
    let beside = key.map(|key| ObjectKey::recorded(key).xml());
    let xml_key = record.xml_object_key.as_deref();
    let is_beside = xml_key.is_none() || xml_key == beside.as_ref().map(ObjectKey::as_str);
    if key.is_some() && !(keys::fits(key, identity.as_ref(), &record.request_digest) && is_beside) {
        // What is under a key that is not its own says nothing about it.
        faults.push(wrong_key(identity.as_ref()));
    } else if key.is_some() {
        faults.extend(object_fault(record, answer));
        faults.extend(xml.and_then(|xml| xml_fault(record, xml)));
    }
    faults
}

fn without_proof(record: &Model) -> Option<Fault> {
    let has_e_invoice = record.e_invoice_profile.is_some();
    let profile = record.e_invoice_profile.as_deref();
    let profile = profile.and_then(EInvoiceProfile::from_name);
    let is_embedded = profile.is_none_or(EInvoiceProfile::is_embedded);
    let missing: Vec<&str> = [
        ("object_key", record.object_key.is_none()),
        ("sha256", record.sha256.is_none()),
        ("size_bytes", record.size_bytes.is_none()),
        ("xml_sha256", has_e_invoice && record.xml_sha256.is_none()),
        (
            "xml_object_key",
            !is_embedded && record.xml_object_key.is_none(),
        ),
    ]
    .into_iter()
    .filter_map(|(column, is_missing)| is_missing.then_some(column))
    .collect();
    let detail = format!(
        "the row is generated and has no {}, expected what proves the document and its e-invoice",
        missing.join(", ")
    );
    (!missing.is_empty()).then_some((FindingCode::RowWithoutProof, detail))
}

fn wrong_key(identity: Option<&InvoiceIdentity>) -> Fault {
    let expected = match identity {
        Some(identity) => format!(
            "expected invoices/{identity}.pdf, or invoices/{identity}/ with the digest of the request, and .xml for the e-invoice"
        ),
        None => "and its identity is not valid either".to_owned(),
    };
    let detail = format!("the row has a key that is not its own, {expected}");
    (FindingCode::RowKeyMismatch, detail)
}

fn wrong_request(record: &Model) -> Option<Fault> {
    if record.is_erased() {
        return None;
    }
    // Limits may have been higher when it was accepted.
    let parsed = invoice::parse(record.request.as_bytes(), usize::MAX);
    let found = match parsed {
        Ok(parsed) if parsed.digest.to_string() == record.request_digest => return None,
        Ok(parsed) => format!("has the digest {}", parsed.digest),
        Err(_) => "cannot be read".to_owned(),
    };
    let expected = &record.request_digest;
    let detail = format!("the stored request {found}, expected {expected} as the row says");
    Some((FindingCode::RequestDigestMismatch, detail))
}

/// What is wrong with the object under a row's key.
pub(super) fn object_fault(record: &Model, answer: &Answer) -> Option<Fault> {
    let object = match answer {
        Answer::Found(object) => object,
        Answer::NotFound if record.documents_erased_at.is_some() => return None,
        Answer::NotFound => {
            let detail = format!("there is no object under the key, {}", expected(record));
            return Some((FindingCode::ObjectMissing, detail));
        }
        Answer::Fails(error) => {
            return Some((FindingCode::ObjectUnreadable, error.clone()));
        }
    };
    if let Some(digest) = &object.uploaded.request_digest
        && *digest != record.request_digest
    {
        let detail = format!(
            "the object's metadata says that it was made from the request {digest}, expected {} as the row says",
            record.request_digest
        );
        return Some((FindingCode::ObjectForeign, detail));
    }
    let size = record.size_bytes.and_then(|size| u64::try_from(size).ok());
    let found = describe(object);
    let detail = format!("the object has {found}, {}", expected(record));
    if size.is_some_and(|size| object.size_bytes < size) {
        return Some((FindingCode::ObjectCut, detail));
    }
    let other_size = size.is_some_and(|size| object.size_bytes != size);
    let sha256 = object.sha256.map(|sha256| sha256.to_string());
    let other_bytes = matches!((&sha256, &record.sha256), (Some(is), Some(was)) if is != was);
    (other_size || other_bytes).then_some((FindingCode::ObjectChanged, detail))
}

/// What is wrong with the e-invoice of a row where that is an object of its own.
pub(super) fn xml_fault(record: &Model, answer: &Answer) -> Option<Fault> {
    let expected = record.xml_sha256.as_deref().unwrap_or_default();
    let expected = format!("expected an e-invoice with SHA-256 {expected}");
    let object = match answer {
        Answer::Found(object) => object,
        Answer::NotFound if record.documents_erased_at.is_some() => return None,
        Answer::NotFound => {
            let detail = format!("there is no object under the key, {expected}");
            return Some((FindingCode::XmlMissing, detail));
        }
        Answer::Fails(error) => return Some((FindingCode::XmlUnreadable, error.clone())),
    };
    let sha256 = object.sha256.map(|sha256| sha256.to_string());
    let other_bytes = matches!((&sha256, &record.xml_sha256), (Some(is), Some(was)) if is != was);
    let of_request = object.uploaded.request_digest.as_ref();
    let other_request = of_request.is_some_and(|digest| *digest != record.request_digest);
    let found = describe(object);
    let detail = if other_request {
        format!("the object has {found} and is that of another request, {expected}")
    } else {
        format!("the object has {found}, {expected}")
    };
    (other_bytes || other_request).then_some((FindingCode::XmlChanged, detail))
}

/// An object in words.
pub(super) fn describe(object: &FoundObject) -> String {
    match object.sha256 {
        Some(sha256) => format!("{} bytes with SHA-256 {sha256}", object.size_bytes),
        None => format!("{} bytes", object.size_bytes),
    }
}

/// What was found under a key, in words.
pub(super) fn state(answer: &Answer) -> String {
    match answer {
        Answer::Found(object) => describe(object),
        Answer::NotFound => "no object".to_owned(),
        Answer::Fails(_) => "an object that cannot be read".to_owned(),
    }
}

fn expected(record: &Model) -> String {
    let size = record.size_bytes.map(|size| format!("{size} bytes"));
    let sha256 = record.sha256.as_ref();
    let sha256 = sha256.map(|sha256| format!("SHA-256 {sha256}"));
    let known: Vec<String> = size.into_iter().chain(sha256).collect();
    format!("expected one of {}", known.join(" with "))
}
