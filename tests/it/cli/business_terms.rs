//! The table of business terms, compared with the schema that publishers use.

use std::collections::BTreeMap;
use std::path::Path;

use invoice::InvoiceRequest;
use regex::Regex;
use serde_json::Value;

/// EN 16931-1 has the terms BT-1 to BT-165, and no BT-4.
fn terms() -> impl Iterator<Item = usize> {
    (1..=165).filter(|term| *term != 4)
}

#[test]
fn every_business_term_has_a_place_in_the_request() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/business-terms.md");
    let table = std::fs::read_to_string(file).expect("docs/business-terms.md");
    let schema = InvoiceRequest::json_schema();
    let mut listed = BTreeMap::new();
    for row in table.lines().filter(|line| line.starts_with("| BT-")) {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let term = columns[1];
        let number: usize = term[3..].parse().expect(term);
        let names_the_term = Regex::new(&format!(r"\b{term}\b")).expect("a pattern");
        let pointers: Vec<&str> = columns[3]
            .split(", ")
            .map(|it| it.trim_matches('`'))
            .collect();
        assert!(!pointers.is_empty(), "{row}");
        for pointer in pointers {
            let description = description(&schema, pointer)
                .unwrap_or_else(|| panic!("{term}: the schema has no {pointer}"));
            let named = names_the_term.is_match(&description);
            assert!(named, "{pointer}: {term} is not in {description:?}");
        }
        assert!(listed.insert(number, ()).is_none(), "{term} twice");
    }
    let missing: Vec<usize> = terms().filter(|term| !listed.contains_key(term)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(listed.len(), terms().count(), "terms that do not exist");
}

/// The description of the field at a pointer, in which `*` is the index of a list.
fn description(schema: &Value, pointer: &str) -> Option<String> {
    let mut place = schema;
    let mut described = String::new();
    for segment in pointer.split('/').skip(1) {
        let container = resolved(schema, place);
        place = match segment {
            "*" => container.get("items")?,
            name => container.get("properties")?.get(name)?,
        };
        if let Some(text) = place["description"].as_str() {
            described = text.to_owned();
        }
    }
    Some(described)
}

/// What a reference names, without the alternative `null`.
fn resolved<'a>(schema: &'a Value, place: &'a Value) -> &'a Value {
    let alternatives = place["anyOf"].as_array().into_iter().flatten();
    let mut alternatives = alternatives.filter(|place| place["type"] != "null");
    let place = alternatives.next().unwrap_or(place);
    let reference = place["$ref"].as_str();
    reference
        .and_then(|reference| schema.pointer(reference.strip_prefix('#')?))
        .unwrap_or(place)
}
