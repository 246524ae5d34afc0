//! Cases of tax categories.

use serde_json::{Value, json};

use super::{Case, NONE};

/// What has a tax.
const SOURCES: [&str; 3] = ["lines", "allowances", "charges"];

/// A valid document whose only line, allowance or charge of this category is in `list`.
fn with_category(case: Case, list: &str, tax: &Value) -> Case {
    let of_line = match tax["category"].as_str() {
        // It is alone on its document.
        Some("O") => tax.clone(),
        // It does not stand beside split payment.
        Some("S") if list != "lines" => json!({ "category": "S", "rate": "7" }),
        _ if list == "lines" => tax.clone(),
        // Split payment has no rules about parties.
        _ => json!({ "category": "B", "rate": "22" }),
    };
    let line = json!([{ "name": "x", "quantity": "1", "unitPrice": "10", "tax": of_line }]);
    let entry = json!([{ "amount": "1", "reason": "x", "tax": tax }]);
    let case = case
        .given("/taxBreakdown", NONE)
        .given("/totals", NONE)
        .given("/payment", NONE)
        .given("/lines", line);
    match list {
        "allowances" => case.given("/allowances", entry),
        "charges" => case.given("/charges", entry),
        _ => case,
    }
}

/// Category, prefix of its rules, rate, and the field of the tax that it needs.
fn taxes() -> [(&'static str, [&'static str; 9], Value); 9] {
    macro_rules! rules {
        ($prefix:literal) => {
            [
                concat!($prefix, "-02"),
                concat!($prefix, "-03"),
                concat!($prefix, "-04"),
                concat!($prefix, "-05"),
                concat!($prefix, "-06"),
                concat!($prefix, "-07"),
                concat!($prefix, "-08"),
                concat!($prefix, "-09"),
                concat!($prefix, "-10"),
            ]
        };
    }
    let tax = |category: &str, rate: &str| json!({ "category": category, "rate": rate });
    [
        ("S", rules!("BR-S"), tax("S", "19")),
        ("Z", rules!("BR-Z"), tax("Z", "0")),
        (
            "E",
            rules!("BR-E"),
            json!({ "category": "E", "rate": "0", "exemptionReason": "Education" }),
        ),
        ("AE", rules!("BR-AE"), tax("AE", "0")),
        ("K", rules!("BR-IC"), tax("K", "0")),
        ("G", rules!("BR-G"), tax("G", "0")),
        ("O", rules!("BR-O"), tax("O", "0")),
        ("L", rules!("BR-IG"), tax("L", "7")),
        ("M", rules!("BR-IP"), tax("M", "4")),
    ]
}

pub(super) fn categories() -> Vec<Case> {
    let mut all = Vec::new();
    for (category, rules, tax) in taxes() {
        for (index, list) in SOURCES.into_iter().enumerate() {
            all.push(parties_of(category, rules[index], list, &tax));
            all.extend(rate_of(category, rules[3 + index], list, &tax));
        }
        all.extend(breakdown_of(category, [rules[6], rules[7], rules[8]], &tax));
    }
    let tax = json!({ "category": "K", "rate": "0" });
    let supply =
        |rule, pointer| known_buyer(with_category(Case::new(rule, pointer, NONE), "lines", &tax));
    all.push(supply("BR-IC-11", "/delivery/date"));
    all.push(supply("BR-IC-12", "/delivery/address"));
    let outside = json!({ "category": "O" });
    for (rule, list, pointer) in [
        ("BR-O-12", "/lines/1", "/lines/1/tax/category"),
        ("BR-O-13", "/allowances", "/allowances/0/tax/category"),
        ("BR-O-14", "/charges", "/charges/0/tax/category"),
    ] {
        let other = json!({ "category": "Z", "rate": "0" });
        let case = if list == "/lines/1" {
            let line = |tax: &Value| json!({ "name": "x", "quantity": "1", "unitPrice": "10", "tax": tax });
            let both = json!([line(&outside), line(&other)]);
            Case::new(rule, "/lines", both).repaired(json!([line(&outside)]))
        } else {
            Case::new(
                rule,
                list,
                json!([{ "amount": "1", "reason": "x", "tax": other }]),
            )
        };
        let case = with_category(case, "lines", &outside).given("/seller/vatId", NONE);
        all.push(case.at(pointer).code("tax_invalid"));
    }
    let split = json!({ "category": "B", "rate": "22" });
    let case = Case::new(
        "BR-B-02",
        "/charges",
        json!([{ "amount": "1", "reason": "x", "tax": { "category": "S", "rate": "22" } }]),
    );
    all.push(
        with_category(case, "lines", &split)
            .at("/charges/0/tax/category")
            .code("tax_invalid"),
    );
    all
}

/// The buyer and the delivery have what categories AE and K ask for.
fn known_buyer(case: Case) -> Case {
    case.given("/buyer/vatId", json!("FR12345678901")).given(
        "/delivery",
        json!({ "date": "2026-11-20", "address": { "country": "FR" } }),
    )
}

/// The identifiers of the parties: missing, or for category O given.
fn parties_of(category: &str, rule: &'static str, list: &str, tax: &Value) -> Case {
    let case = match category {
        // Its line has the category as well, so that is the one that is named.
        "O" => Case::new(rule, "/seller/vatId", json!("DE123456789"))
            .repaired(NONE)
            .code("field_invalid")
            .named("BR-O-02"),
        "S" => Case::new(rule, "/seller/vatId", NONE).named("BR-S-02"),
        _ => Case::new(rule, "/seller/vatId", NONE),
    };
    let case = with_category(case, list, tax);
    match category {
        "AE" | "K" => known_buyer(case),
        _ => case,
    }
}

/// The rate: 0 for category S, and another one for the categories without tax. There is no such rule for IGIC and IPSI.
fn rate_of(category: &str, rule: &'static str, list: &str, tax: &Value) -> Option<Case> {
    let pointer = match list {
        "lines" => "/lines/0/tax/rate",
        "allowances" => "/allowances/0/tax/rate",
        _ => "/charges/0/tax/rate",
    };
    let value = match category {
        "L" | "M" => return None,
        "S" => "0",
        _ => "19",
    };
    let case = Case::new(rule, pointer, json!(value))
        .repaired(tax["rate"].clone())
        .code("tax_invalid");
    let case = with_category(case, list, tax);
    Some(match category {
        "AE" | "K" => known_buyer(case),
        "O" => case.given("/seller/vatId", NONE),
        _ => case,
    })
}

/// The group in the breakdown: its amounts, and its exemption reason.
fn breakdown_of(
    category: &str,
    [taxable, amount, exemption]: [&'static str; 3],
    tax: &Value,
) -> Vec<Case> {
    let group = |member: &str, value: Value| {
        let mut group = tax.clone();
        group[member] = value;
        json!([group])
    };
    let mut cases = vec![
        Case::new(taxable, "/taxBreakdown", group("taxable", json!("17.00")))
            .at("/taxBreakdown/0/taxable")
            .code("totals_mismatch")
            .named("BR-S-08"),
        Case::new(amount, "/taxBreakdown", group("tax", json!("17.00")))
            .at("/taxBreakdown/0/tax")
            .code("totals_mismatch")
            .named("BR-CO-17"),
    ];
    match category {
        "S" | "Z" | "L" | "M" => cases.push(
            Case::new(
                exemption,
                "/taxBreakdown",
                group("exemptionReason", json!("Education")),
            )
            .at("/taxBreakdown/0/exemptionReason")
            .code("tax_invalid"),
        ),
        "E" => cases.push(
            Case::new(exemption, "/lines/0/tax/exemptionReason", NONE).repaired(json!("Education")),
        ),
        _ => {}
    }
    let finish = |case: Case| {
        let case = with_category(case, "lines", tax);
        match category {
            "AE" | "K" => known_buyer(case),
            "O" => case.given("/seller/vatId", NONE),
            _ => case,
        }
    };
    cases.into_iter().map(finish).collect()
}
