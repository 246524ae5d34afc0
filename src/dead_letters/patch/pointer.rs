//! JSON pointers (RFC 6901) into a request.

use std::fmt;

use super::node::Node;
use super::work::Work;

/// Most parts of a pointer. Requests are nested 64 levels deep at most; the rest is room for clear errors about pointers that lead
/// nowhere.
const MAX_TOKENS: usize = 128;

/// A pointer, as its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer {
    text: String,
    tokens: Vec<String>,
}

impl Pointer {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if !text.is_empty() && !text.starts_with('/') {
            return Err(format!(
                "{text:?} is no JSON pointer: expected an empty text, or one that begins with /"
            ));
        }
        let tokens: Option<Vec<String>> = text.split('/').skip(1).map(unescaped).collect();
        let tokens = tokens.ok_or_else(|| {
            format!("{text:?} is no JSON pointer: expected 0 (for ~) or 1 (for /) after each ~")
        })?;
        if tokens.len() > MAX_TOKENS {
            let parts = tokens.len();
            return Err(format!(
                "a JSON pointer has {parts} parts, expected at most {MAX_TOKENS}"
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            tokens,
        })
    }

    /// Whether the other value is in the value of this pointer.
    pub(super) fn contains(&self, other: &Self) -> bool {
        other.tokens.len() > self.tokens.len() && other.tokens.starts_with(&self.tokens)
    }

    /// In how many objects and arrays the value is.
    pub(super) fn depth(&self) -> usize {
        self.tokens.len()
    }

    /// The value.
    pub(super) fn find<'n, 'a>(
        &self,
        root: &'n mut Node<'a>,
        work: &mut Work,
    ) -> Result<&'n mut Node<'a>, String> {
        descend(root, &self.tokens, work)?.ok_or_else(|| self.absent())
    }

    /// Adds a value: a member, an item before others, or the whole.
    pub(super) fn add<'a>(
        &self,
        root: &mut Node<'a>,
        value: Node<'a>,
        work: &mut Work,
    ) -> Result<(), String> {
        let Some((last, before)) = self.tokens.split_last() else {
            *root = value;
            return Ok(());
        };
        let parent = descend(root, before, work)?.ok_or_else(|| self.no_parent())?;
        parent.open(work)?;
        match parent {
            Node::Object(members) => {
                work.read(members.len())?;
                match members.iter_mut().find(|(name, _)| name == last) {
                    Some((_, member)) => *member = value,
                    None => members.push((last.clone(), value)),
                }
                Ok(())
            }
            Node::Array(items) => {
                let place = match last.as_str() {
                    "-" => Some(items.len()),
                    token => index(token).filter(|place| *place <= items.len()),
                };
                let place = place.ok_or_else(|| {
                    format!("{} is no place in an array of {}", self.text, items.len())
                })?;
                work.read(items.len() - place)?;
                items.insert(place, value);
                Ok(())
            }
            Node::Text(_) => Err(self.no_parent()),
        }
    }

    /// Removes a value, and returns it.
    pub(super) fn remove<'a>(
        &self,
        root: &mut Node<'a>,
        work: &mut Work,
    ) -> Result<Node<'a>, String> {
        let Some((last, before)) = self.tokens.split_last() else {
            return Err("the whole request cannot be removed".to_owned());
        };
        let absent = || self.absent();
        let parent = descend(root, before, work)?.ok_or_else(absent)?;
        parent.open(work)?;
        match parent {
            Node::Object(members) => {
                work.read(members.len())?;
                let place = members.iter().position(|(name, _)| name == last);
                Ok(members.remove(place.ok_or_else(absent)?).1)
            }
            Node::Array(items) => {
                let place = index(last).filter(|place| *place < items.len());
                let place = place.ok_or_else(absent)?;
                work.read(items.len() - place)?;
                Ok(items.remove(place))
            }
            Node::Text(_) => Err(absent()),
        }
    }

    fn absent(&self) -> String {
        format!("there is nothing at {}", self.text)
    }

    fn no_parent(&self) -> String {
        format!("there is no object or array that {} could be in", self.text)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A part of a pointer as the name that it stands for (RFC 6901, 4); none where a `~` is no escape.
fn unescaped(token: &str) -> Option<String> {
    let mut pieces = token.split('~');
    let mut name = pieces.next()?.to_owned();
    for piece in pieces {
        let (letter, rest) = match piece.strip_prefix('0') {
            Some(rest) => ('~', rest),
            None => ('/', piece.strip_prefix('1')?),
        };
        name.push(letter);
        name.push_str(rest);
    }
    Some(name)
}

/// The value at these tokens, or none.
fn descend<'n, 'a>(
    root: &'n mut Node<'a>,
    tokens: &[String],
    work: &mut Work,
) -> Result<Option<&'n mut Node<'a>>, String> {
    let mut node = root;
    for token in tokens {
        node.open(work)?;
        let found = match node {
            Node::Object(members) => {
                work.read(members.len())?;
                let mut members = members.iter_mut();
                let found = members.find(|(name, _)| name == token);
                found.map(|(_, value)| value)
            }
            Node::Array(items) => match index(token) {
                Some(place) => items.get_mut(place),
                None => None,
            },
            Node::Text(_) => None,
        };
        match found {
            Some(found) => node = found,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

/// A place in an array: digits, without zeros before them.
fn index(token: &str) -> Option<usize> {
    let is_plain = token == "0" || !token.starts_with('0');
    let is_number = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
    (is_plain && is_number).then(|| token.parse().ok())?
}
