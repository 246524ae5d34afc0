//! `schema`: the form of a request.

use crate::invoice::InvoiceRequest;

pub(super) fn run() -> anyhow::Result<()> {
    println!(
        "{}",
        serde_json::to_string_pretty(&InvoiceRequest::json_schema())?
    );
    Ok(())
}
