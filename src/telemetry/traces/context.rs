//! W3C trace context: what connects the spans of several programs.

use std::fmt;
use std::str::FromStr as _;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

/// Longest `tracestate` that is passed on, in bytes: what the specification asks for at least.
const MAX_STATE_BYTES: usize = 512;

/// The place of a span in its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext(pub(super) SpanContext);

impl TraceContext {
    /// Reads `traceparent`, and `tracestate` where there is one; none where the first is not as the specification says. A
    /// wrong `tracestate` is left out.
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let mut parts = traceparent.split('-');
        let version = hexadecimal(parts.next()?, 2)?;
        let trace_id = TraceId::from_hex(hexadecimal(parts.next()?, 32)?).ok()?;
        let span_id = SpanId::from_hex(hexadecimal(parts.next()?, 16)?).ok()?;
        let flags = u8::from_str_radix(hexadecimal(parts.next()?, 2)?, 16).ok()?;
        // Later versions may have more parts.
        if version == "ff" || (version == "00" && parts.next().is_some()) {
            return None;
        }
        let state = tracestate.filter(|text| text.len() <= MAX_STATE_BYTES);
        let state = state.and_then(|text| TraceState::from_str(text).ok());
        let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
        let state = state.unwrap_or_default();
        let context = SpanContext::new(trace_id, span_id, flags, true, state);
        context.is_valid().then_some(Self(context))
    }

    /// `tracestate`; none where there is nothing to say.
    pub fn tracestate(&self) -> Option<String> {
        let state = self.0.trace_state().header();
        (!state.is_empty()).then_some(state)
    }

    /// The trace: 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        self.0.trace_id().to_string()
    }

    /// The span: 16 hexadecimal digits.
    pub fn span_id(&self) -> String {
        self.0.span_id().to_string()
    }
}

/// `traceparent`.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = &self.0;
        write!(
            f,
            "00-{}-{}-{:02x}",
            context.trace_id(),
            context.span_id(),
            context.trace_flags()
        )
    }
}

/// The trace that a `traceparent` names: 32 hexadecimal digits.
pub fn trace_id(traceparent: &str) -> Option<&str> {
    let id = traceparent.split('-').nth(1)?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

/// So many lower-case hexadecimal digits.
fn hexadecimal(text: &str, digits: usize) -> Option<&str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == digits && text.bytes().all(is_digit)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_context_is_written_as_it_was_read() {
        for text in [
            TRACE,
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        ] {
            let context = TraceContext::parse(text, Some("a=1,b@c=2")).expect("valid");
            assert_eq!(context.to_string(), text);
            assert_eq!(context.tracestate().as_deref(), Some("a=1,b@c=2"));
        }
        let long = format!("a={}", "x".repeat(MAX_STATE_BYTES));
        for state in [None, Some(""), Some("nonsense"), Some(&*long)] {
            let context = TraceContext::parse(TRACE, state).expect("valid");
            assert_eq!(context.tracestate(), None, "{state:?}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_this_one() {
        let later = format!("cc{}-more", &TRACE[2..]);
        let context = TraceContext::parse(&later, None).expect("valid");
        assert_eq!(context.to_string(), TRACE);
    }

    #[test]
    fn what_is_no_context_is_none() {
        for text in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-\u{e9}-b7ad6b7169203331-01",
        ] {
            assert_eq!(TraceContext::parse(text, None), None, "{text}");
        }
    }
}
