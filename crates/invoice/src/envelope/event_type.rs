//! The type of an event, and which types are understood.

use crate::{FailureCode, Problem};

/// The type of the events that this version understands. Publishers may put a name of their own before it, as in
/// `com.example.invoice.requested.v1`.
pub const EVENT_TYPE: &str = "invoice.requested.v1";

/// What the content of a message with some type is.
#[derive(Debug, PartialEq)]
pub(super) enum EventType {
    /// A request of this version.
    Ours,
    /// A request of another version.
    OtherVersion,
    /// Another event, or a name that says nothing.
    Foreign,
}

pub(super) fn of(name: &str) -> EventType {
    let Some((kind, version)) = name.rsplit_once(".v") else {
        return EventType::Foreign;
    };
    let ours = kind == "invoice.requested" || kind.ends_with(".invoice.requested");
    match version {
        _ if !ours => EventType::Foreign,
        "1" => EventType::Ours,
        _ => EventType::OtherVersion,
    }
}

pub(super) fn check_type(pointer: &str, name: Option<&str>) -> Result<(), Problem> {
    match name.map(of) {
        Some(EventType::Ours) => Ok(()),
        Some(EventType::OtherVersion | EventType::Foreign) | None => {
            Err(unsupported(pointer, name))
        }
    }
}

/// The pointer is empty where the type is in a header.
pub(super) fn unsupported(pointer: &str, name: Option<&str>) -> Problem {
    // A type is a name that a developer chose, not personal data; cut, since it comes from outside.
    let given = match name {
        Some(name) => format!("is {:?}", name.chars().take(100).collect::<String>()),
        None => "is missing".to_owned(),
    };
    let subject = if pointer.is_empty() { "type " } else { "" };
    Problem {
        code: FailureCode::EventTypeUnsupported,
        pointer: pointer.into(),
        rule: None,
        message: format!("{subject}{given}, expected {EVENT_TYPE}"),
    }
}
