//! Business terms that few documents have, as the page shows them.

use serde_json::{Value, json};

use super::{assert_shows, pages, render};
use crate::harness::samples;

/// The text of an English invoice with these changes.
async fn page(change: impl FnOnce(&mut Value)) -> String {
    let mut request = samples::invoice();
    request["locale"] = json!("en-GB");
    change(&mut request);
    pages(&render(&request).await).join("")
}

#[tokio::test]
async fn an_account_that_is_no_iban_is_on_the_page_with_its_bank() {
    let page = page(|request| {
        request["currency"] = json!("SEK");
        request["payment"]["means"] = json!({
            "code": "30", "iban": "5050-1055", "bic": "SE:BANKGIRO", "accountName": "Alder AB", "remittance": "800018"
        });
    });
    let shown = [
        "Account 5050-1055",
        "Bank SE:BANKGIRO",
        "Account holder Alder AB",
        "800018",
    ];
    assert_shows(&page.await, &shown);
}

#[tokio::test]
async fn an_iban_is_shown_in_groups_of_four_however_it_was_sent() {
    for iban in ["DE89 3704 0044 0532013000", "DE89370400440532013000\u{a0}"] {
        let page =
            page(|request| request["payment"]["means"] = json!({ "code": "58", "iban": iban }));
        assert_shows(&page.await, &["IBAN DE89 3704 0044 0532 0130 00"]);
    }
}

#[tokio::test]
async fn a_register_number_and_a_customer_number_have_labels_of_their_own() {
    let page = page(|request| {
        request["buyer"]["legalId"] = json!({ "value": "HRB 4711", "scheme": "0204" });
        request["buyer"]["ids"] = json!([{ "value": "K-77" }]);
    });
    let shown = ["Registration no. HRB 4711", "Customer no. K-77"];
    assert_shows(&page.await, &shown);
}

#[tokio::test]
async fn a_prepayment_invoice_and_a_self_billed_credit_note_say_what_they_are() {
    let prepayment = page(|request| {
        request["documentType"] = json!("prepayment-invoice");
        request["period"] = json!({ "start": "2026-11-01", "end": "2026-11-30" });
    });
    let shown = [
        "Prepayment invoice RE-2026-004711",
        "1 Nov 2026 – 30 Nov 2026",
    ];
    assert_shows(&prepayment.await, &shown);
    let credit_note = page(|request| {
        request["documentType"] = json!("self-billed-credit-note");
        request["payment"] = Value::Null;
    });
    let shown = [
        "Self-billed credit note RE-2026-004711",
        "Amount to be refunded",
    ];
    assert_shows(&credit_note.await, &shown);
}
