//! Generated requests pass: 200, or as many as CONTENT_CHECK_REQUESTS says, from the number CONTENT_CHECK_FIRST on.

use std::collections::BTreeMap;

use super::mismatches;
use super::requests;
use crate::catalog::Catalog;
use crate::compiler::Compiler;
use crate::files::Files;

/// How many requests are generated, where the ordinary number does not do.
const VARIABLE: &str = "CONTENT_CHECK_REQUESTS";

#[test]
fn generated_requests_pass() {
    let wanted: usize = std::env::var(VARIABLE).map_or(200, |count| count.parse().expect(VARIABLE));
    let catalog = Catalog::shipped_with(Files::new(), None);
    let compiler = Compiler::new(&catalog);
    let (mut documents, mut refused) = (0, BTreeMap::<String, usize>::new());
    let mut faults = Vec::new();
    for seed in first().. {
        if documents == wanted {
            break;
        }
        let body = requests::request(seed).to_string();
        let parsed = invoice::parse(body.as_bytes(), 1 << 20).expect("JSON");
        let invoice = match parsed.invoice {
            Ok(invoice) => invoice,
            Err(invalid) => {
                *refused.entry(invalid.to_string()).or_default() += 1;
                continue;
            }
        };
        match mismatches(&catalog, &compiler, &invoice) {
            Ok(found) => {
                documents += 1;
                if !found.is_empty() {
                    faults.push(format!("seed {seed}: {found:#?} for {body}"));
                }
            }
            Err(other) => panic!("seed {seed}: {other}\n{body}"),
        }
    }
    assert!(
        faults.is_empty(),
        "{} of {documents}: {}",
        faults.len(),
        faults.join("\n")
    );
    let count: usize = refused.values().sum();
    println!("{documents} documents, {count} requests were not valid");
    assert!(count < documents, "{refused:#?}");
}

/// The first request: one that has failed can be tried alone.
fn first() -> u64 {
    let first = std::env::var("CONTENT_CHECK_FIRST");
    first.map_or(0, |first| first.parse().expect("CONTENT_CHECK_FIRST"))
}
