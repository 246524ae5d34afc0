//! `openapi`: the form of the HTTP API.

use std::io::Write as _;

use crate::http::{openapi, routes};
use crate::output;

pub(super) fn run() -> anyhow::Result<()> {
    let text = openapi::text(&routes::document());
    Ok(write!(output::stream(), "{text}")?)
}
