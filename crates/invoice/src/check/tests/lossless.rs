//! The invoice keeps every value of a request: each field of the schema gets a value that no other field has, and each
//! value is found in the invoice. A new field of a form that is known here is covered without a change of this file.

use std::collections::BTreeSet;

use super::*;

/// Fields that the schema has and the checks refuse: the allowances and charges of a line have the tax of the line, `fundedBy`
/// is for allowances, a receipt has neither a code of UNTDID 1001 nor an e-invoice, and some fields of a party or of payment means are for one of them only.
const REFUSED: [&str; 11] = [
    "/eInvoice",
    "/documentTypeCode",
    "/lines/0/allowances/0/tax",
    "/lines/0/charges/0/tax",
    "/lines/0/charges/0/fundedBy",
    "/charges/0/fundedBy",
    "/buyer/legalInformation",
    "/payee/legalInformation",
    "/taxRepresentative/legalInformation",
    "/taxRepresentative/ids",
    "/payment/furtherMeans/0/qr",
];

/// Fields of which a request has one or the other.
const EITHER: [&str; 5] = [
    "/taxPointDate",
    "/payment/means/iban",
    "/payment/means/bic",
    "/payment/furtherMeans/0/account",
    "/payment/furtherMeans/0/providerId",
];
pub(super) const OR: [&str; 5] = [
    "/taxPointDateCode",
    "/payment/means/account",
    "/payment/means/providerId",
    "/payment/furtherMeans/0/iban",
    "/payment/furtherMeans/0/bic",
];

#[test]
fn every_value_of_a_request_is_in_the_invoice() {
    everything_is_kept_without(&OR);
    // A payment code needs the IBAN.
    let either: Vec<&str> = EITHER.into_iter().chain(["/payment/means/qr"]).collect();
    everything_is_kept_without(&either);
}

fn everything_is_kept_without(left_out: &[&str]) {
    let (request, fields) = filled(&InvoiceRequest::json_schema(), left_out);
    let invoice = parse_value(&request).unwrap_or_else(|invalid| panic!("{invalid}"));
    let text = format!("{invoice:?}");
    assert!(fields.len() > 200, "{}", fields.len());
    let mut traces = BTreeSet::new();
    for Field { pointer, trace } in fields {
        assert!(text.contains(&trace), "{pointer}: no {trace} in {text}");
        assert!(
            traces.insert(trace),
            "{pointer}: another field leaves the same trace"
        );
    }
}

/// A valid request with a value for each field of the schema, without those that are left out and those that are refused.
pub(super) fn filled(schema: &Value, left_out: &[&str]) -> (Value, Vec<Field>) {
    let mut fields = Fields {
        schema,
        left_out,
        found: Vec::new(),
    };
    let mut request = fields.filled(schema, "");
    complete(&mut request);
    (request, fields.found)
}

/// A field of the request, and the trace that its value leaves in the invoice as text.
pub(super) struct Field {
    pointer: String,
    trace: String,
}

struct Fields<'a> {
    schema: &'a Value,
    left_out: &'a [&'a str],
    found: Vec<Field>,
}

impl Fields<'_> {
    /// A value for this part of the schema: each object has all its members, each list one item.
    fn filled(&mut self, schema: &Value, pointer: &str) -> Value {
        let schema = self.resolved(schema);
        if let Some(members) = schema["properties"].as_object() {
            let mut filled = serde_json::Map::new();
            for (name, schema) in members {
                let pointer = format!("{pointer}/{name}");
                let is_left_out = self.left_out.contains(&pointer.as_str());
                if !is_left_out && !REFUSED.contains(&pointer.as_str()) {
                    filled.insert(name.clone(), self.filled(schema, &pointer));
                }
            }
            return Value::Object(filled);
        }
        if let Some(items) = schema.get("items") {
            return json!([self.filled(items, &format!("{pointer}/0"))]);
        }
        let (value, trace) = value(pointer, &schema, self.found.len());
        let pointer = pointer.to_owned();
        self.found.push(Field { pointer, trace });
        value
    }

    /// The schema behind references and alternatives to `null`.
    fn resolved(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let definition = self.schema.pointer(&reference[1..]).expect("a definition");
            return self.resolved(definition);
        }
        let alternatives = schema["anyOf"].as_array().into_iter().flatten();
        let mut alternatives = alternatives.filter(|schema| schema["type"] != "null");
        match alternatives.next() {
            Some(schema) => self.resolved(schema),
            None => schema.clone(),
        }
    }
}

/// A valid value for a field, and its trace. The number is different for each field.
fn value(pointer: &str, schema: &Value, number: usize) -> (Value, String) {
    if let Some((value, trace)) = special(pointer) {
        return (value, trace.to_owned());
    }
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let text = match name {
        "vatId" => format!("DE1234567{number:02}"),
        "url" => format!("https://example.com/{number}"),
        "reasonCode" => format!("{number:03}"),
        "exemptionCode" => format!("VATEX-EU-{number}"),
        _ if schema["format"] == "date" => {
            let date = format!("{}-11-21", 2000 + number);
            return (json!(date), date);
        }
        "platform" | "shopId" | "orderId" | "packageId" | "sequenceNumber" => {
            format!("id-{number}")
        }
        _ => {
            let is_free = schema.get("pattern").is_none() && schema.get("enum").is_none();
            assert!(is_free, "give {pointer} a value in this test: {schema}");
            format!("text {number}")
        }
    };
    let trace = format!("{text:?}");
    (json!(text), trace)
}

/// Values of fields that depend on others, or that the invoice has in another form.
#[rustfmt::skip]
fn special(pointer: &str) -> Option<(Value, &'static str)> {
    let (value, trace) = match pointer {
        // The codes of a receipt need not be in lists, so that each field has another one.
        "/documentType" => ("receipt", "document_type: Receipt"),
        "/taxPointDateCode" => ("432", "tax_point_event: Some(Payment)"),
        "/period/start" => ("2026-10-02", "2026-10-02"),
        "/period/end" => ("2026-10-29", "2026-10-29"),
        "/currency" => ("EUR", " currency: EUR"),
        "/pricesIncludeTax" => return Some((json!(false), "prices_include_tax: false")),
        "/taxCurrency" => ("SEK", "(SEK, "),
        "/locale" => ("de-AT", "de-AT"),
        "/template/paper" => ("us-letter", "UsLetter"),
        "/seller/address/country" => ("DE", "\"DE\""),
        "/buyer/address/country" => ("FR", "\"FR\""),
        "/payee/address/country" => ("AT", "\"AT\""),
        "/taxRepresentative/address/country" => ("IT", "\"IT\""),
        "/delivery/address/country" => ("PL", "\"PL\""),
        "/lines/0/gtin" => ("4006381333931", "gtin: Some(\"4006381333931\")"),
        "/lines/0/itemId/value" => ("4006381333931", "value: \"4006381333931\""),
        "/lines/0/itemId/scheme" => ("0160", "\"0160\""),
        "/lines/0/classifications/0/scheme" => ("STI", "\"STI\""),
        "/lines/0/origin" => ("NZ", "\"NZ\""),
        "/lines/0/grossPrice" => ("24.75", "price: 24.75,"),
        "/lines/0/priceDiscount" => ("3.25", "discount: 3.25 "),
        "/lines/0/priceBaseUnit" => ("KGM", "price_base_unit: Some(\"KGM\")"),
        "/lines/0/unit" => ("KGM", "KGM"),
        "/lines/0/quantity" => ("7", ", quantity: 7,"),
        "/lines/0/unitPrice" => ("21.50", "unit_price: 21.5,"),
        "/lines/0/priceBaseQuantity" => ("2.0", "price_base_quantity: 2,"),
        "/lines/0/netAmount" => ("72.37", "net: 72.37"),
        "/lines/0/period/start" => ("2026-11-01", "2026-11-01"),
        "/lines/0/period/end" => ("2026-11-30", "2026-11-30"),
        "/lines/0/tax/category" => ("S", "category: Standard"),
        "/lines/0/tax/rate" => ("19", "rate: 19 "),
        "/lines/0/tax/components/0/name" => ("GST", "name: \"GST\""),
        "/lines/0/tax/components/0/rate" => ("19.0", "\"GST\", rate: 19 "),
        "/lines/0/allowances/0/fundedBy" => ("platform", "PlatformDiscount, amount: 5.19"),
        "/lines/0/allowances/0/percent" => ("12.5", "percent: Some(12.5)"),
        "/lines/0/allowances/0/base" => ("41.52", "base: Some(41.52)"),
        "/lines/0/allowances/0/amount" => ("5.19", "amount: 5.19"),
        "/lines/0/charges/0/percent" => ("3.75", "percent: Some(3.75)"),
        "/lines/0/charges/0/base" => ("61.60", "base: Some(61.60)"),
        "/lines/0/charges/0/amount" => ("2.31", "amount: 2.31"),
        "/allowances/0/fundedBy" => ("platform", "PlatformDiscount, amount: 8.33"),
        "/allowances/0/percent" => ("2.5", "percent: Some(2.5)"),
        "/allowances/0/base" => ("333.20", "base: Some(333.20)"),
        "/allowances/0/amount" => ("8.33", "amount: 8.33"),
        "/allowances/0/tax/category" => ("B", "category: SplitPayment"),
        "/allowances/0/tax/rate" => ("0", "rate: 0 "),
        "/allowances/0/tax/components/0/name" => ("None", "name: \"None\""),
        "/allowances/0/tax/components/0/rate" => ("0.0", "\"None\", rate: 0 "),
        "/charges/0/percent" => ("6.25", "percent: Some(6.25)"),
        "/charges/0/base" => ("88.80", "base: Some(88.80)"),
        "/charges/0/amount" => ("5.55", "amount: 5.55"),
        "/charges/0/tax/category" => ("M", "category: CeutaMelilla"),
        "/charges/0/tax/rate" => ("7", "rate: 7 "),
        "/charges/0/tax/components/0/name" => ("IPSI", "name: \"IPSI\""),
        "/charges/0/tax/components/0/rate" => ("7.0", "\"IPSI\", rate: 7 "),
        "/taxBreakdown/0/components/0/name" => ("IGIC", "name: \"IGIC\""),
        "/taxBreakdown/0/components/0/rate" => ("3.0", "\"IGIC\", rate: 3, "),
        "/taxBreakdown/0/components/0/tax" => ("3.70", "rate: 3, amount: 3.70"),
        "/taxBreakdown/0/category" => ("L", "category: CanaryIslands"),
        "/taxBreakdown/0/rate" => ("3", "rate: 3 "),
        "/taxBreakdown/0/taxable" => ("123.45", "taxable: 123.45"),
        "/taxBreakdown/0/tax" => ("3.70", "amount: 3.70"),
        "/totals/lines" => ("695.82", "lines: 695.82"),
        "/totals/allowances" => ("8.33", "allowances: 8.33"),
        "/totals/charges" => ("5.55", "charges: 5.55"),
        "/totals/net" => ("693.04", "net: 693.04"),
        "/totals/tax" => ("17.84", "tax: 17.84"),
        "/totals/taxInTaxCurrency" => ("199.99", "SEK, 199.99"),
        "/totals/gross" => ("710.88", "gross: 710.88"),
        "/totals/prepaid" => ("44.44", "prepaid: 44.44"),
        "/totals/rounding" => ("0.06", "rounding: 0.06"),
        "/totals/due" => ("666.50", "due: 666.50"),
        "/payment/means/code" => ("58", "\"58\""),
        "/payment/means/iban" => ("de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        "/payment/means/bic" => ("COBADEFFXXX", "COBADEFFXXX"),
        "/payment/means/cardFirst6" => ("411111", "\"411111\""),
        "/payment/means/cardLast4" => ("4242", "\"4242\""),
        "/payment/furtherMeans/0/code" => ("30", "code: Some(\"30\")"),
        "/payment/furtherMeans/0/iban" => ("GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819"),
        "/payment/furtherMeans/0/bic" => ("DEUTDEFF", "DEUTDEFF"),
        "/payment/furtherMeans/0/cardFirst6" => ("555555", "\"555555\""),
        "/payment/furtherMeans/0/cardLast4" => ("4444", "\"4444\""),
        "/attachments/0/content" => ("JVBERi0x\r\nLjc=", "FileContent(8 bytes, "),
        "/attachments/0/mimeType" => ("application/pdf", "file_type: Pdf"),
        "/attachments/0/relationship" => ("data", "relationship: Data"),
        "/payment/means/qr" => return Some((json!(true), "code_requested: true, code: Some(Epc)")),
        "/notes/0/subjectCode" => ("REG", "REG"),
        "/extensions" => return Some((json!({ "loyalty": [1, "gold"] }), "gold")),
        _ => return None,
    };
    Some((json!(value), trace))
}

/// Adds what makes the values valid together: a line for each further tax, and the rest of the breakdown.
fn complete(request: &mut Value) {
    let line = |price: &str, category: &str, rate: &str| json!({ "name": "x", "quantity": "1", "unitPrice": price, "tax": { "category": category, "rate": rate } });
    let lines = request["lines"].as_array_mut().expect("lines");
    lines.extend([line("500", "B", "0"), line("123.45", "L", "3")]);
    let breakdown = request["taxBreakdown"].as_array_mut();
    let others = [("S", "19"), ("B", "0"), ("M", "7")];
    let others = others.map(|(category, rate)| json!({ "category": category, "rate": rate }));
    breakdown.expect("a breakdown").extend(others);
}
