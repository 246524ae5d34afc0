//! Rules that one wrong field breaks.

use super::*;

#[test]
fn each_broken_rule_is_named_with_its_place() {
    let long = "x".repeat(600);
    for (pointer, value, code, rule) in [
        (
            "/documentType",
            json!("proforma"),
            "document_type_unsupported",
            None,
        ),
        ("/number", json!(null), "field_missing", Some("BR-02")),
        ("/number", json!(""), "field_missing", Some("BR-02")),
        ("/issueDate", json!(null), "field_missing", Some("BR-03")),
        ("/issueDate", json!("2026-02-30"), "date_invalid", None),
        ("/issueDate", json!("21.11.2026"), "date_invalid", None),
        ("/issueDate", json!("0001-01-01"), "date_invalid", None),
        ("/issueDate", json!("1899-12-31"), "date_invalid", None),
        ("/dueDate", json!("tomorrow"), "date_invalid", None),
        (
            "/currency",
            json!("EURO"),
            "currency_unknown",
            Some("BR-CL-04"),
        ),
        (
            "/currency",
            json!("XAU"),
            "currency_unknown",
            Some("BR-CL-04"),
        ),
        // The lev was withdrawn; the list of the standard has neither it nor the dobra.
        (
            "/currency",
            json!("BGN"),
            "currency_unknown",
            Some("BR-CL-04"),
        ),
        (
            "/currency",
            json!("STN"),
            "currency_unknown",
            Some("BR-CL-04"),
        ),
        ("/locale", json!("not a locale"), "locale_invalid", None),
        ("/locale", json!("de_DE"), "locale_invalid", None),
        ("/seller", json!(null), "field_missing", Some("BR-06")),
        ("/buyer", json!(null), "field_missing", Some("BR-07")),
        (
            "/seller/address/country",
            json!("Germany"),
            "country_invalid",
            Some("BR-CL-14"),
        ),
        (
            "/seller/address/country",
            json!("UK"),
            "country_invalid",
            Some("BR-CL-14"),
        ),
        ("/lines", json!([]), "field_missing", Some("BR-16")),
        ("/lines/0/name", json!(long), "field_invalid", None),
        ("/lines/0/name", json!("a\u{0}b"), "field_invalid", None),
        ("/lines/0/unitPrice", json!("-1"), "amount_invalid", None),
        ("/lines/0/unitPrice", json!("1,50"), "amount_invalid", None),
        (
            "/lines/0/unitPrice",
            json!("1".repeat(40)),
            "amount_invalid",
            None,
        ),
        (
            "/lines/0/priceBaseQuantity",
            json!("0"),
            "quantity_invalid",
            Some("PEPPOL-EN16931-R121"),
        ),
        (
            "/lines/0/quantity",
            json!("99999999999"),
            "quantity_invalid",
            None,
        ),
        ("/lines/0/tax/rate", json!("101"), "tax_invalid", None),
        (
            "/lines/0/tax/category",
            json!("X"),
            "tax_invalid",
            Some("BR-CL-18"),
        ),
        (
            "/lines/0/netAmount",
            json!("226.83"),
            "totals_mismatch",
            Some("PEPPOL-EN16931-R120"),
        ),
        (
            "/taxBreakdown/0/taxable",
            json!("226.79"),
            "totals_mismatch",
            Some("BR-S-08"),
        ),
        (
            "/taxBreakdown/1/tax",
            json!("5.68"),
            "totals_mismatch",
            Some("BR-CO-17"),
        ),
        (
            "/totals/lines",
            json!("256.66"),
            "totals_mismatch",
            Some("BR-CO-10"),
        ),
        (
            "/totals/net",
            json!("256.66"),
            "totals_mismatch",
            Some("BR-CO-13"),
        ),
        (
            "/totals/tax",
            json!("21.56"),
            "totals_mismatch",
            Some("BR-CO-14"),
        ),
        (
            "/totals/gross",
            json!("278.21"),
            "totals_mismatch",
            Some("BR-CO-15"),
        ),
        (
            "/totals/due",
            json!("0.00"),
            "totals_mismatch",
            Some("BR-CO-16"),
        ),
        (
            "/totals/prepaid",
            json!("1000000000000000"),
            "amount_invalid",
            None,
        ),
        ("/totals/rounding", json!("100"), "amount_invalid", None),
        ("/totals/rounding", json!("-999.00"), "amount_invalid", None),
        (
            "/payment/means/iban",
            json!("DE89370400440532013001"),
            "iban_invalid",
            Some("ISO 13616"),
        ),
        (
            "/marketplace/orderId",
            json!("../../etc"),
            "identity_unsafe",
            None,
        ),
        ("/marketplace/shopId", json!("a/b"), "identity_unsafe", None),
        (
            "/marketplace/packageId",
            json!("a\u{7}"),
            "identity_unsafe",
            None,
        ),
        (
            "/marketplace/sequenceNumber",
            json!(""),
            "field_missing",
            None,
        ),
        // The wrong type is found by serde, before any rule.
        ("/lines/0/quantity", json!(12), "field_type", None),
        ("/lines/1", json!("x"), "field_type", None),
        ("/seller", json!([]), "field_type", None),
        ("/payment/means/qr", json!("yes"), "field_type", None),
    ] {
        // A wrong IBAN also makes the payment code impossible; this second problem is not checked here.
        let found = problems(&with(pointer, value.clone()));
        let expected = (code, pointer.to_owned(), rule);
        assert_eq!(
            found.first(),
            Some(&expected),
            "{pointer} = {value}: {found:?}"
        );
    }
}
