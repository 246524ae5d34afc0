//! Whether two values are the same JSON, however they are written.

use invoice::canonical;

use super::node::Node;
use super::work::Work;

/// Whether both are the same (RFC 6902, 4.6): white space, escapes and the order of members do not matter, and numbers are compared
/// by all of their digits, so that 1.50 is 1.5.
///
/// # Errors
///
/// One of them cannot be read, or the patch has read too much.
pub(super) fn is_same(one: &Node<'_>, other: &Node<'_>, work: &mut Work) -> Result<bool, String> {
    let (one, other) = (one.opened(work)?, other.opened(work)?);
    match (&*one, &*other) {
        (Node::Text(one), Node::Text(other)) => is_same_scalar(one.trim(), other.trim()),
        (Node::Array(ones), Node::Array(others)) => {
            if ones.len() != others.len() {
                return Ok(false);
            }
            for (one, other) in ones.iter().zip(others) {
                if !is_same(one, other, work)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Node::Object(ones), Node::Object(others)) => {
            if ones.len() != others.len() {
                return Ok(false);
            }
            for ((name, one), (other_name, other)) in sorted(ones).into_iter().zip(sorted(others)) {
                if name != other_name || !is_same(one, other, work)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Node::Text(_) | Node::Array(_) | Node::Object(_), _) => Ok(false),
    }
}

/// Members by their names.
fn sorted<'n, 'a>(members: &'n [(String, Node<'a>)]) -> Vec<&'n (String, Node<'a>)> {
    let mut members: Vec<&(String, Node<'a>)> = members.iter().collect();
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    members
}

/// The same for values that have no parts.
fn is_same_scalar(one: &str, other: &str) -> Result<bool, String> {
    let is_text = |json: &str| json.starts_with('"');
    let is_number =
        |json: &str| json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if is_text(one) && is_text(other) {
        return Ok(text(one)? == text(other)?);
    }
    if is_number(one) && is_number(other) {
        return Ok(canonical::is_same_number(one, other));
    }
    Ok(one == other)
}

fn text(json: &str) -> Result<String, String> {
    serde_json::from_str(json).map_err(|error| format!("a text cannot be read: {error}"))
}
