//! What the order service reads of the events, and what both programs need to start.

use std::fmt;
use std::process::ExitCode;

use serde::Deserialize;

/// An event: a structured CloudEvent. Members that are not read here are ignored, since later versions may add some.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// The same in each copy of one event.
    pub id: String,
    /// Names what happened, with the version of the contract.
    #[serde(rename = "type")]
    pub kind: String,
    /// The identity of the invoice; of a failure only where the request has all its parts.
    pub subject: Option<String>,
    /// What happened.
    pub data: serde_json::Value,
}

/// What has become of a request.
#[derive(Debug)]
pub enum Outcome {
    /// The document was issued.
    Generated(Generated),
    /// The request was dead-lettered.
    Failed(Failed),
    /// An event of a later version, to be acknowledged and ignored.
    Unknown,
}

/// The data of `invoice.generated.v1`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Generated {
    pub currency: String,
    /// The total with tax, in minor units of the currency.
    pub gross_minor: i64,
    /// Where the document is: private, and never presigned.
    pub url: String,
    /// SHA-256 of the document, hexadecimal.
    pub sha256: String,
    pub pages: u32,
    pub warnings: Vec<Problem>,
}

/// The data of `invoice.failed.v1`.
#[derive(Debug, Deserialize)]
pub struct Failed {
    /// The reason for programs.
    pub code: String,
    /// The reason for people.
    pub detail: String,
    /// What is wrong with fields of the request; empty where the failure is not about fields.
    pub errors: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

/// What is wrong with a field, or suspicious.
#[derive(Debug, Deserialize)]
pub struct Problem {
    pub code: String,
    /// The JSON pointer of the field.
    pub pointer: String,
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.code, self.pointer, self.detail)
    }
}

impl Event {
    /// What has become of the request.
    ///
    /// # Errors
    ///
    /// The data are not those of the event's type.
    pub fn outcome(&self) -> serde_json::Result<Outcome> {
        Ok(match &*self.kind {
            "invoice.generated.v1" => Outcome::Generated(Generated::deserialize(&self.data)?),
            "invoice.failed.v1" => Outcome::Failed(Failed::deserialize(&self.data)?),
            _ => Outcome::Unknown,
        })
    }
}

/// The exchange of requests and events.
pub fn exchange() -> String {
    variable("AMQP_EXCHANGE").unwrap_or_else(|| "invoices".to_owned())
}

/// A variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable that has to be set.
///
/// # Errors
///
/// It is not set; the sentence says what was expected.
pub fn required(name: &str, example: &str) -> Result<String, String> {
    match variable(name) {
        Some(url) if url.contains("://") => Ok(url),
        Some(_) => Err(format!("{name} is no URL, expected one like {example}")),
        None => Err(format!("{name} is not set, expected a URL like {example}")),
    }
}

/// Ends the program with code 2.
pub fn wrong_usage(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}
