//! Fields that an e-invoice, a syntax or a profile has no place for.

use einvoice::Syntax;
use invoice::model::EInvoiceProfile::{self, FacturXEn16931, XRechnung30};
use serde_json::{Value, json};

use crate::request::{problems, with, xml};

fn check(profile: EInvoiceProfile, syntax: Syntax, changes: &[(&str, Value)], expected: &[&str]) {
    let found = problems(&with(changes), profile, syntax);
    let pointers: Vec<&str> = found.iter().map(|(pointer, ..)| pointer.as_str()).collect();
    assert_eq!(pointers, expected, "{found:?}");
    for (_, rule, message) in &found {
        assert_eq!(*rule, None);
        assert!(message.starts_with("has no place in "), "{message}");
    }
}

#[test]
fn a_field_without_a_business_term_is_refused() {
    let address = json!({ "city": "Kassel", "country": "DE" });
    for (pointer, value) in [
        ("/buyer/taxRegistrationId", json!("22/815/08151")),
        (
            "/lines/0/tax/components",
            json!([{ "name": "GST", "rate": "3" }, { "name": "QST", "rate": "4" }]),
        ),
        ("/payment/furtherMeans/0/code", json!("10")),
    ] {
        let changes = match pointer {
            "/payment/furtherMeans/0/code" => ("/payment/furtherMeans", json!([{ "code": "10" }])),
            _ => (pointer, value),
        };
        check(FacturXEn16931, Syntax::Cii, &[changes], &[pointer]);
    }
    let payee = json!({
        "name": "Factoring", "vatId": "DE136695976", "address": address, "tradingName": "F", "contact": { "name": "X" },
        "electronicAddress": { "value": "a", "scheme": "EM" }, "taxRegistrationId": "1"
    });
    check(
        FacturXEn16931,
        Syntax::Ubl,
        &[("/payee", payee)],
        &[
            "/payee/vatId",
            "/payee/address",
            "/payee/tradingName",
            "/payee/taxRegistrationId",
            "/payee/electronicAddress",
            "/payee/contact",
        ],
    );
}

/// The page shows it, as it shows a code to pay with.
#[test]
fn an_address_for_online_payment_is_for_the_page_only() {
    let url = json!("https://pay.example/1");
    for changes in [
        ("/payment/means/url", url.clone()),
        ("/payment/furtherMeans", json!([{ "url": url }])),
    ] {
        let made = xml(&with(&[changes]), FacturXEn16931, Syntax::Cii);
        assert_eq!(made, xml(&with(&[]), FacturXEn16931, Syntax::Cii));
    }
    check(
        FacturXEn16931,
        Syntax::Cii,
        &[("/payment/means", json!({ "url": url }))],
        &[],
    );
}

#[test]
fn an_account_beside_a_card_is_refused() {
    let means = json!({ "code": "48", "cardLast4": "1234", "iban": "DE89370400440532013000", "accountName": "N" });
    check(
        FacturXEn16931,
        Syntax::Cii,
        &[("/payment/means", means)],
        &["/payment/means/iban", "/payment/means/accountName"],
    );
}

#[test]
fn fields_of_further_means_are_not_lost() {
    let iban = "FR1420041010050500013M02606";
    let further = json!([{ "code": "58", "iban": iban, "mandate": "M-1", "cardHolder": "A", "cardLast4": "1234" }]);
    check(
        FacturXEn16931,
        Syntax::Ubl,
        &[("/payment/furtherMeans", further)],
        &[
            "/payment/furtherMeans/0/mandate",
            "/payment/furtherMeans/0/cardLast4",
            "/payment/furtherMeans/0/cardHolder",
        ],
    );
    let changes = [
        ("/payment/means", json!({ "code": "57", "iban": iban })),
        (
            "/payment/furtherMeans",
            json!([{ "code": "57", "cardLast4": "1234" }]),
        ),
    ];
    check(
        FacturXEn16931,
        Syntax::Cii,
        &changes,
        &["/payment/furtherMeans/0"],
    );
    // The first one says the code only.
    let changes = [
        ("/payment/means", json!({ "code": "57" })),
        (
            "/payment/furtherMeans",
            json!([{ "code": "57", "iban": iban }]),
        ),
    ];
    check(FacturXEn16931, Syntax::Cii, &changes, &[]);
}

#[test]
fn what_only_one_syntax_can_hold_is_refused_in_the_other() {
    let preceding = json!([{ "number": "RE-0" }, { "number": "RE-00", "issueDate": "2026-01-02" }]);
    let changes = [("/references/precedingInvoices", preceding)];
    let refused = ["/references/precedingInvoices/1"];
    check(XRechnung30, Syntax::Cii, &changes, &refused);
    check(XRechnung30, Syntax::Ubl, &changes, &[]);
    check(FacturXEn16931, Syntax::Cii, &changes, &[]);
    let changes = [
        ("/documentType", json!("credit-note")),
        ("/payment", Value::Null),
    ];
    check(FacturXEn16931, Syntax::Ubl, &changes, &["/dueDate"]);
    check(FacturXEn16931, Syntax::Cii, &changes, &[]);
}

#[test]
fn letters_that_xml_cannot_have_are_refused() {
    for (pointer, value) in [
        ("/lines/1/name", json!("Scha\u{ffff}ber")),
        ("/seller/address/street", json!("Hafen\u{fffe}weg")),
    ] {
        let found = problems(&with(&[(pointer, value)]), FacturXEn16931, Syntax::Cii);
        let pointers: Vec<&str> = found.iter().map(|(pointer, ..)| pointer.as_str()).collect();
        assert_eq!(pointers.first(), Some(&pointer), "{found:?}");
        assert!(found[0].2.contains("XML cannot have it"), "{found:?}");
    }
}
