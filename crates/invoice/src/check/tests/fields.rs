//! All fields of a request, and which values are refused.

use super::*;

/// A request with all fields.
fn complete() -> Value {
    let mut request = request();
    let party = |name: &str| {
        json!({
            "name": name, "tradingName": "Shop", "vatId": "DE123456789", "taxRegistrationId": "12/345",
            "ids": [{ "value": "4711", "scheme": "0088" }],
            "legalId": { "value": "HRB 1", "scheme": "0204" },
            "electronicAddress": { "value": "a@b.example", "scheme": "EM" },
            "address": { "street": "Weg", "number": "1", "additional": "Hof", "additional2": "2. OG", "city": "Ort",
                         "postalCode": "1", "region": "X", "country": "DE" },
            "contact": { "name": "N", "phone": "1", "email": "n@b.example" }
        })
    };
    for name in ["seller", "buyer", "payee", "taxRepresentative"] {
        request[name] = party(name);
    }
    request["taxRepresentative"]["ids"] = Value::Null;
    request["seller"]["legalInformation"] = json!("Share capital\n25.000 EUR");
    request["documentTypeCode"] = json!("393");
    request["businessProcess"] = json!("P1");
    request["specification"] = json!("urn:cen.eu:en16931:2017");
    request["period"] = json!({ "start": "2026-11-01", "end": "2026-11-30" });
    request["dueDate"] = json!("2026-12-21");
    request["taxPointDate"] = json!("2026-11-20");
    request["taxCurrency"] = json!("SEK");
    request["template"] = json!({ "name": "invoice", "version": "1", "paper": "us-letter" });
    request["delivery"] = json!({
        "name": "Lager", "address": { "country": "AT" }, "date": "2026-11-19",
        "locationId": { "value": "83745498753497" }
    });
    request["references"] = json!({
        "buyerReference": "a", "purchaseOrder": "b", "salesOrder": "c", "contract": "d", "project": "e",
        "despatchAdvice": "f", "receivingAdvice": "h", "tender": "i", "buyerAccounting": "j",
        "invoicedObject": { "value": "k", "scheme": "AAA" },
        "precedingInvoices": [{ "number": "g", "issueDate": "2026-11-01" }]
    });
    let exempt = json!({
        "category": "E", "rate": "0", "exemptionCode": "VATEX-EU-132", "exemptionReason": "Education"
    });
    let lines = request["lines"].as_array_mut().expect("lines");
    lines.push(json!({ "name": "Course", "quantity": "1", "unitPrice": "0", "tax": exempt }));
    let line = &mut lines[0];
    line["sku"] = json!("M-1");
    line["gtin"] = json!("4006381333931");
    line["note"] = json!("a\nb");
    line["object"] = json!({ "value": "M-7", "scheme": "AVE" });
    line["orderLine"] = json!("3");
    line["buyerAccounting"] = json!("4400");
    line["buyerSku"] = json!("B-1");
    line["itemId"] = json!({ "value": "4006381333931", "scheme": "0160" });
    line["classifications"] = json!([{ "code": "15612100", "scheme": "STI", "version": "2008" }]);
    line["origin"] = json!("DE");
    line["attributes"] = json!([{ "name": "Colour", "value": "white" }]);
    line["grossPrice"] = json!("20.90");
    line["priceDiscount"] = json!("2.00");
    line["priceBaseUnit"] = json!("C62");
    line["description"] = json!("Two\nlines");
    line["priceBaseQuantity"] = json!("1");
    line["allowances"] = json!([
        { "amount": "22.68", "percent": "10", "base": "226.80", "reason": "Sale", "reasonCode": "95",
          "fundedBy": "platform" }
    ]);
    line["charges"] =
        json!([{ "amount": "22.68", "reason": "Wrap", "reasonCode": "ABK", "fundedBy": "" }]);
    line["period"] = json!({ "start": "2026-11-01", "end": "2026-11-30" });
    let tax = json!({ "category": "S", "rate": "7" });
    request["allowances"] = json!([{ "amount": "1.00", "fundedBy": "seller", "tax": tax }]);
    request["charges"] = json!([{ "amount": "1.00", "reasonCode": "FC", "tax": tax }]);
    let breakdown = request["taxBreakdown"].as_array_mut();
    breakdown.expect("a breakdown").push(json!({
        "category": "E", "rate": "0", "exemptionCode": "VATEX-EU-132", "exemptionReason": "Education",
        "taxable": "0.00", "tax": "0.00"
    }));
    request["totals"] = json!({
        "lines": "256.65", "allowances": "1.00", "charges": "1.00", "net": "256.65", "tax": "21.55",
        "taxInTaxCurrency": "236.00", "gross": "278.20", "prepaid": "8.20", "rounding": "-0.01", "due": "269.99"
    });
    request["payment"] = json!({ "terms": "30 days", "means": {
        "code": "48", "cardLast4": "4242", "cardFirst6": "411111", "cardHolder": "J. Doe", "creditorId": "DE98ZZZ09999999999",
        "text": "Card", "debitedAccount": "0532013000", "mandate": "M-1", "url": "https://pay.example/1", "bic": "COBADEFFXXX",
        "iban": "DE89370400440532013000", "accountName": "Nordlicht", "remittance": "RE-1"
    }, "furtherMeans": [{ "code": "30", "account": "5050-1055", "providerId": "SE:BANKGIRO" }] });
    request["notes"] = json!([{ "subjectCode": "REG", "text": "a\nb" }, {}]);
    request["attachments"] = json!([
        { "id": "T-1", "description": "Timesheet", "url": "https://a.example/t", "content": "" },
        { "id": "T-2", "content": "YTtiCg==", "mimeType": "text/csv", "filename": "t.csv", "relationship": "data" }
    ]);
    request["extensions"] = json!({ "loyalty": { "points": 12 } });
    request
}

#[test]
fn a_request_with_all_fields_is_valid() {
    let invoice = parse_value(&complete()).expect("valid");
    assert_eq!(
        invoice.payee.expect("a payee").trading_name.as_deref(),
        Some("Shop")
    );
    assert_eq!(invoice.references.preceding_invoices[0].number, "g");
    assert_eq!(invoice.notes.len(), 1);
    assert_eq!(
        invoice.template.paper.map(|paper| paper.as_str()),
        Some("us-letter")
    );
    assert_eq!(invoice.extensions["loyalty"]["points"], 12);
}

/// Pointers to all texts and lists in a value.
fn texts_and_lists(value: &Value, pointer: &str, found: &mut Vec<String>) {
    if value.is_string() || value.is_array() {
        found.push(pointer.to_owned());
    }
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            texts_and_lists(member, &format!("{pointer}/{name}"), found);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| {
            texts_and_lists(item, &format!("{pointer}/{index}"), found);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn blank_texts_and_empty_lists_count_as_absent() {
    let request = complete();
    let parsed_with = |pointer: &str, value: Value| {
        let mut request = request.clone();
        *request.pointer_mut(pointer).expect("a field") = value;
        parse_value(&request)
    };
    let mut pointers = Vec::new();
    texts_and_lists(&request, "", &mut pointers);
    for pointer in pointers {
        let absent = parsed_with(&pointer, Value::Null);
        let is_list = request.pointer(&pointer).is_some_and(Value::is_array);
        let nothing = if is_list {
            vec![json!([])]
        } else {
            // White space; a soft hyphen, a zero-width space, a byte order mark, a mark of direction.
            vec![
                json!(""),
                json!(" \t\u{a0}"),
                json!("\u{ad}\u{200b}\u{feff}\u{200f}"),
            ]
        };
        for value in nothing {
            let parsed = parsed_with(&pointer, value.clone());
            assert_eq!(parsed, absent, "{pointer} = {value}");
        }
    }
    for pointer in ["/number", "/seller/name", "/lines/0/name"] {
        let invalid = parsed_with(pointer, json!(" ")).expect_err("must be refused");
        assert_eq!(invalid.code().as_str(), "field_missing", "{pointer}");
    }
}

#[test]
fn line_breaks_have_one_form_and_tabs_are_spaces() {
    let mut request = complete();
    request["notes"] = json!([{ "text": "a\r\nb\rc\n\td" }]);
    request["lines"][0]["name"] = json!("Mehl\tTyp 550");
    let invoice = parse_value(&request).expect("valid");
    assert_eq!(invoice.notes[0].text, "a\nb\nc\n d");
    assert_eq!(invoice.lines[0].name, "Mehl Typ 550");

    for (text, name) in [
        ("Flour,\n25 kg", "Flour, 25 kg"),
        ("Flour,\r\n25 kg", "Flour, 25 kg"),
        ("Flour,\r25 kg", "Flour, 25 kg"),
        ("Flour,\u{2028}25 kg", "Flour, 25 kg"),
        ("Flour,\u{2029}25\u{85}kg", "Flour, 25 kg"),
    ] {
        request["lines"][0]["name"] = json!(text);
        request["notes"] = json!([{ "text": text }]);
        let invoice = parse_value(&request).expect("valid");
        assert_eq!(invoice.lines[0].name, name, "{text:?}");
        assert!(invoice.notes[0].text.starts_with("Flour,\n25"), "{text:?}");
    }

    for (pointer, text, hint) in [
        ("/notes/0/text", "a\u{b}b", "line breaks (\\n) are allowed"),
        ("/lines/0/name", "a\u{b}b", "line breaks become spaces"),
    ] {
        let mut request = complete();
        *request.pointer_mut(pointer).expect("a text") = json!(text);
        let invalid = parse_value(&request).expect_err("must be refused");
        let message = invalid.to_string();
        assert!(
            message.starts_with(pointer) && message.ends_with(hint),
            "{message}"
        );
    }
}

#[test]
fn each_value_out_of_its_form_is_named() {
    for (pointer, value, code, rule) in [
        (
            "/seller/vatId",
            json!("123456789"),
            "field_invalid",
            Some("BR-CO-09"),
        ),
        ("/template", json!({ "paper": "a5" }), "field_invalid", None),
        (
            "/lines/0/gtin",
            json!("4006381333932"),
            "field_invalid",
            None,
        ),
        (
            "/lines/0/unit",
            json!("pieces"),
            "field_invalid",
            Some("BR-CL-23"),
        ),
        (
            "/lines/0/priceBaseQuantity",
            json!("0"),
            "quantity_invalid",
            Some("PEPPOL-EN16931-R121"),
        ),
        (
            "/lines/0/period",
            json!({ "start": "2026-11-02", "end": "2026-11-01" }),
            "date_invalid",
            Some("BR-30"),
        ),
        (
            "/allowances",
            json!([{ "amount": "1", "tax": { "category": "E", "rate": "0", "exemptionCode": "because" } }]),
            "field_invalid",
            Some("BR-CL-22"),
        ),
        (
            "/payment/means/code",
            json!("cash"),
            "field_invalid",
            Some("BR-CL-16"),
        ),
        (
            "/payment/means/cardLast4",
            json!("4242424242424242"),
            "field_invalid",
            None,
        ),
        (
            "/payment/means/url",
            json!("javascript:alert(1)"),
            "field_invalid",
            None,
        ),
        (
            "/payment/means/bic",
            json!("12345678"),
            "field_invalid",
            None,
        ),
        (
            "/payment/means/bic",
            json!("cobadeff"),
            "field_invalid",
            None,
        ),
        (
            "/notes",
            json!([{ "subjectCode": "x" }]),
            "field_invalid",
            Some("BR-CL-08"),
        ),
        ("/attachments", json!([{}]), "field_missing", Some("BR-52")),
        (
            "/attachments",
            json!([{ "id": "1", "content": "JVBERi0=" }]),
            "field_missing",
            None,
        ),
        (
            "/references",
            json!({ "precedingInvoices": [{}] }),
            "field_missing",
            Some("BR-55"),
        ),
        (
            "/delivery",
            json!({ "address": {} }),
            "field_missing",
            Some("BR-57"),
        ),
        ("/extensions", json!([]), "field_type", None),
    ] {
        let found = problems(&with(pointer, value.clone()));
        let (found_code, found_pointer, found_rule) = &found[0];
        assert_eq!(
            (*found_code, *found_rule),
            (code, rule),
            "{pointer} = {value}: {found:?}"
        );
        assert!(found_pointer.starts_with(pointer), "{found_pointer}");
    }
}

#[test]
fn a_vat_id_is_accepted_in_the_form_of_its_country() {
    for id in [
        "DE123456789",
        "DE 123 456 789",
        "ATU12345678",
        "CHE-123.456.789 MWST",
        "CHE\u{2011}123.456.789\u{a0}TVA",
        "IE1234567FA",
        "IE1+23456W",
        "IE1*23456W",
        "NL123456789B01",
        "ESX1234567X",
        "FRK7399859412",
        "EL123456789",
        "GR123456789",
        "XI123456789",
        "GBGD001",
        "EU372000041",
        "IM3720000224",
        "NO 974 760 673 MVA",
        "SA300123456700003",
        "BR12.345.678/0001-95",
        "MXA&B010101AB1",
        "RO18",
    ] {
        let invoice = parse_value(&with("/seller/vatId", json!(id))).expect(id);
        assert_eq!(invoice.seller.vat_id.as_deref(), Some(id));
    }
    for id in [
        "DE",
        "DE ",
        "DE1",
        "DE!!!",
        "QQ!!!",
        "XX123",
        "UK123456789",
        "de123456789",
        "ÖÖ12",
    ] {
        let place = "/seller/vatId".to_owned();
        let found = problems(&with("/seller/vatId", json!(id)));
        assert_eq!(found, [("field_invalid", place, Some("BR-CO-09"))], "{id}");
    }
}

#[test]
fn lists_have_a_limit() {
    for (pointer, item) in [
        ("/notes", json!({ "text": "x" })),
        ("/attachments", json!({ "id": "x" })),
        (
            "/allowances",
            json!({ "amount": "0.01", "tax": { "category": "S", "rate": "7" } }),
        ),
    ] {
        let found = problems(&with(pointer, Value::Array(vec![item; 101])));
        assert_eq!(found[0], ("field_invalid", pointer.to_owned(), None));
    }
}

/// How amounts are rounded is not known without a currency, but what a line has is checked all the same.
#[test]
fn a_request_without_a_known_currency_has_the_problems_of_its_lines_too() {
    for currency in [Value::Null, json!("EURO")] {
        let mut request = with("/currency", currency);
        let alone = problems(&request);
        assert!(
            alone.iter().all(|(_, pointer, _)| pointer == "/currency"),
            "{alone:?}"
        );
        // Three and four decimals, as some currencies have them; and a sum that only a currency could make right.
        request["lines"][0]["netAmount"] = json!("226.8001");
        request["lines"][0]["quantity"] = json!("many");
        request["lines"][1]["name"] = Value::Null;
        request["lines"][1]["tax"]["category"] = json!("?");
        request["lines"][1]["unitPrice"] = Value::Null;
        let found = problems(&request);
        let pointers: Vec<&str> = found.iter().map(|(_, it, _)| it.as_str()).collect();
        for pointer in [
            "/currency",
            "/lines/0/quantity",
            "/lines/1/name",
            "/lines/1/unitPrice",
            "/lines/1/tax/category",
        ] {
            assert!(pointers.contains(&pointer), "{pointer} is not in {found:?}");
        }
        assert_eq!(pointers.len(), 5, "{found:?}");
    }
}
