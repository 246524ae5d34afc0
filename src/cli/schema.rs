//! `schema`: the form of a request.

use std::io::Write as _;

use crate::output;
use invoice::InvoiceRequest;

pub(super) fn run() -> anyhow::Result<()> {
    let schema = serde_json::to_string_pretty(&InvoiceRequest::json_schema())?;
    Ok(writeln!(output::stream(), "{schema}")?)
}
