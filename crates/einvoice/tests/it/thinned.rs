//! Laws of all requests, seen on the one with every field, each field left out in turn.

use einvoice::EInvoice;
use invoice::model::EInvoiceProfile;
use invoice::{FailureCode, Problem};
use serde_json::Value;

use crate::request::set;
use crate::samples::fullest;

/// What becomes of a request without a field: an e-invoice, which was read back, or problems that say where and what to do.
#[test]
fn a_request_without_a_field_is_an_e_invoice_or_says_what_to_change() {
    let fullest = fullest();
    let (mut made, mut refused) = (0, 0);
    for pointer in pointers(&fullest, String::new()) {
        let mut request = fullest.clone();
        set(&mut request, &pointer, Value::Null);
        let parsed = invoice::parse(request.to_string().as_bytes(), 1 << 20).expect("JSON");
        // Without fields of other rules it is no request.
        let Ok(invoice) = parsed.invoice else {
            continue;
        };
        for profile in EInvoiceProfile::ALL {
            match EInvoice::of(&invoice, profile, None) {
                Ok(_) => made += 1,
                Err(invalid) => {
                    refused += 1;
                    invalid.problems().for_each(says_what_to_change);
                }
            }
        }
    }
    let counts = format!("{made} made, {refused} refused");
    assert!(made > 400 && refused > 30, "{counts}");
}

fn says_what_to_change(problem: &Problem) {
    let is_known = matches!(
        problem.code,
        FailureCode::EInvoiceInvalid | FailureCode::FieldUnsupported
    );
    assert!(is_known && problem.pointer.starts_with('/'), "{problem}");
    let says = ["expected", "differs from"];
    let says = says.iter().any(|word| problem.message.contains(word));
    assert!(says, "{problem}");
    // What is not read back as it is given is a defect of this crate.
    assert!(!problem.message.contains("read back"), "{problem}");
}

/// The places of all members.
fn pointers(value: &Value, pointer: String) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (format!("{pointer}/{name}"), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (format!("{pointer}/{index}"), value))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let is_list = value.is_array();
    children
        .into_iter()
        .flat_map(|(pointer, value)| {
            let within = pointers(value, pointer.clone());
            (!is_list).then_some(pointer).into_iter().chain(within)
        })
        .collect()
}
