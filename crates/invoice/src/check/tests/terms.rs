//! Business terms of EN 16931 that few documents have: what is accepted, what the invoice has of it, and what is refused.

use super::*;
use crate::model::{Account, GrossPrice};

#[test]
fn an_account_and_a_bank_may_be_no_iban_and_no_bic() {
    let means = |means: Value| {
        let mut request = with("/payment", json!({ "means": means }));
        request["currency"] = json!("SEK");
        let invoice = parse_value(&request).unwrap_or_else(|invalid| panic!("{invalid}"));
        invoice.payment.expect("a payment").means.remove(0)
    };
    let bankgiro = means(json!({
        "code": "30", "iban": "5050-1055", "bic": "SE:BANKGIRO", "accountName": "Alder AB", "remittance": "800018"
    }));
    assert_eq!(bankgiro.account, Some(Account::Other("5050-1055".into())));
    assert_eq!(bankgiro.provider_id.as_deref(), Some("SE:BANKGIRO"));
    let named = json!({
        "code": "30", "account": "5050-1055", "providerId": "SE:BANKGIRO", "accountName": "Alder AB", "remittance": "800018"
    });
    assert_eq!(bankgiro, means(named));
}

#[test]
fn white_space_in_an_iban_is_dropped_and_its_letters_may_be_small() {
    for iban in [
        "DE89 3704 0044 0532013000",
        "DE89 3704 0044 0532 0130 00 ",
        "\u{a0}de89\u{202f}3704\t00440532013000\n",
    ] {
        let request = with(
            "/payment",
            json!({ "means": { "code": "58", "iban": iban } }),
        );
        let invoice = parse_value(&request).unwrap_or_else(|invalid| panic!("{iban:?}: {invalid}"));
        let means = &invoice.payment.expect("a payment").means[0];
        assert_eq!(means.iban(), Some("DE89370400440532013000"), "{iban:?}");
    }
}

#[test]
fn a_slip_in_an_iban_makes_no_other_account_of_it() {
    for (code, iban) in [
        ("30", "DE89 3704 0044 0532 0130 01"),
        ("30", "de89370400440532"),
        ("30", "GB29NWBK6016133192681O"),
        // The check digits are right, the length is not.
        ("30", "DE5137040044053201300"),
        // The structure is not known, and the check digits are wrong; or they are right, but no IBAN is so short.
        ("30", "PK37SCBL0000001123456702"),
        ("58", "PK37SCBL0000001123456702"),
        ("58", "US781234567890"),
        // SEPA needs an IBAN.
        ("58", "5050-1055"),
        ("59", "0532013000"),
        // There is no such country.
        ("58", "ZZ95SCBL0000001123456702"),
    ] {
        let means = json!({ "means": { "code": code, "iban": iban } });
        let found = problems(&with("/payment", means));
        let place = "/payment/means/iban".to_owned();
        assert_eq!(
            found,
            [("iban_invalid", place, Some("ISO 13616"))],
            "{iban}"
        );
    }
}

#[test]
fn an_iban_of_a_country_whose_structure_is_not_known_has_right_check_digits() {
    let account = |means: Value| {
        let request = with("/payment", json!({ "means": means }));
        let invoice = parse_value(&request).unwrap_or_else(|invalid| panic!("{means}: {invalid}"));
        invoice.payment.expect("a payment").means.remove(0).account
    };
    for iban in ["PK36SCBL0000001123456702", "HN88CABF00000000000250005469"] {
        for code in ["30", "58"] {
            let expected = Some(Account::Iban(iban.into()));
            assert_eq!(account(json!({ "code": code, "iban": iban })), expected);
        }
    }
    // The check digits are right by chance.
    let other = account(json!({ "code": "30", "account": "us50 12345678901" }));
    assert_eq!(other, Some(Account::Other("us50 12345678901".into())));
}

#[test]
fn an_account_may_look_like_an_iban_unless_the_payment_needs_one() {
    for account in ["NO99991122222", "US12345678"] {
        let means = json!({ "code": "30", "account": account, "debitedAccount": account });
        let invoice = parse_value(&with("/payment", json!({ "means": means }))).expect("valid");
        let means = invoice.payment.expect("a payment").means.remove(0);
        let expected = Some(Account::Other(account.into()));
        assert_eq!(
            (means.account, means.debited_account),
            (expected.clone(), expected)
        );
        let refused = |means: Value, member: &str| {
            let found = problems(&with("/payment", json!({ "means": means })));
            let place = format!("/payment/means/{member}");
            let expected = ("iban_invalid", place, Some("ISO 13616"));
            assert!(found.contains(&expected), "{member} {account}: {found:?}");
        };
        refused(json!({ "code": "30", "iban": account }), "iban");
        refused(json!({ "code": "58", "account": account }), "account");
        let debit = json!({ "code": "59", "debitedAccount": account, "mandate": "M-1", "creditorId": "DE98ZZZ09999999999" });
        refused(debit, "debitedAccount");
    }
    let right = json!({ "code": "30", "account": "DE89 3704 0044 0532 0130 00" });
    let invoice = parse_value(&with("/payment", json!({ "means": right }))).expect("valid");
    let means = &invoice.payment.expect("a payment").means[0];
    assert_eq!(means.iban(), Some("DE89370400440532013000"));
}

#[test]
fn the_only_account_of_a_direct_debit_is_the_one_that_is_debited() {
    let accounts = |means: Value| {
        let invoice = parse_value(&with("/payment", json!({ "means": means }))).expect("valid");
        let means = invoice.payment.expect("a payment").means.remove(0);
        (means.account, means.debited_account)
    };
    let iban = |iban: &str| Some(Account::Iban(iban.into()));
    let (german, british) = ("DE89370400440532013000", "GB29NWBK60161331926819");
    let debit = json!({ "code": "59", "iban": german, "mandate": "M-1", "creditorId": "DE98ZZZ09999999999" });
    assert_eq!(accounts(debit), (None, iban(german)));
    let both = json!({ "code": "59", "iban": german, "debitedAccount": british });
    assert_eq!(accounts(both), (iban(german), iban(british)));
    let transfer = json!({ "code": "58", "iban": german });
    assert_eq!(accounts(transfer), (iban(german), None));
}

#[test]
fn a_document_type_has_its_code_or_another_one_of_its_kind() {
    let code = |document_type: &str, code: Value| {
        let mut request = with("/documentTypeCode", code);
        request["documentType"] = json!(document_type);
        request["payment"] = Value::Null;
        request["references"] = json!({ "precedingInvoices": [{ "number": "1" }] });
        parse_value(&request).map(|invoice| invoice.type_code)
    };
    for (document_type, given, expected) in [
        ("invoice", None, Some("380")),
        ("prepayment-invoice", None, Some("386")),
        ("self-billed-credit-note", None, Some("261")),
        ("corrected-invoice", None, Some("384")),
        ("receipt", None, None),
        ("invoice", Some("393"), Some("393")),
        ("invoice", Some("380"), Some("380")),
        ("credit-note", Some("396"), Some("396")),
        ("invoice", Some("472"), Some("472")),
        ("corrected-invoice", Some("473"), Some("473")),
        ("prepayment-invoice", Some("500"), Some("500")),
        ("self-billed-invoice", Some("471"), Some("471")),
        ("self-billed-credit-note", Some("502"), Some("502")),
    ] {
        let found = code(document_type, json!(given));
        assert_eq!(found, Ok(expected), "{document_type} {given:?}");
    }
    for (document_type, given) in [
        ("invoice", "381"),
        ("invoice", "384"),
        ("credit-note", "380"),
        ("credit-note", "261"),
        ("receipt", "380"),
        ("corrected-invoice", "393"),
        ("corrected-invoice", "326"),
        ("prepayment-invoice", "82"),
        ("self-billed-invoice", "393"),
        ("self-billed-credit-note", "396"),
        ("invoice", "999"),
    ] {
        let invalid = code(document_type, json!(given)).expect_err("must be refused");
        let found = invalid.code().as_str();
        assert_eq!(
            found, "document_type_unsupported",
            "{document_type} {given}"
        );
    }
}

#[test]
fn a_corrective_code_takes_back_charges_and_names_what_it_corrects() {
    for (document_type, code) in [
        ("invoice", "471"),
        ("invoice", "472"),
        ("invoice", "473"),
        ("self-billed-invoice", "471"),
        ("corrected-invoice", "472"),
    ] {
        let mut request = with("/documentTypeCode", json!(code));
        request["documentType"] = json!(document_type);
        for name in ["taxBreakdown", "totals", "payment"] {
            request[name] = Value::Null;
        }
        request["charges"] = json!([{ "amount": "-4.90", "reasonCode": "FC", "tax": { "category": "S", "rate": "7" } }]);
        let place = "/references/precedingInvoices".to_owned();
        let rule = Some("Directive 2006/112/EC, 219");
        assert_eq!(
            problems(&request),
            [("field_missing", place, rule)],
            "{code}"
        );
        request["references"] = json!({ "precedingInvoices": [{ "number": "1" }] });
        parse_value(&request).expect(code);
        request["documentTypeCode"] = json!("389");
        request["documentType"] = json!("self-billed-invoice");
        let place = "/charges/0/amount".to_owned();
        assert_eq!(problems(&request), [("amount_invalid", place, None)]);
    }
}

#[test]
fn a_gross_price_and_its_discount_make_the_unit_price() {
    let gross = |price: Value, discount: Value| {
        let mut request = with("/lines/0/grossPrice", price);
        request["lines"][0]["priceDiscount"] = discount;
        parse_value(&request).map(|invoice| invoice.lines[0].details.gross_price)
    };
    let expected = |price, discount| {
        let (price, discount) = (Decimal::new(price, 1), Decimal::new(discount, 1));
        Ok(Some(GrossPrice { price, discount }))
    };
    let null = Value::Null;
    // The unit price is 18.90.
    assert_eq!(gross(null.clone(), null.clone()), Ok(None));
    assert_eq!(gross(json!("20.90"), json!("2.00")), expected(209, 20));
    assert_eq!(gross(json!("20.90"), null.clone()), expected(209, 20));
    assert_eq!(gross(null.clone(), json!("2")), expected(209, 20));
    assert_eq!(gross(json!("18.90"), null.clone()), expected(189, 0));
    for (price, discount, rule) in [
        (json!("20.90"), json!("1.00"), Some("PEPPOL-EN16931-R046")),
        (json!("-1"), null.clone(), None),
        (null, json!("-19"), Some("BR-28")),
    ] {
        let invalid = gross(price, discount).expect_err("must be refused");
        let problem = invalid.problems().next().expect("a problem");
        assert_eq!(problem.rule, rule, "{problem}");
    }
}

#[test]
fn terms_that_contradict_or_miss_something_are_refused() {
    for (pointer, value, place, rule) in [
        (
            "/lines/0/itemId",
            json!({ "value": "1" }),
            "/lines/0/itemId/scheme",
            Some("BR-64"),
        ),
        (
            "/lines/0/classifications",
            json!([{ "code": "1" }]),
            "/lines/0/classifications/0/scheme",
            Some("BR-65"),
        ),
        (
            "/lines/0/attributes",
            json!([{ "name": "Colour" }]),
            "/lines/0/attributes/0/value",
            Some("BR-54"),
        ),
        (
            "/lines/0/attributes",
            json!([{ "value": "red" }]),
            "/lines/0/attributes/0/name",
            Some("BR-54"),
        ),
        (
            "/lines/0/origin",
            json!("UK"),
            "/lines/0/origin",
            Some("BR-CL-15"),
        ),
        (
            "/lines/0/priceBaseUnit",
            json!("KGM"),
            "/lines/0/priceBaseUnit",
            Some("PEPPOL-EN16931-R130"),
        ),
        (
            "/period",
            json!({ "start": "2026-11-02", "end": "2026-11-01" }),
            "/period",
            Some("BR-29"),
        ),
        (
            "/taxPointDateCode",
            json!("7"),
            "/taxPointDateCode",
            Some("BR-CL-06"),
        ),
        (
            "/buyer/ids",
            json!([{ "value": "1" }, { "value": "2" }]),
            "/buyer/ids",
            None,
        ),
        (
            "/buyer/legalInformation",
            json!("x"),
            "/buyer/legalInformation",
            None,
        ),
        (
            "/payment/means",
            json!({ "code": "48", "cardFirst6": "411111" }),
            "/payment/means/cardLast4",
            Some("BR-51"),
        ),
        (
            "/payment/means",
            json!({ "code": "58", "iban": "DE89370400440532013000", "account": "1" }),
            "/payment/means/account",
            None,
        ),
        (
            "/payment/means",
            json!({ "code": "1", "bic": "COBADEFF", "providerId": "1" }),
            "/payment/means/providerId",
            None,
        ),
        (
            "/payment/furtherMeans",
            json!([{ "qr": true }]),
            "/payment/furtherMeans/0/qr",
            None,
        ),
        (
            "/payment",
            json!({ "furtherMeans": [{ "code": "48" }] }),
            "/payment/means",
            None,
        ),
    ] {
        let found = problems(&with(pointer, value.clone()));
        let found: Vec<_> = found
            .iter()
            .map(|(_, place, rule)| (&**place, *rule))
            .collect();
        assert_eq!(found, [(place, rule)], "{pointer} = {value}");
    }
    let mut both = with("/taxPointDate", json!("2026-11-20"));
    both["taxPointDateCode"] = json!("35");
    let place = "/taxPointDateCode".to_owned();
    assert_eq!(
        problems(&both),
        [("field_invalid", place, Some("BR-CO-03"))]
    );
    let mut other = with("/lines/0/gtin", json!("4006381333931"));
    other["lines"][0]["itemId"] = json!({ "value": "4006381333931", "scheme": "0088" });
    let place = "/lines/0/itemId".to_owned();
    assert_eq!(problems(&other), [("field_invalid", place, None)]);
}

#[test]
fn identifiers_without_a_value_and_periods_without_a_date_count_as_absent() {
    let mut request = with(
        "/seller/ids",
        json!([{ "value": " " }, { "value": "1" }, {}]),
    );
    request["period"] = json!({});
    request["lines"][0]["object"] = json!({ "scheme": "AAA" });
    let invoice = parse_value(&request).expect("valid");
    assert_eq!(invoice.seller.ids.len(), 1);
    assert_eq!(invoice.period, None);
    assert_eq!(invoice.lines[0].details, Default::default());
}
