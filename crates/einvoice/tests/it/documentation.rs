//! docs/e-invoices.md, compared with docs/business-terms.md and with what is written.

use std::path::Path;

use einvoice::Syntax;
use invoice::model::EInvoiceProfile::FacturXEn16931;
use roxmltree::Node;
use serde_json::{Value, json};

use crate::request::{set, xml};

/// A row: term, fields of the request, paths in CII and UBL.
struct Row {
    term: String,
    fields: String,
    paths: [String; 2],
}

fn rows(file: &str, cells: [usize; 4]) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(file);
    let text = std::fs::read_to_string(path).expect("a document");
    let rows = text.lines().filter(|line| line.starts_with("| BT-"));
    rows.map(|row| {
        let row: Vec<&str> = row.split('|').map(str::trim).collect();
        let [term, fields, cii, ubl] = cells.map(|cell| row[cell].to_owned());
        Row {
            term,
            fields,
            paths: [cii, ubl].map(|path| path.trim_matches('`').to_owned()),
        }
    })
    .collect()
}

fn table() -> Vec<Row> {
    rows("e-invoices.md", [1, 2, 3, 4])
}

#[test]
fn the_fields_are_those_of_the_business_terms() {
    let mut terms = rows("business-terms.md", [1, 3, 0, 0]);
    let mut table = table();
    for rows in [&mut terms, &mut table] {
        rows.sort_by(|a, b| a.term.cmp(&b.term));
    }
    assert_eq!(table.len(), 164);
    let fields = |rows: &[Row]| -> Vec<(String, String)> {
        rows.iter()
            .map(|row| (row.term.clone(), row.fields.clone()))
            .collect()
    };
    assert_eq!(fields(&table), fields(&terms));
}

/// The sample that has every field, with these payment means: an e-invoice has one of them.
fn fullest(means: Value) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../templates/invoice/samples/invoice-fullest.json");
    let text = std::fs::read(path).expect("the sample");
    let mut request: Value = serde_json::from_slice(&text).expect("JSON");
    set(&mut request, "/payment/furtherMeans", Value::Null);
    set(&mut request, "/payment/means", means);
    request
}

#[test]
fn each_path_is_written() {
    let iban = "DE89370400440532013000";
    let requests = [
        json!({ "code": "58", "text": "SEPA", "iban": iban, "bic": "COBADEFFXXX", "accountName": "N", "remittance": "R" }),
        json!({ "code": "59", "mandate": "M", "creditorId": "DE98ZZZ09999999999", "debitedAccount": iban }),
        json!({ "code": "48", "cardLast4": "1234", "cardHolder": "H" }),
    ]
    .map(fullest);
    // The date is given instead of its code, where there is none.
    let mut dated = requests[0].clone();
    set(&mut dated, "/taxPointDateCode", Value::Null);
    set(&mut dated, "/taxPointDate", json!("2026-11-20"));
    for (index, syntax) in Syntax::ALL.into_iter().enumerate() {
        let texts: Vec<String> = requests
            .iter()
            .chain([&dated])
            .map(|request| xml(request, FacturXEn16931, syntax))
            .collect();
        let documents: Vec<roxmltree::Document<'_>> = texts
            .iter()
            .map(|text| roxmltree::Document::parse(text).expect("XML"))
            .collect();
        for Row { term, paths, .. } in table() {
            let path = expanded(&paths[index], syntax);
            let is_there = documents
                .iter()
                .any(|document| holds(document.root(), &path));
            assert!(is_there, "{term}: no {path} in {syntax:?}");
        }
    }
}

/// The path from the root of the document.
fn expanded(path: &str, syntax: Syntax) -> String {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let transaction = "rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction/ram:";
    let beginning = match (syntax, first) {
        (Syntax::Cii, "C") => "rsm:CrossIndustryInvoice/rsm:ExchangedDocumentContext".to_owned(),
        (Syntax::Cii, "E") => "rsm:CrossIndustryInvoice/rsm:ExchangedDocument".to_owned(),
        (Syntax::Cii, "L") => format!("{transaction}IncludedSupplyChainTradeLineItem"),
        (Syntax::Cii, "A") => format!("{transaction}ApplicableHeaderTradeAgreement"),
        (Syntax::Cii, "D") => format!("{transaction}ApplicableHeaderTradeDelivery"),
        (Syntax::Cii, "S") => format!("{transaction}ApplicableHeaderTradeSettlement"),
        (Syntax::Ubl, "I") => "Invoice/cac:InvoiceLine".to_owned(),
        (Syntax::Ubl, _) => return format!("Invoice/{path}"),
        (Syntax::Cii, other) => panic!("{other} is no beginning"),
    };
    format!("{beginning}/{rest}")
}

/// Whether there is something at this path below the node. A step may have one condition: `[a/b=value]`, `[@a=value]`.
fn holds(node: Node<'_, '_>, path: &str) -> bool {
    let end = path.find(['/', '[']).unwrap_or(path.len());
    let (name, mut rest) = path.split_at(end);
    if let Some(attribute) = name.strip_prefix('@') {
        return node.attribute(attribute).is_some();
    }
    let mut condition = None;
    if let Some(conditional) = rest.strip_prefix('[') {
        let (inside, behind) = conditional.split_once(']').expect("a condition");
        (condition, rest) = (inside.rsplit_once('='), behind);
    }
    let local = name.rsplit(':').next().unwrap_or(name);
    let mut children = node
        .children()
        .filter(|child| child.tag_name().name() == local);
    children.any(|child| {
        let fits = condition.is_none_or(|(path, value)| has(child, path, value));
        let rest = rest.strip_prefix('/').unwrap_or_default();
        fits && (rest.is_empty() || holds(child, rest))
    })
}

/// Whether the value is at the path.
fn has(node: Node<'_, '_>, path: &str, value: &str) -> bool {
    if let Some(attribute) = path.strip_prefix('@') {
        return node.attribute(attribute) == Some(value);
    }
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let local = first.rsplit(':').next().unwrap_or(first);
    let mut children = node
        .children()
        .filter(|child| child.tag_name().name() == local);
    children.any(|child| {
        if rest.is_empty() {
            child.text() == Some(value)
        } else {
            has(child, rest, value)
        }
    })
}
