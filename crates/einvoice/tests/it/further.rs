//! Rules that `en16931` has not, or has in part.

use einvoice::Syntax;
use invoice::model::EInvoiceProfile::{self, FacturXEn16931, PeppolBis3, XRechnung30};
use serde_json::{Value, json};

use crate::request::{check, problems, request, with};

#[test]
fn a_payee_is_another_party_than_the_seller() {
    for (seller, payee, pointer) in [
        (
            ("/seller/tradingName", json!("Bank")),
            json!({ "name": "Bank" }),
            "/payee/name",
        ),
        (
            ("/seller/note", Value::Null),
            json!({ "name": "Nordlicht Handels GmbH " }),
            "/payee/name",
        ),
        (
            ("/seller/legalId", json!({ "value": "HRB 1" })),
            json!({ "name": "Bank", "legalId": { "value": "HRB 1" } }),
            "/payee/legalId",
        ),
        (
            ("/seller/ids", json!([{ "value": "A" }, { "value": "B" }])),
            json!({ "name": "Bank", "ids": [{ "value": "B" }] }),
            "/payee/ids/0",
        ),
    ] {
        for profile in EInvoiceProfile::ALL {
            check(
                profile,
                &[seller.clone(), ("/payee", payee.clone())],
                &[(pointer, "BR-17")],
            );
        }
    }
}

#[test]
fn a_holder_alone_is_no_card() {
    let means = json!({ "code": "48", "cardHolder": "A. Muster" });
    check(
        FacturXEn16931,
        &[("/payment/means", means)],
        &[("/payment/means/cardLast4", "BR-51")],
    );
}

#[test]
fn each_direct_debit_has_a_mandate_in_germany_and_in_peppol() {
    let means = json!({ "code": "49", "creditorId": "DE98ZZZ09999999999", "debitedAccount": "DE89370400440532013000" });
    let expected = [("/payment/means/mandate", "PEPPOL-EN16931-R061")];
    check(XRechnung30, &[("/payment/means", means.clone())], &expected);
    check(PeppolBis3, &[("/payment/means", means.clone())], &expected);
    check(FacturXEn16931, &[("/payment/means", means)], &[]);
    // The code alone says how it is paid.
    for code in ["49", "59"] {
        check(
            FacturXEn16931,
            &[("/payment/means", json!({ "code": code }))],
            &[],
        );
    }
}

#[test]
fn a_tax_representative_stands_in_for_the_tax_number_of_the_seller() {
    let changes = [
        ("/seller/vatId", Value::Null),
        ("/seller/legalId", json!({ "value": "HRB 1" })),
        (
            "/taxRepresentative",
            json!({ "name": "R", "vatId": "DE136695976", "address": { "city": "Kassel", "country": "DE" } }),
        ),
    ];
    check(XRechnung30, &changes, &[]);
    check(PeppolBis3, &changes, &[]);
}

#[test]
fn a_share_is_exact_where_the_currency_has_no_minor_unit() {
    let changes = [
        ("/currency", json!("ISK")),
        ("/lines/0/unitPrice", json!("1234")),
        ("/lines/0/quantity", json!("1")),
        ("/lines/1/unitPrice", json!("1000")),
        (
            "/lines/0/charges",
            json!([{ "amount": "1", "reasonCode": "FC" }, { "percent": "10", "reasonCode": "FC" }]),
        ),
    ];
    let expected = [("/lines/0/charges/1/amount", "PEPPOL-EN16931-R040")];
    let found = problems(&with(&changes), XRechnung30, Syntax::Cii);
    let pairs: Vec<(&str, &str)> = found
        .iter()
        .map(|(pointer, rule, _)| (pointer.as_str(), rule.unwrap_or_default()))
        .collect();
    assert_eq!(pairs, expected);
    assert!(
        found[0].2.contains("leave percent and base out"),
        "{found:?}"
    );
}

#[test]
fn a_hundred_taxes_are_enough() {
    let mut request = request();
    let line = request["lines"][1].clone();
    let lines = (0..101).map(|number| {
        let mut line = line.clone();
        line["id"] = json!(number.to_string());
        line["tax"]["rate"] = json!(format!("19.{number:03}1"));
        line
    });
    request["lines"] = lines.collect();
    let found = problems(&request, FacturXEn16931, Syntax::Cii);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].2,
        "have 101 different taxes, expected at most 100 in an e-invoice"
    );
}

#[test]
fn a_note_in_ubl_has_no_subject_in_its_text() {
    let notes = json!([{ "text": "Danke" }, { "text": "Positionen #4, #7" }, { "text": "#AAI# frei", "subjectCode": "AAI" }]);
    let request = with(&[("/notes", notes)]);
    let found = problems(&request, PeppolBis3, Syntax::Ubl);
    let pairs: Vec<(&str, Option<&str>)> = found
        .iter()
        .map(|(pointer, rule, _)| (pointer.as_str(), *rule))
        .collect();
    assert_eq!(pairs, [("/notes/1/text", Some("BR-CL-08"))]);
    assert_eq!(problems(&request, XRechnung30, Syntax::Cii), []);
}

#[test]
fn codes_are_in_the_list_of_the_syntax_and_the_profile() {
    let split = json!({ "category": "B", "rate": "22" });
    let italy = json!("IT");
    for (profile, syntax, changes, pointer, rule) in [
        (
            PeppolBis3,
            Syntax::Ubl,
            vec![("/notes", json!([{ "text": "x", "subjectCode": "BAT" }]))],
            "/notes/0/subjectCode",
            "BR-CL-08",
        ),
        (
            XRechnung30,
            Syntax::Cii,
            vec![("/lines/1/origin", json!("SS"))],
            "/lines/1/origin",
            "BR-CL-15",
        ),
        (
            FacturXEn16931,
            Syntax::Cii,
            vec![(
                "/taxRepresentative",
                json!({ "name": "R", "vatId": "DE136695976", "address": { "city": "Juba", "country": "SS" } }),
            )],
            "/taxRepresentative/address/country",
            "BR-CL-14",
        ),
        (
            FacturXEn16931,
            Syntax::Cii,
            vec![(
                "/seller/ids",
                json!([{ "value": "A" }, { "value": "1", "scheme": "0248" }]),
            )],
            "/seller/ids/1/scheme",
            "BR-CL-10",
        ),
        (
            FacturXEn16931,
            Syntax::Cii,
            vec![(
                "/delivery/locationId",
                json!({ "value": "1", "scheme": "0241" }),
            )],
            "/delivery/locationId/scheme",
            "BR-CL-10",
        ),
        (
            FacturXEn16931,
            Syntax::Cii,
            vec![("/buyer/vatId", json!("SS123456"))],
            "/buyer/vatId",
            "BR-CO-09",
        ),
        (
            FacturXEn16931,
            Syntax::Cii,
            vec![("/buyer/electronicAddress/scheme", json!("0219"))],
            "/buyer/electronicAddress/scheme",
            "BR-CL-25",
        ),
        (
            FacturXEn16931,
            Syntax::Cii,
            vec![
                ("/seller/address/country", italy.clone()),
                ("/buyer/address/country", italy),
                ("/lines/0/tax", split.clone()),
                ("/lines/1/tax", split),
            ],
            "/lines/0/tax/category",
            "BR-CL-18",
        ),
    ] {
        let found = problems(&with(&changes), profile, syntax);
        let pairs: Vec<(&str, Option<&str>)> = found
            .iter()
            .map(|(pointer, rule, _)| (pointer.as_str(), *rule))
            .collect();
        assert_eq!(pairs, [(pointer, Some(rule))], "{changes:?}");
        // The other syntax has it.
        let other = if syntax == Syntax::Cii {
            Syntax::Ubl
        } else {
            Syntax::Cii
        };
        assert_eq!(problems(&with(&changes), profile, other), [], "{changes:?}");
    }
}

#[test]
fn kosovo_has_the_code_of_the_list() {
    let address = |country: &str| json!({ "street": "s", "city": "Pristina", "postalCode": "10000", "country": country });
    for (pointer, place) in [
        ("/seller/address", "/seller/address/country"),
        ("/buyer/address", "/buyer/address/country"),
        ("/delivery/address", "/delivery/address/country"),
        (
            "/taxRepresentative/address",
            "/taxRepresentative/address/country",
        ),
        ("/lines/1/origin", "/lines/1/origin"),
    ] {
        let is_origin = pointer == "/lines/1/origin";
        let changes = |country: &str| {
            let value = if is_origin {
                json!(country)
            } else {
                address(country)
            };
            let mut changes = vec![(pointer, value)];
            if pointer.starts_with("/taxRepresentative") {
                changes.push(("/taxRepresentative/name", json!("R")));
                changes.push(("/taxRepresentative/vatId", json!("DE136695976")));
            }
            changes
        };
        for profile in EInvoiceProfile::ALL {
            let rule = if is_origin { "BR-CL-15" } else { "BR-CL-14" };
            check(profile, &changes("XK"), &[(place, rule)]);
            check(profile, &changes("1A"), &[]);
        }
    }
}

#[test]
fn sums_that_the_rules_of_cii_cannot_add_are_refused_there() {
    let line = |price: &str| json!({ "name": "a", "quantity": "1", "unitPrice": price, "tax": { "category": "S", "rate": "19" } });
    let lines = |prices: &[&str]| json!(prices.iter().map(|price| line(price)).collect::<Vec<_>>());
    let discount = json!([{ "amount": "123456789012345.67", "reason": "x" }]);
    for (changes, expected) in [
        // Near to 2^53 cents: the published rules find other cents.
        (
            vec![("/lines", lines(&["90071992547409.93"]))],
            &[("/totals/lines", "BR-CO-10")][..],
        ),
        (
            vec![
                ("/lines", lines(&["900000000000000.25"])),
                ("/allowances", discount),
            ],
            &[
                ("/totals/lines", "BR-CO-10"),
                ("/totals/allowances", "BR-CO-11"),
                ("/totals/tax", "BR-CO-14"),
            ],
        ),
        (vec![("/lines", lines(&["9999999999.99"]))], &[]),
        (vec![("/lines", lines(&["1234567890123.45", "0.01"]))], &[]),
    ] {
        let request = with(&changes);
        let found = problems(&request, FacturXEn16931, Syntax::Cii);
        let pairs: Vec<(&str, &str)> = found
            .iter()
            .map(|(pointer, rule, _)| (pointer.as_str(), rule.unwrap_or_default()))
            .collect();
        assert_eq!(pairs, expected, "{changes:?}");
        // Those of UBL add decimal numbers.
        assert_eq!(problems(&request, FacturXEn16931, Syntax::Ubl), []);
    }
}

#[test]
fn peppol_has_type_81_for_credit_notes_only() {
    let code = ("/documentTypeCode", json!("81"));
    let expected = [("/documentTypeCode", "PEPPOL-EN16931-P0100")];
    check(PeppolBis3, std::slice::from_ref(&code), &expected);
    check(FacturXEn16931, std::slice::from_ref(&code), &[]);
    let note = [code, ("/documentType", json!("credit-note"))];
    check(PeppolBis3, &note, &[]);
}

#[test]
fn factur_x_has_new_registers_for_legal_identifiers_and_items() {
    let id = json!({ "value": "1", "scheme": "0248" });
    let changes = [("/seller/legalId", id.clone()), ("/lines/0/itemId", id)];
    check(FacturXEn16931, &changes, &[]);
}
