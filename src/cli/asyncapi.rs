//! `asyncapi`: the form of the messages.

use std::io::Write as _;

use crate::asyncapi;
use crate::broker::Topology;
use crate::output;

pub(super) fn run(topology: &Topology) -> anyhow::Result<()> {
    let document = serde_json::to_string_pretty(&asyncapi::document(topology))?;
    Ok(writeln!(output::stream(), "{document}")?)
}
