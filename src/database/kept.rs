//! What the column `request` of a record has once its request is erased: the proof that it was a certain request, and of an issued
//! document what tax law wants to be known of it. The JSON is described in `docs/erasure.md`.

use serde::{Deserialize, Serialize};

/// What takes the place of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErasedRequest {
    /// When it was erased, and which request it was.
    pub erased: ErasureNote,
    /// What is kept of it; none where nothing was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

/// When a request was erased, and which one it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureNote {
    /// The moment.
    pub at: String,
    /// The digest that the erasing version has computed of the request: by it the same request is recognised when it is published
    /// again. None where the request was no JSON.
    pub request_digest: Option<String>,
}

/// What is kept of the request of an issued document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Kept {
    /// The erasing version has understood the request.
    Invoice(Box<KeptInvoice>),
    /// It has not: what the row has.
    Row(KeptRow),
}

/// What is kept of an invoice: nothing of the buyer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptInvoice {
    /// `invoice`, `credit-note` and so on.
    pub document_type: String,
    /// Its code in UNTDID 1001, where the request has chosen one.
    pub type_code: Option<String>,
    /// Number of the document.
    pub number: String,
    /// Day of issue, as in `2026-11-21`.
    pub issue_date: String,
    /// Day of the tax point.
    pub tax_point_date: Option<String>,
    /// Numbers of the invoices that it corrects.
    pub preceding_invoices: Vec<String>,
    /// Currency of all amounts but `tax_in_tax_currency`.
    pub currency: String,
    /// The seller.
    pub seller: KeptSeller,
    /// The taxes, by category and rate.
    pub taxes: Vec<KeptTax>,
    /// The sums.
    pub totals: KeptTotals,
    /// Currency in which the tax is reported, where it is another one.
    pub tax_currency: Option<String>,
    /// The tax in that currency.
    pub tax_in_tax_currency: Option<String>,
    /// How many lines there were.
    pub lines: usize,
}

/// A seller without contact and electronic address, which may be those of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptSeller {
    /// Name.
    pub name: String,
    /// VAT identifier.
    pub vat_id: Option<String>,
    /// Tax number that is not a VAT identifier.
    pub tax_registration_id: Option<String>,
    /// Legal registration.
    pub legal_id: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
}

/// A subtotal of the tax.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptTax {
    /// Code of the category.
    pub category: String,
    /// Rate in percent.
    pub rate: String,
    /// Taxable amount.
    pub taxable: String,
    /// Tax.
    pub tax: String,
}

/// The sums of an invoice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptTotals {
    /// Without tax.
    pub net: String,
    /// Tax.
    pub tax: String,
    /// With tax.
    pub gross: String,
    /// Paid before.
    pub prepaid: String,
    /// To be paid.
    pub due: String,
}

/// What a row has of its document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptRow {
    /// `invoice`, `credit-note` and so on.
    pub document_type: Option<String>,
    /// Number of the document.
    pub number: Option<String>,
    /// Currency of the amount.
    pub currency: Option<String>,
    /// The sum with tax, in the smallest unit of the currency.
    pub gross_minor: Option<i64>,
}

impl ErasedRequest {
    /// What the column has; none where it has another text, such as a request.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// What is kept of the invoice; none where it is no more than the row has.
    pub fn invoice(&self) -> Option<&KeptInvoice> {
        match &self.kept {
            Some(Kept::Invoice(invoice)) => Some(invoice),
            Some(Kept::Row(_)) | None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_text_of_the_documentation_is_read_and_written_again() {
        let page = include_str!("../../docs/erasure.md");
        let example = page
            .split("```json")
            .nth(1)
            .and_then(|it| it.split("```").next());
        let example: Value = serde_json::from_str(example.expect("an example")).expect("JSON");
        let row = json!({ "documentType": "invoice", "number": null, "currency": "EUR", "grossMinor": 11_900 });
        let erased = &example["erased"];
        for text in [
            example.clone(),
            json!({ "erased": erased, "kept": row }),
            json!({ "erased": erased }),
        ] {
            let parsed = ErasedRequest::parse(&text.to_string()).expect("erased");
            assert_eq!(parsed.invoice().is_some(), text == example);
            assert_eq!(serde_json::to_value(&parsed).expect("JSON"), text);
        }
        assert_eq!(ErasedRequest::parse("{}"), None);
    }
}
