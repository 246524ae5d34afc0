//! The rules that Peppol has for sellers of one country.

use einvoice::Syntax;
use invoice::model::EInvoiceProfile::PeppolBis3;
use serde_json::{Value, json};

use crate::request::{check, problems, with};

/// A seller and a buyer in this country, with these changes, break this rule of Peppol; without them, none.
fn check_national(
    country: &str,
    fits: &[(&str, Value)],
    broken: &[(&str, Value)],
    expected: (&str, &str),
) {
    let mut changes = vec![
        ("/seller/address/country", json!(country)),
        ("/buyer/address/country", json!(country)),
        ("/buyer/address/street", json!("Main")),
    ];
    changes.extend_from_slice(fits);
    check(PeppolBis3, &changes, &[]);
    changes.extend_from_slice(broken);
    check(PeppolBis3, &changes, &[expected]);
}

#[test]
fn peppol_has_rules_for_sellers_of_one_country() {
    let gone = Value::Null;
    let cvr = json!({ "value": "12345678", "scheme": "0184" });
    let danish = [("/seller/legalId", cvr)];
    for (broken, expected) in [
        (
            ("/seller/legalId", gone.clone()),
            ("/seller/legalId", "DK-R-002"),
        ),
        (
            ("/seller/legalId/scheme", json!("0088")),
            ("/seller/legalId/scheme", "DK-R-014"),
        ),
        (
            ("/buyer/legalId", json!({ "value": "1", "scheme": "0007" })),
            ("/buyer/legalId/scheme", "DK-R-017"),
        ),
        (
            ("/buyer/ids", json!([{ "value": "1" }])),
            ("/buyer/ids/0/scheme", "DK-R-013"),
        ),
        (
            ("/payment/means/code", json!("30")),
            ("/payment/means/code", "DK-R-005"),
        ),
        (
            (
                "/payment/means",
                json!({ "code": "42", "account": "1234567" }),
            ),
            ("/payment/means/providerId", "DK-R-006"),
        ),
        (
            ("/payment/means", json!({ "code": "49", "mandate": "M" })),
            ("/payment/means/debitedAccount", "DK-R-007"),
        ),
        (
            (
                "/payment/means",
                json!({ "code": "50", "account": "12345678", "remittance": "04#1" }),
            ),
            ("/payment/means/remittance", "DK-R-008"),
        ),
        (
            (
                "/lines/1/classifications",
                json!([{ "code": "1", "scheme": "TST", "version": "1" }]),
            ),
            ("/lines/1/classifications", "DK-R-003"),
        ),
        (
            (
                "/lines/1/charges",
                json!([{ "amount": "1.00", "reasonCode": "ZZZ" }]),
            ),
            ("/lines/1/charges/0/reason", "DK-R-004"),
        ),
    ] {
        let broken = [broken];
        // A scheme that a Danish rule refuses may have a form of its own.
        if expected.1 == "DK-R-017" || expected.1 == "DK-R-014" {
            let mut changes = vec![
                ("/seller/address/country", json!("DK")),
                ("/buyer/address/country", json!("DK")),
            ];
            changes.extend_from_slice(&danish);
            changes.extend_from_slice(&broken);
            let found = problems(&with(&changes), PeppolBis3, Syntax::Ubl);
            assert!(
                found
                    .iter()
                    .any(|(pointer, rule, _)| (pointer.as_str(), *rule)
                        == (expected.0, Some(expected.1))),
                "{found:?}"
            );
        } else {
            check_national("DK", &danish, &broken, expected);
        }
    }
    // Each account is a payment means of its own.
    let accounts = [
        (
            "/payment/means",
            json!({ "code": "42", "account": "1234567", "providerId": "1199" }),
        ),
        (
            "/payment/furtherMeans",
            json!([{ "code": "42", "account": "7654321" }]),
        ),
    ];
    let expected = ("/payment/furtherMeans/0/providerId", "DK-R-006");
    check_national("DK", &danish, &accounts, expected);
    let register = json!({ "value": "1", "scheme": "0183" });
    for (broken, expected) in [
        (
            ("/documentType", json!("credit-note")),
            ("/references/precedingInvoices", "NL-R-001"),
        ),
        (
            ("/seller/address/street", gone.clone()),
            ("/seller/address/street", "NL-R-002"),
        ),
        (
            ("/seller/legalId", register.clone()),
            ("/seller/legalId/scheme", "NL-R-003"),
        ),
        (
            ("/buyer/address/street", gone.clone()),
            ("/buyer/address/street", "NL-R-004"),
        ),
        (
            ("/buyer/legalId", register),
            ("/buyer/legalId/scheme", "NL-R-005"),
        ),
        (
            ("/payment/means", gone.clone()),
            ("/payment/means", "NL-R-007"),
        ),
        (
            ("/payment/means", json!({ "code": "10" })),
            ("/payment/means/code", "NL-R-008"),
        ),
        (
            ("/lines/0/orderLine", json!("1")),
            ("/references/purchaseOrder", "NL-R-009"),
        ),
    ] {
        check_national("NL", &[], &[broken], expected);
    }
    let swedish = [
        ("/seller/vatId", json!("SE556036079301")),
        ("/lines/0/tax/rate", json!("6")),
        ("/lines/1/tax/rate", json!("25")),
    ];
    for (broken, expected) in [
        (
            ("/seller/vatId", json!("SE1234")),
            ("/seller/vatId", "SE-R-001"),
        ),
        (
            ("/seller/legalId", json!({ "value": "5560360794" })),
            ("/seller/legalId/value", "SE-R-013"),
        ),
        (
            ("/lines/1/tax/rate", json!("19")),
            ("/lines/1/tax/rate", "SE-R-006"),
        ),
    ] {
        check_national("SE", &swedish, &[broken], expected);
    }
    let italian = [("/seller/vatId", json!("IT00743110157"))];
    for (broken, expected) in [
        (
            ("/seller/taxRegistrationId", json!("a")),
            ("/seller/taxRegistrationId", "IT-R-001"),
        ),
        (
            ("/seller/address/street", gone.clone()),
            ("/seller/address/street", "IT-R-002"),
        ),
        (
            ("/seller/address/city", gone.clone()),
            ("/seller/address/city", "IT-R-003"),
        ),
        (
            ("/seller/address/postalCode", gone.clone()),
            ("/seller/address/postalCode", "IT-R-004"),
        ),
    ] {
        check_national("IT", &italian, &[broken], expected);
    }
    let kennitala = json!({ "value": "1234567890", "scheme": "0196" });
    let icelandic = [
        ("/seller/legalId", kennitala.clone()),
        ("/buyer/legalId", kennitala),
    ];
    for (broken, expected) in [
        (
            ("/seller/legalId", gone.clone()),
            ("/seller/legalId", "IS-R-002"),
        ),
        (
            ("/seller/address/postalCode", gone.clone()),
            ("/seller/address", "IS-R-003"),
        ),
        (
            ("/buyer/legalId", gone.clone()),
            ("/buyer/legalId", "IS-R-004"),
        ),
        (
            ("/buyer/address/street", gone.clone()),
            ("/buyer/address", "IS-R-005"),
        ),
        (
            ("/payment/means", json!({ "code": "42", "account": "1" })),
            ("/payment/means/account", "IS-R-006"),
        ),
        (
            (
                "/attachments",
                json!([{ "id": "2026", "description": "EINDAGI" }]),
            ),
            ("/attachments/0/id", "IS-R-008"),
        ),
        (
            (
                "/attachments",
                json!([{ "id": "2026-12-01", "description": "EINDAGI" }]),
            ),
            ("/attachments/0/id", "IS-R-010"),
        ),
    ] {
        check_national("IS", &icelandic, &[broken], expected);
    }
    let norwegian = [("/seller/vatId", json!("NO974760673MVA"))];
    check_national(
        "NO",
        &norwegian,
        &[("/seller/vatId", json!("NO974760674MVA"))],
        ("/seller/vatId", "NO-R-001"),
    );
}

#[test]
fn peppol_has_rules_for_the_number_of_a_greek_invoice_and_its_parties() {
    let address = |number: &str| json!({ "value": number, "scheme": "9933" });
    let mark = json!({ "id": "400001234567890", "description": "##M.AR.K##" });
    let link = |id: &str| json!({ "id": id, "description": "##INVOICE|URL##", "url": "https://mydata.example/1" });
    let number = "094019245|21/11/2026|1|1.1|0|4711";
    let greek = [
        ("/number", json!(number)),
        ("/seller/vatId", json!("EL094019245")),
        ("/seller/tradingName", json!("Nordlicht")),
        ("/seller/electronicAddress", address("094019245")),
        ("/buyer/vatId", json!("EL090000045")),
        ("/buyer/tradingName", json!("Öztürk")),
        ("/buyer/electronicAddress", address("090000045")),
        ("/attachments", json!([mark, link("1")])),
    ];
    for (other, rule) in [
        ("4711", "GR-R-001-1"),
        ("090000045|21/11/2026|1|1.1|0|4711", "GR-R-001-2"),
        ("094019245|2026-11-21|1|1.1|0|4711", "GR-R-001-3"),
        ("094019245|22/11/2026|1|1.1|0|4711", "GR-R-001-3"),
        ("094019245|21/11/2026|A|1.1|0|4711", "GR-R-001-4"),
        ("094019245|21/11/2026|1|9.9|0|4711", "GR-R-001-5"),
        ("094019245|21/11/2026|1|1.1||4711", "GR-R-001-6"),
        ("094019245|21/11/2026|1|1.1|0|", "GR-R-001-7"),
    ] {
        check_national(
            "GR",
            &greek,
            &[("/number", json!(other))],
            ("/number", rule),
        );
    }
    for (broken, expected) in [
        (
            ("/seller/tradingName", Value::Null),
            ("/seller/tradingName", "GR-R-002"),
        ),
        (
            ("/seller/vatId", json!("GR094019245")),
            ("/seller/vatId", "GR-R-003"),
        ),
        (
            ("/attachments", json!([link("1")])),
            ("/attachments", "GR-R-004-1"),
        ),
        (
            ("/attachments/0/id", json!("0400")),
            ("/attachments/0/id", "GR-R-004-2"),
        ),
        (
            ("/buyer/tradingName", Value::Null),
            ("/buyer/tradingName", "GR-R-005"),
        ),
        (
            ("/buyer/vatId", json!("EL090000046")),
            ("/buyer/vatId", "GR-R-006"),
        ),
        (("/buyer/vatId", Value::Null), ("/buyer/vatId", "GR-R-006")),
        (
            ("/attachments/2", link("2")),
            ("/attachments/2/description", "GR-R-008-2"),
        ),
        (
            ("/attachments/1/url", Value::Null),
            ("/attachments/1/url", "GR-R-008-3"),
        ),
        (
            ("/seller/electronicAddress", address("094019246")),
            ("/seller/electronicAddress", "GR-R-009"),
        ),
        (
            ("/buyer/electronicAddress/scheme", json!("9930")),
            ("/buyer/electronicAddress", "GR-R-010"),
        ),
    ] {
        check_national("GR", &greek, &[broken], expected);
    }
    // A buyer abroad has no Greek number.
    let abroad = [
        ("/buyer/address/country", json!("DE")),
        ("/buyer/vatId", json!("DE987654321")),
        (
            "/buyer/electronicAddress",
            json!({ "value": "DE987654321", "scheme": "9930" }),
        ),
    ];
    let mut changes = vec![("/seller/address/country", json!("GR"))];
    changes.extend_from_slice(&greek);
    changes.extend_from_slice(&abroad);
    check(PeppolBis3, &changes, &[]);
}
