//! What the writers of `en16931-formats` leave out, and values that the standard leaves no choice about.

use einvoice::Syntax;
use invoice::model::EInvoiceProfile::{self, FacturXEn16931, PeppolBis3, XRechnung30};
use serde_json::{Value, json};

use crate::request::{flat, with, xml};

fn check(profile: EInvoiceProfile, syntax: Syntax, changes: &[(&str, Value)], expected: &str) {
    let xml = flat(&xml(&with(changes), profile, syntax));
    assert!(xml.contains(expected), "{expected} in {xml}");
}

#[test]
fn the_version_of_a_classification_is_in_cii() {
    let classifications = json!([
        { "code": "50", "scheme": "STI" },
        { "code": "50221301", "scheme": "TST", "version": "20.06 & 1" }
    ]);
    let expected = "<ram:ClassCode listID=\"STI\">50</ram:ClassCode></ram:DesignatedProductClassification>\
                    <ram:DesignatedProductClassification><ram:ClassCode listVersionID=\"20.06 &amp; 1\" listID=\"TST\">50221301<";
    let changes = [("/lines/1/classifications", classifications)];
    check(FacturXEn16931, Syntax::Cii, &changes, expected);
    let expected = "listID=\"TST\" listVersionID=\"20.06 &amp; 1\">50221301<";
    check(FacturXEn16931, Syntax::Ubl, &changes, expected);
}

#[test]
fn a_mandate_stands_without_terms_in_cii() {
    let means = json!({ "code": "59", "mandate": "M-1", "creditorId": "DE98ZZZ09999999999", "debitedAccount": "DE89370400440532013000" });
    let changes = [
        ("/payment/means", means),
        ("/dueDate", Value::Null),
        ("/totals/prepaid", json!("278.20")),
    ];
    let expected = "<ram:SpecifiedTradePaymentTerms><ram:DirectDebitMandateID>M-1</ram:DirectDebitMandateID>\
                    </ram:SpecifiedTradePaymentTerms><ram:SpecifiedTradeSettlementHeaderMonetarySummation>";
    check(XRechnung30, Syntax::Cii, &changes, expected);
}

#[test]
fn all_preceding_invoices_are_in_factur_x() {
    let preceding = json!([{ "number": "RE-0" }, { "number": "RE-00", "issueDate": "2026-01-02" }]);
    let expected = "<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>RE-0</ram:IssuerAssignedID>\
                    </ram:InvoiceReferencedDocument><ram:InvoiceReferencedDocument>\
                    <ram:IssuerAssignedID>RE-00</ram:IssuerAssignedID><ram:FormattedIssueDateTime>\
                    <qdt:DateTimeString format=\"102\">20260102</qdt:DateTimeString></ram:FormattedIssueDateTime>\
                    </ram:InvoiceReferencedDocument>";
    let changes = [("/references/precedingInvoices", preceding)];
    check(FacturXEn16931, Syntax::Cii, &changes, expected);
}

#[test]
fn a_credit_note_in_ubl_has_due_date_and_project() {
    let changes = [
        ("/documentType", json!("credit-note")),
        ("/references/project", json!("Umbau <2>")),
    ];
    let expected = "<cbc:PaymentMeansCode>58</cbc:PaymentMeansCode><cbc:PaymentDueDate>2026-12-21</cbc:PaymentDueDate>";
    check(PeppolBis3, Syntax::Ubl, &changes, expected);
    let expected = "<cac:AdditionalDocumentReference><cbc:ID>Umbau &lt;2&gt;</cbc:ID><cbc:DocumentTypeCode>50<\
                    /cbc:DocumentTypeCode></cac:AdditionalDocumentReference><cac:AccountingSupplierParty>";
    check(PeppolBis3, Syntax::Ubl, &changes, expected);
}

#[test]
fn an_order_of_the_seller_stands_without_one_of_the_buyer_in_ubl() {
    let changes = [("/references/salesOrder", json!("AB-1"))];
    let expected = "<cac:OrderReference><cbc:ID>NA</cbc:ID><cbc:SalesOrderID>AB-1</cbc:SalesOrderID></cac:OrderReference>";
    check(PeppolBis3, Syntax::Ubl, &changes, expected);
}

#[test]
fn a_card_has_ten_digits_at_most() {
    let means = |first6: Value| json!({ "code": "48", "cardFirst6": first6, "cardLast4": "6789" });
    for (first6, number) in [(json!("412345"), "4123456789"), (Value::Null, "6789")] {
        let changes = [("/payment/means", means(first6))];
        let expected = format!("<ram:ID>{number}</ram:ID>");
        check(XRechnung30, Syntax::Cii, &changes, &expected);
    }
}

#[test]
fn several_accounts_are_paid_to_alike() {
    let further = json!([{ "code": "58", "iban": "FR1420041010050500013M02606", "accountName": "Nordlicht FR" }]);
    let changes = [("/payment/furtherMeans", further)];
    let second = "<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>58</ram:TypeCode>\
                  <ram:PayeePartyCreditorFinancialAccount><ram:IBANID>FR1420041010050500013M02606</ram:IBANID>\
                  <ram:AccountName>Nordlicht FR</ram:AccountName>";
    check(XRechnung30, Syntax::Cii, &changes, second);
}

#[test]
fn several_accounts_have_the_text_of_the_means_once_in_ubl() {
    let further = json!([{ "code": "58", "iban": "FR1420041010050500013M02606" }]);
    let changes = [
        ("/payment/means/text", json!("SEPA \"quick\"")),
        ("/payment/furtherMeans", further),
    ];
    let text = "<cbc:PaymentMeansCode name=\"SEPA &quot;quick&quot;\">58<";
    check(PeppolBis3, Syntax::Ubl, &changes, text);
    check(
        PeppolBis3,
        Syntax::Ubl,
        &changes,
        "<cac:PaymentMeans><cbc:PaymentMeansCode>58<",
    );
}

#[test]
fn an_account_that_is_no_iban_is_not_called_one_in_cii() {
    let means = json!({ "code": "30", "account": "5050-1055", "providerId": "SE:BANKGIRO", "accountName": "Alder AB" });
    let further = json!([{ "code": "30", "iban": "DE89370400440532013000" }]);
    let changes = [
        ("/payment/means", means),
        ("/payment/furtherMeans", further),
    ];
    let account = "<ram:PayeePartyCreditorFinancialAccount><ram:AccountName>Alder AB</ram:AccountName>\
                   <ram:ProprietaryID>5050-1055</ram:ProprietaryID></ram:PayeePartyCreditorFinancialAccount>";
    check(FacturXEn16931, Syntax::Cii, &changes, account);
    let account = "<ram:IBANID>DE89370400440532013000</ram:IBANID>";
    check(FacturXEn16931, Syntax::Cii, &changes, account);
}

#[test]
fn a_percentage_has_all_its_digits() {
    let percent = "33.33333333333333333333333333";
    let allowance = json!([{ "percent": percent, "base": "30.00", "reasonCode": "95", "tax": { "category": "S", "rate": "7" } }]);
    let changes = [("/allowances", allowance.clone())];
    let expected = format!("<ram:CalculationPercent>{percent}</ram:CalculationPercent>");
    check(FacturXEn16931, Syntax::Cii, &changes, &expected);
    let tax = json!({ "category": "S", "rate": "19.00000000000000000000000033" });
    xml(&with(&[("/lines/0/tax", tax)]), FacturXEn16931, Syntax::Cii);
    let mut of_line = allowance;
    of_line[0].as_object_mut().expect("an object").remove("tax");
    check(
        FacturXEn16931,
        Syntax::Cii,
        &[("/lines/0/allowances", of_line)],
        &expected,
    );
}

#[test]
fn values_are_filled_in_where_the_standard_leaves_no_choice() {
    let process = "<cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>";
    check(PeppolBis3, Syntax::Ubl, &[], process);
    let terms = [("/payment/terms", json!("#SKONTO#TAGE=14#PROZENT=2.00#"))];
    xml(&with(&terms), PeppolBis3, Syntax::Ubl);
    let text = xml(&with(&terms), XRechnung30, Syntax::Cii);
    assert!(
        text.contains("<ram:Description>#SKONTO#TAGE=14#PROZENT=2.00#\n</ram:Description>"),
        "{text}"
    );
    let allowances = json!([{ "amount": "1.00", "tax": { "category": "S", "rate": "7" } }]);
    let changes = [("/allowances", allowances)];
    check(
        FacturXEn16931,
        Syntax::Cii,
        &changes,
        "<ram:ReasonCode>95</ram:ReasonCode>",
    );
}

#[test]
fn a_category_is_its_own_reason() {
    for (category, code) in [
        ("AE", "VATEX-EU-AE"),
        ("G", "VATEX-EU-G"),
        ("K", "VATEX-EU-IC"),
        ("O", "VATEX-EU-O"),
    ] {
        let tax = json!({ "category": category, "rate": "0" });
        let mut changes = vec![
            ("/lines/0/tax", tax.clone()),
            ("/lines/1/tax", tax),
            (
                "/delivery",
                json!({ "date": "2026-11-20", "address": { "city": "Wien", "postalCode": "1010", "country": "AT" } }),
            ),
        ];
        if category == "O" {
            changes.push(("/seller/vatId", Value::Null));
            changes.push(("/seller/taxRegistrationId", json!("22/815/08151")));
            changes.push(("/seller/legalId", json!({ "value": "HRB 1" })));
            changes.push(("/buyer/vatId", Value::Null));
        }
        let expected = format!("<cbc:TaxExemptionReasonCode>{code}</cbc:TaxExemptionReasonCode>");
        check(PeppolBis3, Syntax::Ubl, &changes, &expected);
    }
}
