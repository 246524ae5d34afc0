//! What a body looks like by the names of its members, whatever its content type says.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::content::{CLOUD_EVENT, JSON, MASS_TRANSIT};
use crate::{FailureCode, Problem};

/// What a body looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// A request as it is.
    Request,
    /// A structured CloudEvent.
    CloudEvent,
    /// A MassTransit message.
    MassTransit,
}

/// The members that are looked at.
#[derive(Debug, Default)]
struct Members {
    marketplace: bool,
    lines: bool,
    specversion: bool,
    message: bool,
    message_type: bool,
}

impl Likeness {
    /// What parsed content looks like.
    pub(crate) fn of(content: &Value) -> Option<Self> {
        let mut members = Members::default();
        content
            .as_object()?
            .keys()
            .for_each(|name| members.see(name));
        members.likeness()
    }

    /// What content looks like that may be broken behind its first members.
    pub(crate) fn of_bytes(content: &[u8]) -> Option<Self> {
        let mut members = Members::default();
        let mut json = serde_json::Deserializer::from_slice(content);
        // What was seen before an error stays.
        json.deserialize_map(&mut members).ok();
        members.likeness()
    }

    /// Whether a request is inside of it.
    pub(crate) fn is_envelope(self) -> bool {
        self != Self::Request
    }

    /// The problem of a body that looks like this, and whose content type says something else.
    pub(crate) fn problem(self) -> Problem {
        let (what, content_type) = match self {
            Self::Request => ("a request without an envelope", JSON),
            Self::CloudEvent => ("a CloudEvent", CLOUD_EVENT),
            Self::MassTransit => ("a MassTransit message", MASS_TRANSIT),
        };
        Problem {
            code: FailureCode::EnvelopeInvalid,
            pointer: String::new(),
            rule: None,
            message: format!("looks like {what}; set the content type {content_type}"),
        }
    }
}

impl Members {
    fn see(&mut self, name: &str) {
        match name {
            "marketplace" => self.marketplace = true,
            "lines" => self.lines = true,
            "specversion" => self.specversion = true,
            "message" => self.message = true,
            "messageType" => self.message_type = true,
            _ => {}
        }
    }

    fn likeness(&self) -> Option<Likeness> {
        if self.marketplace || self.lines {
            Some(Likeness::Request)
        } else if self.specversion {
            Some(Likeness::CloudEvent)
        } else if self.message && self.message_type {
            Some(Likeness::MassTransit)
        } else {
            None
        }
    }
}

impl<'a> Visitor<'a> for &mut Members {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            self.see(&name);
            members.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}
