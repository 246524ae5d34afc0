//! Requests that ask for an e-invoice: from the message to the document that has it, the XML beside it, the row, the event, and
//! everything that shows it.

mod commands;
mod invalid;
mod journey;
mod kills;

use invoice::digest::Sha256Digest;
use invoice_worker::database::sales_invoice::Model;
use serde_json::Value;

use crate::harness::{Options, World, samples};

/// The profiles whose XML is in the PDF, and the one whose XML is a file.
pub(crate) const EMBEDDED: [&str; 2] = ["factur-x-en16931", "xrechnung"];
pub(crate) const PEPPOL: &str = "peppol-bis-3";

/// The German invoice with an e-invoice of this profile, under this order.
pub(crate) fn request(profile: &str, order: &str) -> Value {
    let request = samples::with_e_invoice(samples::invoice(), profile);
    samples::with_identity(request, order, "1")
}

/// A world whose workers store the XML of every e-invoice.
pub(crate) fn storing_xml() -> Options {
    Options {
        variables: vec![("STORE_XML", "true".to_owned())],
        ..Options::default()
    }
}

/// Publishes a request, and waits for its document.
async fn generated(world: &World, request: &Value) -> Model {
    world.publish(request.to_string()).await;
    world.wait_for_document(&samples::identity(request)).await
}

/// The XML that is in the document of a row, with the recorded digest.
async fn xml_in(world: &World, row: &Model) -> Vec<u8> {
    let pdf = world
        .object(row.object_key.as_deref().expect("a key"))
        .await;
    let xml = einvoice::extracted(&pdf).expect("the document has an e-invoice in it");
    assert_eq!(row.xml_sha256, Some(Sha256Digest::of(&xml).to_string()));
    xml
}

/// The path of an invoice in the API, and as arguments of a command.
fn path(row: &Model) -> String {
    row.identity().expect("valid").to_string()
}
