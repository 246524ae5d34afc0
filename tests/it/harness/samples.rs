//! Requests: the templates' own samples.

use std::path::{Path, PathBuf};

use dev::samples::Samples;
use document::Catalog;
use invoice::InvoiceIdentity;
use invoice::identity::PARTS;
use serde_json::{Value, json};

/// The repository's templates.
pub(crate) fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")
}

/// The receipt for J. Rivera: two lines, US dollars, everything derivable left out.
pub(crate) fn receipt() -> Value {
    sample("receipt/samples/receipt-minimal.json")
}

/// The German invoice with two tax rates, totals and a payment code.
pub(crate) fn invoice() -> Value {
    sample("invoice/samples/invoice-de.json")
}

/// An invoice of several pages.
pub(crate) fn long_invoice() -> Value {
    sample("invoice/samples/invoice-long.json")
}

/// A sample by its path below the templates.
pub(crate) fn sample(path: &str) -> Value {
    serde_json::from_slice(&sample_bytes(path)).expect("a sample is JSON")
}

/// A sample as it is in its file.
pub(crate) fn sample_bytes(path: &str) -> Vec<u8> {
    let path = templates().join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// The request with an e-invoice of this profile. Peppol has no e-mail addresses.
pub(crate) fn with_e_invoice(mut request: Value, profile: &str) -> Value {
    request["eInvoice"] = json!({ "profile": profile });
    if profile.starts_with("peppol") {
        for (party, number) in [("seller", "DE123456789"), ("buyer", "DE987654321")] {
            if request[party].is_object() {
                request[party]["electronicAddress"] = json!({ "value": number, "scheme": "9930" });
            }
        }
    }
    request
}

/// The request under another order and sequence number.
pub(crate) fn with_identity(mut request: Value, order_id: &str, sequence_number: &str) -> Value {
    request["marketplace"]["orderId"] = order_id.into();
    request["marketplace"]["sequenceNumber"] = sequence_number.into();
    request
}

/// So many different valid requests, from all short samples of all templates, ready to be published.
pub(crate) fn many(count: usize) -> Vec<Vec<u8>> {
    let catalog = Catalog::load(&templates()).expect("the templates can be read");
    let samples = Samples::new(&catalog, "shop-it").expect("there are samples");
    (0..count)
        .map(|index| samples.request(index).to_string().into_bytes())
        .collect()
}

/// Which invoice a request is about.
pub(crate) fn identity(request: &Value) -> InvoiceIdentity {
    let part = |name: &str| {
        let part = request["marketplace"][name].as_str();
        part.unwrap_or_else(|| panic!("the request has no {name}"))
    };
    InvoiceIdentity::from_parts(PARTS.map(part)).expect("a valid identity")
}
