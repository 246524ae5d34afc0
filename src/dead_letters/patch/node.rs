//! JSON that is taken apart only where something in it changes.

use std::borrow::Cow;
use std::fmt;

use invoice::canonical;
use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::work::Work;

/// A value: its text, or its parts.
#[derive(Clone, Debug)]
pub(super) enum Node<'a> {
    /// JSON, as it was written.
    Text(Cow<'a, str>),
    /// Members in their order.
    Object(Vec<(String, Node<'a>)>),
    /// Items.
    Array(Vec<Node<'a>>),
}

impl<'a> From<&'a RawValue> for Node<'a> {
    fn from(json: &'a RawValue) -> Self {
        Self::Text(Cow::Borrowed(json.get()))
    }
}

impl<'a> Node<'a> {
    /// A value of its own.
    pub(super) fn owned(json: &RawValue) -> Self {
        Self::Text(Cow::Owned(json.get().to_owned()))
    }

    /// Takes an object or an array apart, one level; another value stays as it is.
    ///
    /// # Errors
    ///
    /// It cannot be read, or the patch has read too much.
    pub(super) fn open(&mut self, work: &mut Work) -> Result<(), String> {
        if let Self::Text(json) = self {
            work.read(json.len())?;
        }
        let opened = match self {
            Self::Text(Cow::Borrowed(json)) => parts(json)?,
            Self::Text(Cow::Owned(json)) => parts(json)?.map(Node::into_owned),
            Self::Object(_) | Self::Array(_) => None,
        };
        if let Some(opened) = opened {
            *self = opened;
        }
        Ok(())
    }

    /// The same as [`open`](Self::open) makes of it, which leaves this one as it is.
    pub(super) fn opened<'n>(&'n self, work: &mut Work) -> Result<Cow<'n, Node<'n>>, String> {
        let Self::Text(json) = self else {
            return Ok(Cow::Borrowed(self));
        };
        work.read(json.len())?;
        Ok(match parts(json)? {
            Some(opened) => Cow::Owned(opened),
            None => Cow::Borrowed(self),
        })
    }

    /// Its bytes as JSON, nearly: escapes in names are not counted. Nothing has none, or copies of it would be without a bound.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(json) => json.len(),
            Self::Object(members) => {
                // Quotes, colon and comma.
                let sizes = members
                    .iter()
                    .map(|(name, value)| name.len() + value.size() + 4);
                2 + sizes.sum::<usize>()
            }
            Self::Array(items) => 2 + items.iter().map(|item| item.size() + 1).sum::<usize>(),
        }
    }

    /// How many objects and arrays are in each other at most: 0 of a number or a text.
    pub(super) fn depth(&self) -> usize {
        let deepest = |depths: Option<usize>| 1 + depths.unwrap_or(0);
        match self {
            Self::Text(json) => canonical::depth(json.as_bytes()),
            Self::Object(members) => deepest(members.iter().map(|(_, value)| value.depth()).max()),
            Self::Array(items) => deepest(items.iter().map(Node::depth).max()),
        }
    }

    /// The same without what it borrows.
    fn into_owned<'b>(self) -> Node<'b> {
        match self {
            Self::Text(json) => Node::Text(Cow::Owned(json.into_owned())),
            Self::Object(members) => {
                let members = members.into_iter();
                let owned = members.map(|(name, value)| (name, value.into_owned()));
                Node::Object(owned.collect())
            }
            Self::Array(items) => Node::Array(items.into_iter().map(Node::into_owned).collect()),
        }
    }

    /// Applies a merge patch.
    ///
    /// # Errors
    ///
    /// A value cannot be read, or the patch has read too much.
    pub(super) fn merge(&mut self, patch: &RawValue, work: &mut Work) -> Result<(), String> {
        let mut changes = Node::from(patch);
        changes.open(work)?;
        let Node::Object(changes) = changes else {
            *self = Node::owned(patch);
            return Ok(());
        };
        self.open(work)?;
        if !matches!(self, Self::Object(_)) {
            *self = Self::Object(Vec::new());
        }
        let Self::Object(members) = self else {
            return Ok(());
        };
        for (name, change) in changes {
            // Neither opened nor owned yet.
            let change = change.to_string();
            let change: &RawValue = serde_json::from_str(&change)
                .map_err(|error| format!("the patch cannot be read at {name}: {error}"))?;
            work.read(members.len())?;
            let place = members.iter().position(|(member, _)| *member == name);
            match (change.get(), place) {
                ("null", Some(place)) => drop(members.remove(place)),
                ("null", None) => {}
                (_, Some(place)) => members[place].1.merge(change, work)?,
                (_, None) => {
                    let mut added = Node::Text("null".into());
                    added.merge(change, work)?;
                    members.push((name, added));
                }
            }
        }
        Ok(())
    }
}

/// JSON, compact where it was taken apart.
impl fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(json) => f.write_str(json),
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    let name = serde_json::to_string(name).map_err(|_| fmt::Error)?;
                    write!(f, "{comma}{name}:{value}")?;
                }
                f.write_str("}")
            }
            Self::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
        }
    }
}

/// The parts of an object or an array; none of another value.
fn parts(json: &str) -> Result<Option<Node<'_>>, String> {
    let mut parser = serde_json::Deserializer::from_str(json);
    let parts = match json.trim_start().as_bytes().first() {
        Some(b'{') => parser.deserialize_map(Parts),
        Some(b'[') => parser.deserialize_seq(Parts),
        Some(_) | None => return Ok(None),
    };
    let parts = parts.map_err(|error| format!("an object or array cannot be read: {error}"))?;
    Ok(Some(parts))
}

struct Parts;

impl<'a> Visitor<'a> for Parts {
    type Value = Node<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut access: A) -> Result<Node<'a>, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = access.next_entry::<String, &RawValue>()? {
            members.push((name, Node::from(value)));
        }
        Ok(Node::Object(members))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut access: A) -> Result<Node<'a>, A::Error> {
        let mut items = Vec::new();
        while let Some(value) = access.next_element::<&RawValue>()? {
            items.push(Node::from(value));
        }
        Ok(Node::Array(items))
    }
}
