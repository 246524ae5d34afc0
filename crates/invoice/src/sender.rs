//! The sender of a message, by which two messages with the same body differ.

/// The id of a message. Without one, it is where the answer goes: two requesters that publish the same body each wait for their
/// own.
pub fn sender(
    message_id: Option<&str>,
    reply_to: Option<&str>,
    correlation_id: Option<&str>,
) -> String {
    let answer = (
        reply_to.unwrap_or_default(),
        correlation_id.unwrap_or_default(),
    );
    match (message_id, answer) {
        (Some(id), _) => id.to_owned(),
        (None, ("", "")) => String::new(),
        (None, (reply_to, correlation_id)) => format!("\0{reply_to}\0{correlation_id}"),
    }
}
