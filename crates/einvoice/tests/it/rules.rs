//! Rules that a request breaks: pointer, rule and words.

use einvoice::Syntax;
use invoice::model::EInvoiceProfile::{FacturXEn16931, PeppolBis3, XRechnung30};
use serde_json::{Value, json};

use crate::request::{check, problems, request, set};

#[test]
fn a_rule_that_is_broken_names_the_field_to_change() {
    let gone = Value::Null;
    for (profile, pointer, value, expected) in [
        (
            FacturXEn16931,
            "/dueDate",
            gone.clone(),
            ("/dueDate", "BR-CO-25"),
        ),
        (
            XRechnung30,
            "/dueDate",
            gone.clone(),
            ("/dueDate", "BR-CO-25"),
        ),
        (
            XRechnung30,
            "/payment/means",
            gone.clone(),
            ("/payment/means", "BR-DE-1"),
        ),
        (
            XRechnung30,
            "/seller/address/city",
            gone.clone(),
            ("/seller/address/city", "BR-DE-3"),
        ),
        (
            XRechnung30,
            "/seller/address/postalCode",
            gone.clone(),
            ("/seller/address/postalCode", "BR-DE-4"),
        ),
        (
            XRechnung30,
            "/seller/contact/name",
            gone.clone(),
            ("/seller/contact/name", "BR-DE-5"),
        ),
        (
            XRechnung30,
            "/seller/contact/phone",
            gone.clone(),
            ("/seller/contact/phone", "BR-DE-6"),
        ),
        (
            XRechnung30,
            "/seller/contact/email",
            gone.clone(),
            ("/seller/contact/email", "BR-DE-7"),
        ),
        (
            XRechnung30,
            "/buyer/address/city",
            gone.clone(),
            ("/buyer/address/city", "BR-DE-8"),
        ),
        (
            XRechnung30,
            "/buyer/address/postalCode",
            gone.clone(),
            ("/buyer/address/postalCode", "BR-DE-9"),
        ),
        (
            XRechnung30,
            "/references/buyerReference",
            gone.clone(),
            ("/references/buyerReference", "BR-DE-15"),
        ),
        (
            XRechnung30,
            "/payment/terms",
            json!("#SKONTO#TAGE=14#PROZENT=2#"),
            ("/payment/terms", "BR-DE-18"),
        ),
        (
            XRechnung30,
            "/attachments",
            json!([{ "id": "A", "url": "plan.pdf" }]),
            ("/attachments/0/url", "BR-TMP-2"),
        ),
        (
            XRechnung30,
            "/buyer/electronicAddress",
            gone.clone(),
            ("/buyer/electronicAddress", "PEPPOL-EN16931-R010"),
        ),
        (
            XRechnung30,
            "/seller/electronicAddress",
            gone.clone(),
            ("/seller/electronicAddress", "PEPPOL-EN16931-R020"),
        ),
        (
            PeppolBis3,
            "/businessProcess",
            json!("urn:x"),
            ("/businessProcess", "PEPPOL-EN16931-R007"),
        ),
        (
            PeppolBis3,
            "/buyer/electronicAddress/scheme",
            json!("EM"),
            ("/buyer/electronicAddress/scheme", "PEPPOL-EN16931-CL008"),
        ),
        (
            PeppolBis3,
            "/seller/ids",
            json!([{ "value": "4012345000015", "scheme": "0088" }]),
            ("/seller/ids", "PEPPOL-COMMON-R040"),
        ),
        (
            PeppolBis3,
            "/documentType",
            json!("self-billed-invoice"),
            ("/documentType", "PEPPOL-EN16931-P0100"),
        ),
        (
            PeppolBis3,
            "/documentType",
            json!("self-billed-credit-note"),
            ("/documentType", "PEPPOL-EN16931-P0101"),
        ),
        (
            PeppolBis3,
            "/references/buyerReference",
            gone.clone(),
            ("/references/buyerReference", "PEPPOL-EN16931-R003"),
        ),
    ] {
        let mut expected = vec![expected];
        // Peppol has the rules of XRechnung as well, where both parties are in Germany.
        if pointer == "/references/buyerReference" && profile == PeppolBis3 {
            expected.push(("/references/buyerReference", "DE-R-015"));
        }
        check(profile, &[(pointer, value)], &expected);
    }
}

#[test]
fn rules_about_items_of_a_list_have_its_index() {
    let percent = json!([{ "amount": "1.00", "reasonCode": "95" }, { "percent": "10", "amount": "1.89", "reasonCode": "95" }]);
    let expected = [("/lines/1/allowances/1/base", "PEPPOL-EN16931-R041")];
    check(XRechnung30, &[("/lines/1/allowances", percent)], &expected);
    let percent = json!([{ "percent": "10", "amount": "1.89", "reasonCode": "95", "tax": { "category": "S", "rate": "7" } }]);
    let expected = [("/allowances/0/base", "PEPPOL-EN16931-R041")];
    check(XRechnung30, &[("/allowances", percent)], &expected);
    let period = json!({ "start": "2026-11-01", "end": "2026-11-20" });
    let earlier = json!({ "start": "2026-10-31" });
    let later = json!({ "end": "2026-11-21" });
    check(
        PeppolBis3,
        &[
            ("/period", period),
            ("/lines/0/period", earlier),
            ("/lines/1/period", later),
        ],
        &[
            ("/lines/0/period/start", "PEPPOL-EN16931-R110"),
            ("/lines/1/period/end", "PEPPOL-EN16931-R111"),
        ],
    );
}

#[test]
fn a_direct_debit_needs_its_mandate_creditor_and_account() {
    let means = json!({ "code": "59", "mandate": "M-1" });
    check(
        XRechnung30,
        &[("/payment/means", means)],
        &[
            ("/payment/means/creditorId", "BR-DE-30"),
            ("/payment/means/debitedAccount", "BR-DE-31"),
        ],
    );
    let means = json!({ "code": "59", "creditorId": "DE98ZZZ09999999999", "debitedAccount": "DE89370400440532013000" });
    check(
        PeppolBis3,
        &[("/payment/means", means)],
        &[("/payment/means/mandate", "PEPPOL-EN16931-R061")],
    );
}

#[test]
fn a_seller_without_identifiers_is_not_found_by_programs() {
    let changes = [
        ("/seller/vatId", Value::Null),
        ("/seller/taxRegistrationId", json!("22/815/08151")),
    ];
    check(FacturXEn16931, &changes, &[("/seller/vatId", "BR-CO-26")]);
}

#[test]
fn a_code_of_exemption_stands_on_its_category_in_peppol() {
    let mut lines = request()["lines"].clone();
    lines[1]["tax"] = json!({ "category": "E", "rate": "0", "exemptionCode": "VATEX-EU-AE" });
    check(
        PeppolBis3,
        &[("/lines", lines)],
        &[("/lines/1/tax/exemptionCode", "PEPPOL-EN16931-P0107")],
    );
}

#[test]
fn several_notes_are_for_germany_in_peppol() {
    let notes = json!([{ "text": "one" }, { "text": "two" }]);
    check(PeppolBis3, &[("/notes", notes.clone())], &[]);
    let changes = [("/notes", notes), ("/buyer/address/country", json!("AT"))];
    check(PeppolBis3, &changes, &[("/notes", "PEPPOL-EN16931-R002")]);
}

#[test]
fn a_request_for_factur_x_learns_all_that_xrechnung_needs_at_once() {
    let mut request = request();
    for pointer in [
        "/seller/contact",
        "/seller/electronicAddress",
        "/buyer/electronicAddress",
        "/references",
        "/payment",
    ] {
        set(&mut request, pointer, Value::Null);
    }
    assert_eq!(problems(&request, FacturXEn16931, Syntax::Cii), []);
    let found = problems(&request, XRechnung30, Syntax::Cii);
    let rules: Vec<&str> = found.iter().filter_map(|(_, rule, _)| *rule).collect();
    let mut sorted = rules.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            "BR-DE-1",
            "BR-DE-15",
            "BR-DE-5",
            "BR-DE-6",
            "BR-DE-7",
            "PEPPOL-EN16931-R010",
            "PEPPOL-EN16931-R020"
        ]
    );
    let email = found
        .iter()
        .find(|(_, rule, _)| *rule == Some("BR-DE-7"))
        .expect("the rule");
    assert_eq!(
        (email.0.as_str(), email.2.as_str()),
        (
            "/seller/contact/email",
            "is missing, expected the e-mail address of the seller's contact: XRechnung needs it"
        )
    );
}

#[test]
fn a_name_of_an_account_needs_the_account() {
    let means = json!({ "code": "10", "accountName": "Nordlicht" });
    check(
        FacturXEn16931,
        &[("/payment/means", means)],
        &[("/payment/means/iban", "BR-50")],
    );
}
