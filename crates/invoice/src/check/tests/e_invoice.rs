//! The profile of an e-invoice.

use super::*;
use crate::model::EInvoiceProfile;

#[test]
fn a_request_asks_for_an_e_invoice_by_the_name_of_its_profile() {
    for (name, profile) in EInvoiceProfile::NAMES {
        let request = with("/eInvoice", json!({ "profile": name }));
        let invoice = parse_value(&request).unwrap_or_else(|invalid| panic!("{invalid}"));
        assert_eq!(invoice.e_invoice, Some(profile));
        // A name with its version stays what it is.
        assert_eq!(EInvoiceProfile::from_name(profile.as_str()), Some(profile));
    }
    let without = parse_value(&request()).expect("a valid request");
    assert_eq!(without.e_invoice, None);
}

#[test]
fn an_unknown_profile_is_refused_with_those_that_there_are() {
    let request = with("/eInvoice", json!({ "profile": "xrechnung-4.0" }));
    let invalid = parse_value(&request).expect_err("no such profile");
    assert_eq!(invalid.code(), FailureCode::EInvoiceProfileUnknown);
    assert_eq!(
        invalid.to_string(),
        "/eInvoice/profile: is \"xrechnung-4.0\", expected one of factur-x-en16931, xrechnung, xrechnung-3.0, peppol-bis-3"
    );
    let missing = with("/eInvoice", json!({}));
    let expected = ("field_missing", "/eInvoice/profile".to_owned(), None);
    assert_eq!(problems(&missing), [expected]);
}

#[test]
fn a_receipt_has_no_e_invoice() {
    let mut request = with("/eInvoice", json!({ "profile": "xrechnung" }));
    request["documentType"] = json!("receipt");
    let expected = ("e_invoice_invalid", "/eInvoice".to_owned(), None);
    assert_eq!(problems(&request), [expected]);
}

#[test]
fn the_specification_is_that_of_the_profile() {
    let mut request = with("/eInvoice", json!({ "profile": "factur-x-en16931" }));
    request["specification"] = json!("urn:cen.eu:en16931:2017");
    assert!(parse_value(&request).is_ok());
    request["specification"] = json!("urn:cen.eu:en16931:2017#compliant#urn:x");
    let expected = ("e_invoice_invalid", "/specification".to_owned(), None);
    assert_eq!(problems(&request), [expected]);
}
