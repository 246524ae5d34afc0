//! What pages say instead of codes, and about the parties and the payment.

use serde_json::{Value, json};

use super::layout::invoice;
use super::{assert_shows, pages, render, without_white_space};

/// The text of the only page of an English invoice with these fields.
async fn page(fields: Value) -> String {
    let mut request = invoice(json!({ "locale": "en-GB" }));
    let members = request.as_object_mut().expect("an object");
    members.extend(fields.as_object().expect("fields").clone());
    let mut pages = pages(&render(&request).await);
    assert_eq!(pages.len(), 1, "{pages:?}");
    pages.remove(0)
}

fn line(fields: &Value) -> Value {
    let mut line = json!({
        "name": "Brochures", "quantity": "12", "unitPrice": "1.00", "tax": { "category": "S", "rate": "19" },
    });
    let members = line.as_object_mut().expect("an object");
    members.extend(fields.as_object().expect("fields").clone());
    json!([line])
}

#[track_caller]
fn assert_lacks(page: &str, text: &str) {
    assert!(
        !page.contains(&without_white_space(text)),
        "{text:?} is in: {page}"
    );
}

#[tokio::test]
async fn units_are_words_and_a_unit_without_a_word_is_explained() {
    for (unit, expected) in [
        ("NAR", "12 pc 1.00"),
        ("LH", "12 h 1.00"),
        ("PR", "12 pair 1.00"),
        ("KWH", "12 kWh 1.00"),
        ("MTK", "12 m² 1.00"),
        ("QAN", "12 qtr 1.00"),
    ] {
        let page = page(json!({ "lines": line(&json!({ "unit": unit })) })).await;
        assert_shows(&page, &[expected]);
        assert_lacks(&page, "Rec 20");
    }
    let page = page(json!({ "lines": line(&json!({ "unit": "XSA" })) })).await;
    assert_shows(&page, &["12 XSA 1.00", "Unit XSA (UN/ECE Rec 20)"]);
}

#[tokio::test]
async fn reasons_given_as_codes_are_words() {
    let tax = json!({ "category": "S", "rate": "19" });
    let page = page(json!({
        "lines": line(&json!({
            "allowances": [{ "amount": "0.50", "reasonCode": "68" }],
            "charges": [{ "amount": "0.30", "reasonCode": "PC" }],
        })),
        "allowances": [
            { "amount": "2.00", "reasonCode": "100", "tax": tax },
            { "amount": "1.00", "reasonCode": "95", "tax": tax },
            { "amount": "1.50", "reasonCode": "41", "tax": tax },
        ],
        "charges": [
            { "amount": "5.00", "reasonCode": "ADL", "tax": tax },
            { "amount": "6.00", "reasonCode": "FC", "tax": tax },
            { "amount": "7.00", "reasonCode": "AAC", "tax": tax },
            { "amount": "8.00", "reasonCode": "ADL", "reason": "Between the layers", "tax": tax },
        ],
    }))
    .await;
    assert_shows(
        &page,
        &[
            "End-of-range discount · -€0.50",
            "Packing · €0.30",
            "Special rebate -€2.00",
            "Discount -€1.00",
            "Discount, reason 41 (UNTDID 5189)",
            "Slip sheet €5.00",
            "Shipping €6.00",
            "Charge, reason AAC (UNTDID 7161)",
            "Between the layers €8.00",
        ],
    );
}

#[tokio::test]
async fn a_percentage_of_another_base_than_the_sum_names_its_base() {
    let tax = json!({ "category": "S", "rate": "19" });
    let page = page(json!({
        "lines": line(&json!({
            "quantity": "10", "unitPrice": "10.00",
            "allowances": [{ "percent": "5" }, { "percent": "10", "base": "20.00", "reason": "Sample" }],
        })),
        "allowances": [{ "percent": "3", "tax": tax }],
        "charges": [{ "percent": "2", "base": "50.00", "reason": "Freight", "tax": tax }],
    }))
    .await;
    assert_shows(
        &page,
        &[
            "Discount · 5% · -€5.00",
            "Sample · 10% of €20.00 · -€2.00",
            "Discount · 3% -€2.79",
            "Freight · 2% of €50.00 €1.00",
        ],
    );
}

#[tokio::test]
async fn what_is_not_subject_to_tax_shows_no_rate() {
    for (kind, template) in [("invoice", "invoice"), ("receipt", "receipt")] {
        let page = page(json!({
            "documentType": kind,
            "template": { "name": template },
            "seller": { "name": "Alder Goods", "taxRegistrationId": "21/815/08150", "address": { "city": "Hamburg", "country": "DE" } },
            "buyer": { "name": "Birch Bakery", "address": { "city": "Kassel", "country": "DE" } },
            "lines": line(&json!({ "tax": { "category": "O", "rate": "0" } })),
            "taxBreakdown": [{ "category": "O", "rate": "0", "exemptionReason": "Small business, section 19 UStG" }],
        }))
        .await;
        assert_shows(
            &page,
            &[
                "VAT on €12.00 €0.00",
                "Outside the scope of VAT",
                "Small business",
            ],
        );
        assert_lacks(&page, "%");
    }
}

#[tokio::test]
async fn a_direct_debit_is_collected_from_the_buyers_account() {
    let means = json!({ "code": "59", "iban": "DE89370400440532013000", "mandate": "M-2026-7" });
    let shown = page(json!({ "payment": { "means": means } })).await;
    let sentence = "Will be collected by direct debit from account";
    let account = "DE89 3704 0044 0532 0130 00.";
    assert_shows(
        &shown,
        &[sentence, account, "Direct debit mandate M-2026-7"],
    );
    assert_lacks(&shown, "IBAN");
    // With the payee's account beside it, and the creditor's identifier.
    let shown = page(json!({ "payment": { "means": {
        "code": "59", "iban": "DE02120300000000202051", "debitedAccount": "DE89370400440532013000",
        "mandate": "M-2026-7", "creditorId": "DE98ZZZ09999999999",
    } } }))
    .await;
    let payee = "IBAN DE02 1203 0000 0000 2020 51";
    assert_shows(
        &shown,
        &[
            sentence,
            account,
            payee,
            "Creditor identifier DE98ZZZ09999999999",
        ],
    );
    let shown = page(json!({ "payment": { "means": { "code": "49" } } })).await;
    assert_shows(&shown, &["Will be collected by direct debit."]);
}

#[tokio::test]
async fn payment_means_are_words() {
    for (code, expected) in [
        ("10", "Cash"),
        ("30", "Credit transfer"),
        ("58", "SEPA credit transfer"),
        ("54", "Credit card"),
        ("68", "Online payment service"),
        ("ZZZ", "As agreed between the parties"),
        ("15", "Payment means 15 (UNTDID 4461)"),
    ] {
        let means = json!({ "code": code, "iban": "DE89370400440532013000", "cardLast4": "1234" });
        let page = page(json!({ "payment": { "means": means } })).await;
        assert_shows(&page, &["Payment means", expected]);
    }
}

#[tokio::test]
async fn each_of_several_payment_means_is_named_with_its_account() {
    let page = page(json!({ "payment": {
        "means": { "code": "30", "iban": "DE89370400440532013000" },
        "furtherMeans": [
            { "code": "30", "account": "5050-1055", "text": "Bankgiro" },
            { "code": "48", "cardLast4": "1234" },
        ],
    } }))
    .await;
    let means = [
        "Credit transfer",
        "DE89 3704 0044 0532 0130 00",
        "Bankgiro",
        "5050-1055",
    ];
    assert_shows(&page, &means);
    assert_shows(&page, &["Bank card", "Card ending in 1234"]);
}

#[tokio::test]
async fn register_number_and_contact_of_the_buyer_have_labels_of_their_own() {
    let mut request = invoice(json!({ "locale": "en-GB" }));
    request["buyer"]["legalId"] = json!({ "value": "HRB 4711", "scheme": "0204" });
    request["buyer"]["contact"] = json!({ "name": "Ms Hazel", "phone": "+49 561 1234" });
    for (kind, paper) in [("invoice", "a4"), ("receipt", "a4"), ("receipt", "80mm")] {
        request["documentType"] = kind.into();
        request["template"] = json!({ "name": kind, "paper": paper });
        let page = &pages(&render(&request).await)[0];
        assert_shows(page, &["Registration no. HRB 4711", "Attn. Ms Hazel"]);
        assert_lacks(page, "Customer HRB");
    }
    // A name is not printed twice.
    request["buyer"]["contact"]["name"] = request["buyer"]["name"].clone();
    assert_lacks(&pages(&render(&request).await)[0], "Attn.");
}

#[tokio::test]
async fn addresses_are_written_as_in_their_country() {
    let address = |city: &str, code: &str, country: &str| json!({ "street": "Queen Street", "number": "12", "city": city, "postalCode": code, "country": country });
    for (address, expected) in [
        (address("Auckland", "1010", "NZ"), "Auckland 1010"),
        (address("San Juan", "00901", "PR"), "San Juan PR 00901"),
    ] {
        let buyer = json!({ "name": "A. Sample", "address": address });
        let page = page(json!({ "buyer": buyer })).await;
        assert_shows(&page, &["12 Queen Street", expected]);
    }
}

#[tokio::test]
async fn decorations_without_a_glyph_have_a_plain_form() {
    let names = [
        "❶ Cotton ❷ Washable",
        "｢NEW｣ Lamp ･ﾟ",
        "〝SALE〟 Cup",
        "ⓞⓝⓔ ⓫ ⓿",
        "Mug \u{f8ff}",
    ];
    let lines: Vec<Value> = names
        .iter()
        .map(|name| line(&json!({ "name": name, "description": "❸ safe" }))[0].take())
        .collect();
    let page = page(json!({ "lines": lines })).await;
    let plain = [
        "1 Cotton 2 Washable",
        "[NEW] Lamp ·",
        "\"SALE\" Cup",
        "one 11 0",
        "3 safe",
    ];
    assert_shows(&page, &plain);
}
