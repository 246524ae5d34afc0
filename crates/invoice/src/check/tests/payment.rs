//! Payment codes.

use super::*;
use crate::Problem;
use crate::model::{PaymentCode, SwissReference};

/// An invoice over 278.20 in `currency`, to be paid to `iban` with this remittance information.
fn paid_to(iban: &str, currency: &str, remittance: &str) -> Value {
    let mut request = request();
    request["currency"] = json!(currency);
    request["seller"]["address"]["postalCode"] = json!("8000");
    let means = &mut request["payment"]["means"];
    means["iban"] = json!(iban);
    means["remittance"] = json!(remittance);
    request
}

fn code(request: &Value) -> Option<PaymentCode> {
    let invoice = parse_value(request).expect("valid");
    invoice.payment.expect("a payment").code
}

/// A QR-IBAN and an ordinary IBAN of Switzerland, from the Implementation Guidelines.
const QR_IBAN: &str = "CH44 3199 9123 0008 8901 2";
const SWISS_IBAN: &str = "CH58 0079 1123 0008 8901 2";

#[test]
fn the_account_decides_which_code_it_is() {
    let german = paid_to("DE89370400440532013000", "EUR", "RE-1");
    assert_eq!(code(&german), Some(PaymentCode::Epc));
    let reference = "21 00000 00003 13947 14300 09017";
    let expected = SwissReference::Qr(reference.replace(' ', ""));
    let request = paid_to(QR_IBAN, "CHF", reference);
    assert_eq!(code(&request), Some(PaymentCode::SwissQrBill(expected)));
    let request = paid_to(SWISS_IBAN, "CHF", "RF18 5390 0754 7034");
    let expected = SwissReference::Creditor("RF18539007547034".into());
    assert_eq!(code(&request), Some(PaymentCode::SwissQrBill(expected)));
    let request = paid_to(SWISS_IBAN, "EUR", "RE-1");
    let expected = SwissReference::None;
    assert_eq!(code(&request), Some(PaymentCode::SwissQrBill(expected)));
}

#[test]
fn a_girocode_is_for_an_account_that_sepa_reaches() {
    for iban in [
        "FR1420041010050500013M02606",
        "GB29NWBK60161331926819",
        "GI75NWBK000000007099453",
        "RS35260005601001611379",
    ] {
        let found = code(&paid_to(iban, "EUR", "RE-1"));
        assert_eq!(found, Some(PaymentCode::Epc), "{iban}");
    }
    for iban in [
        "TR330006100519786457841326",
        "XK051212012345678906",
        "PK36SCBL0000001123456702",
    ] {
        let place = "/payment/means/qr".to_owned();
        let expected = ("payment_qr_unsupported", place, Some("EPC069-12"));
        assert_eq!(
            problems(&paid_to(iban, "EUR", "RE-1")),
            [expected],
            "{iban}"
        );
        // Without the code, it is an account like any other.
        let mut without = paid_to(iban, "EUR", "RE-1");
        without["payment"]["means"]["qr"] = Value::Null;
        assert_eq!(code(&without), None, "{iban}");
    }
}

#[test]
fn a_code_that_cannot_be_made_is_refused() {
    let refused = |request: &Value, pointer: &str, rule| {
        let found = problems(request);
        let expected = ("payment_qr_unsupported", pointer.to_owned(), Some(rule));
        assert_eq!(found, [expected]);
    };
    let qr = "/payment/means/qr";
    let remittance = "/payment/means/remittance";
    refused(
        &paid_to("DE89370400440532013000", "CHF", ""),
        qr,
        "EPC069-12",
    );
    refused(&paid_to(SWISS_IBAN, "USD", ""), qr, "QR-bill 2.3");
    refused(&paid_to(QR_IBAN, "CHF", "RE-1"), remittance, "QR-bill 2.3");
    refused(
        &paid_to(SWISS_IBAN, "CHF", "RF19 5390 0754 7034"),
        remittance,
        "ISO 11649",
    );
    for means_code in ["48", "49", "54", "55", "59"] {
        let mut request = paid_to("DE89370400440532013000", "EUR", "");
        request["payment"]["means"]["code"] = json!(means_code);
        refused(&request, qr, "EPC069-12");
    }
    // 70 and 140 letters of two bytes each.
    let mut request = paid_to("DE89370400440532013000", "EUR", &"ж".repeat(140));
    request["payment"]["means"]["accountName"] = json!("ж".repeat(70));
    refused(&request, qr, "EPC069-12");
    let mut request = paid_to(SWISS_IBAN, "CHF", "");
    request["seller"]["address"]["postalCode"] = Value::Null;
    refused(&request, qr, "QR-bill 2.3");
    request["payee"] = json!({ "name": "Bank", "address": { "country": "CH", "city": "Bern", "postalCode": "3000" } });
    assert_eq!(
        code(&request),
        Some(PaymentCode::SwissQrBill(SwissReference::None))
    );
    let mut credit_note = paid_to("DE89370400440532013000", "EUR", "");
    credit_note["documentType"] = json!("credit-note");
    refused(&credit_note, qr, "EPC069-12");
}

#[test]
fn a_creditor_that_the_swiss_code_cannot_have_is_refused_by_its_field() {
    let with_part = |pointer: &str, text: &str| {
        let mut request = paid_to(SWISS_IBAN, "CHF", "Спасибо");
        let (parent, name) = pointer.rsplit_once('/').expect("a member");
        request.pointer_mut(parent).expect("an object")[name] = json!(text);
        request
    };
    for (pointer, text, words) in [
        ("/seller/name", "Кафе", "name has the letter U+041A, "),
        (
            "/seller/address/street",
            "Weg 東",
            "street has the letter U+6771, ",
        ),
        (
            "/seller/address/city",
            "Z\u{18f}",
            "city has the letter U+018F, ",
        ),
        ("/seller/name", "★", "name has no letter or digit"),
    ] {
        let request = with_part(pointer, text);
        let invalid = parse_value(&request).expect_err(words);
        let found: Vec<&Problem> = invalid.problems().collect();
        let [problem] = found[..] else {
            panic!("{invalid}");
        };
        assert_eq!(problem.code, FailureCode::PaymentQrUnsupported);
        assert_eq!(problem.pointer, "/payment/means/qr");
        assert!(problem.message.contains(words), "{problem}");
    }
    // Letters with a base letter, and any in the message.
    let request = with_part("/seller/name", "Nguyễn Thị Hà");
    let expected = PaymentCode::SwissQrBill(SwissReference::None);
    assert_eq!(code(&request), Some(expected));
}

#[test]
fn an_invoice_that_is_paid_has_no_code() {
    let mut request = paid_to("DE89370400440532013000", "EUR", "");
    request["totals"]["prepaid"] = json!("278.20");
    request["totals"]["due"] = json!("0.00");
    assert_eq!(code(&request), None);
}
