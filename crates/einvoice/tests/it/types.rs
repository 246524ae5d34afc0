//! Document types.

use einvoice::Syntax;
use invoice::model::EInvoiceProfile::FacturXEn16931;
use serde_json::json;

use crate::request::{flat, with, xml};

#[test]
fn each_document_type_has_its_code_and_root() {
    for (name, code, root) in [
        ("invoice", "380", "Invoice"),
        ("credit-note", "381", "CreditNote"),
        ("corrected-invoice", "384", "Invoice"),
        ("self-billed-invoice", "389", "Invoice"),
        ("self-billed-credit-note", "261", "CreditNote"),
        ("prepayment-invoice", "386", "Invoice"),
    ] {
        let preceding = json!([{ "number": "RE-0" }]);
        let request = with(&[
            ("/documentType", json!(name)),
            ("/references/precedingInvoices", preceding),
        ]);
        let cii = flat(&xml(&request, FacturXEn16931, Syntax::Cii));
        let id = "<ram:ID>RE-1</ram:ID>";
        assert!(
            cii.contains(&format!("{id}<ram:TypeCode>{code}</ram:TypeCode>")),
            "{name}: {cii}"
        );
        let ubl = flat(&xml(&request, FacturXEn16931, Syntax::Ubl));
        assert!(ubl.contains(&format!("?><{root} ")), "{name}: {ubl}");
        let element = format!("cbc:{root}TypeCode");
        assert!(
            ubl.contains(&format!("<{element}>{code}</{element}>")),
            "{name}: {ubl}"
        );
        // A credit note has positive amounts.
        assert!(
            ubl.contains("<cbc:PayableAmount currencyID=\"EUR\">278.20</cbc:PayableAmount>"),
            "{name}"
        );
    }
}

#[test]
fn a_code_of_both_lists_is_that_of_its_document() {
    let request = with(&[("/documentTypeCode", json!("81"))]);
    for syntax in Syntax::ALL {
        xml(&request, FacturXEn16931, syntax);
    }
}
