//! `schema`: the form of a request, or of an event.

use std::io::Write as _;

use clap::Args;
use invoice::InvoiceRequest;

use crate::asyncapi::{PublishedEvent, event_schema};
use crate::output;

/// Print the JSON Schema of a request, or of an event.
#[derive(Debug, Args)]
pub struct Schema {
    /// That of this event; without it, that of a request
    #[arg(long, value_enum, value_name = "EVENT")]
    event: Option<PublishedEvent>,
}

impl Schema {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let schema = match self.event {
            None => InvoiceRequest::json_schema(),
            Some(event) => event_schema(event),
        };
        let schema = serde_json::to_string_pretty(&schema)?;
        Ok(writeln!(output::stream(), "{schema}")?)
    }
}
