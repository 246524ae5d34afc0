//! What tax categories require.

use super::*;

/// An invoice whose only line has this category.
fn of_category(category: &str) -> Value {
    let mut request = request();
    for name in ["taxBreakdown", "totals", "payment"] {
        request[name] = Value::Null;
    }
    request["lines"] = json!([
        { "name": "x", "quantity": "1", "unitPrice": "10", "tax": { "category": category, "rate": "0" } }
    ]);
    request
}

/// Pointer and rule of every problem.
fn rules(request: &Value) -> Vec<(String, Option<&'static str>)> {
    problems(request)
        .into_iter()
        .map(|(_, pointer, rule)| (pointer, rule))
        .collect()
}

fn place(pointer: &str, rule: &'static str) -> (String, Option<&'static str>) {
    (pointer.to_owned(), Some(rule))
}

#[test]
fn an_exemption_says_which_it_is() {
    let mut request = of_category("E");
    let pointer = "/lines/0/tax/exemptionReason";
    assert_eq!(rules(&request), [place(pointer, "BR-E-10")]);
    request["lines"][0]["tax"]["exemptionCode"] = json!("VATEX-EU-132");
    let invoice = parse_value(&request).expect("valid");
    let exemption = invoice.taxes[0].exemption.as_ref().expect("an exemption");
    assert_eq!(exemption.code.as_deref(), Some("VATEX-EU-132"));

    let mut second = request["lines"][0].clone();
    second["tax"]["exemptionCode"] = json!("VATEX-EU-143");
    request["lines"].as_array_mut().expect("lines").push(second);
    assert_eq!(rules(&request), [("/lines/1/tax".to_owned(), None)]);

    // The breakdown may add to the exemption of the lines, but not change it.
    let mut request = of_category("E");
    request["lines"][0]["tax"]["exemptionCode"] = json!("VATEX-EU-132");
    request["taxBreakdown"] =
        json!([{ "category": "E", "rate": "0", "exemptionReason": "Education" }]);
    let invoice = parse_value(&request).expect("valid");
    let exemption = invoice.taxes[0].exemption.as_ref().expect("an exemption");
    assert_eq!(exemption.code.as_deref(), Some("VATEX-EU-132"));
    assert_eq!(exemption.reason.as_deref(), Some("Education"));
    request["lines"][0]["tax"]["exemptionReason"] = json!("Training");
    request["taxBreakdown"][0]["exemptionCode"] = json!("VATEX-EU-132");
    let place_of_reason = "/taxBreakdown/0/exemptionReason".to_owned();
    assert_eq!(
        problems(&request),
        [("totals_mismatch", place_of_reason, None)]
    );

    // The breakdown may give it for all.
    let mut request = of_category("E");
    request["taxBreakdown"] =
        json!([{ "category": "E", "rate": "0", "exemptionReason": "Small business" }]);
    parse_value(&request).expect("valid");
    request["documentType"] = json!("receipt");
    request["taxBreakdown"] = Value::Null;
    parse_value(&request).expect("a receipt needs no reason");

    // For a category that only a charge has, the charge or the breakdown gives it.
    let mut request = of_category("Z");
    request["charges"] =
        json!([{ "amount": "1", "reason": "x", "tax": { "category": "E", "rate": "0" } }]);
    let pointer = "/charges/0/tax/exemptionReason";
    assert_eq!(rules(&request), [place(pointer, "BR-E-10")]);
    request["charges"][0]["tax"]["exemptionReason"] = json!("Small business");
    let invoice = parse_value(&request).expect("valid");
    let exemption = invoice.taxes[1].exemption.as_ref().expect("an exemption");
    assert_eq!(exemption.reason.as_deref(), Some("Small business"));
    let mut second = request["charges"][0].clone();
    second["tax"]["exemptionReason"] = json!("Education");
    request["charges"]
        .as_array_mut()
        .expect("charges")
        .push(second);
    assert_eq!(rules(&request), [("/charges/1/tax".to_owned(), None)]);
}

#[test]
fn what_is_wrong_is_not_called_missing_as_well() {
    let mut request = of_category("K");
    request["seller"]["vatId"] = json!("123456789");
    request["buyer"]["vatId"] = json!("UK123456789");
    request["delivery"] = json!({ "date": "2026-13-20", "address": { "country": "XY" } });
    request["taxRepresentative"] = json!({
        "name": "Rep", "vatId": "DE123456789", "address": { "country": "XY" }
    });
    let pointers: Vec<String> = rules(&request).into_iter().map(|(at, _)| at).collect();
    let expected = [
        "/seller/vatId",
        "/buyer/vatId",
        "/taxRepresentative/address/country",
        "/delivery/address/country",
        "/delivery/date",
    ];
    assert_eq!(pointers, expected);

    let mut request = of_category("AE");
    request["seller"]["taxRegistrationId"] = json!("12/345/67890");
    request["buyer"] = json!({ "vatId": "FR12345678901" });
    assert_eq!(rules(&request), [place("/buyer/name", "BR-07")]);
}

#[test]
fn reverse_charge_needs_both_parties() {
    let mut request = of_category("AE");
    request["seller"]["vatId"] = Value::Null;
    let expected = [
        place("/seller/vatId", "BR-AE-02"),
        place("/buyer/vatId", "BR-AE-02"),
    ];
    assert_eq!(rules(&request), expected);
    request["seller"]["taxRegistrationId"] = json!("12/345/67890");
    request["buyer"]["legalId"] = json!({ "value": "HRB 1" });
    parse_value(&request).expect("valid");
}

#[test]
fn an_intra_community_supply_needs_vat_ids_and_a_delivery() {
    let mut request = of_category("K");
    request["seller"]["vatId"] = Value::Null;
    let expected = [
        place("/seller/vatId", "BR-IC-02"),
        place("/buyer/vatId", "BR-IC-02"),
        place("/delivery/date", "BR-IC-11"),
        place("/delivery/address", "BR-IC-12"),
    ];
    assert_eq!(rules(&request), expected);
    request["buyer"]["vatId"] = json!("FR12345678901");
    request["delivery"] = json!({ "date": "2026-11-20", "address": { "country": "FR" } });
    request["taxRepresentative"] = json!({ "name": "Rep" });
    let expected = [
        place("/taxRepresentative/vatId", "BR-56"),
        place("/taxRepresentative/address", "BR-19"),
    ];
    assert_eq!(rules(&request), expected);
    request["taxRepresentative"]["vatId"] = json!("DE123456789");
    request["taxRepresentative"]["address"] = json!({ "country": "DE" });
    parse_value(&request).expect("valid");
    // The period of a line is none of the document.
    request["delivery"]["date"] = Value::Null;
    let period = json!({ "start": "2026-11-01", "end": "2026-11-30" });
    request["lines"][0]["period"] = period.clone();
    assert_eq!(rules(&request), [place("/delivery/date", "BR-IC-11")]);
    request["period"] = period;
    parse_value(&request).expect("valid");
}

#[test]
fn nothing_stands_beside_what_is_outside_the_scope_of_tax() {
    let mut request = of_category("O");
    assert_eq!(rules(&request), [place("/seller/vatId", "BR-O-02")]);
    request["seller"]["vatId"] = Value::Null;
    request["seller"]["taxRegistrationId"] = json!("21/815/08150");
    parse_value(&request).expect("valid");
    request["lines"][0]["tax"]["rate"] = Value::Null;
    let invoice = parse_value(&request).expect("category O has no rate");
    assert_eq!(invoice.taxes[0].tax.rate, Decimal::ZERO);
    let other = of_category("Z")["lines"][0].clone();
    request["lines"].as_array_mut().expect("lines").push(other);
    assert_eq!(rules(&request), [place("/lines/1/tax/category", "BR-O-12")]);
}

#[test]
fn a_standard_rate_is_above_zero() {
    let mut request = of_category("S");
    assert_eq!(rules(&request), [place("/lines/0/tax/rate", "BR-S-05")]);
    request["documentType"] = json!("receipt");
    parse_value(&request).expect("a receipt may say so");

    let mut request = of_category("Z");
    request["charges"] =
        json!([{ "amount": "1", "reason": "x", "tax": { "category": "S", "rate": "0" } }]);
    assert_eq!(rules(&request), [place("/charges/0/tax/rate", "BR-S-07")]);
}

#[test]
fn an_export_needs_the_seller() {
    let mut request = of_category("G");
    parse_value(&request).expect("valid");
    request["seller"]["vatId"] = Value::Null;
    // A tax number that is no VAT identifier is not enough.
    request["seller"]["taxRegistrationId"] = json!("21/815/08150");
    assert_eq!(rules(&request), [place("/seller/vatId", "BR-G-02")]);
}

#[test]
fn split_payment_is_taxed_and_does_not_stand_beside_the_standard_rate() {
    let mut request = of_category("B");
    request["seller"]["vatId"] = Value::Null;
    request["lines"][0]["tax"]["rate"] = json!("22");
    let invoice = parse_value(&request).expect("valid");
    assert_eq!(invoice.totals.tax.to_string(), "2.20");
    let mut other = request["lines"][0].clone();
    other["tax"]["category"] = json!("S");
    request["lines"].as_array_mut().expect("lines").push(other);
    request["seller"]["vatId"] = json!("IT12345678903");
    assert_eq!(rules(&request), [place("/lines/1/tax/category", "BR-B-02")]);
}
