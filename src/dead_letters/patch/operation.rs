//! The operations of RFC 6902.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::bounds::Bounds;
use super::invalid::InvalidPatch;
use super::node::Node;
use super::pointer::Pointer;
use super::same::is_same;

/// One operation of a JSON Patch.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Add(Pointer, Box<RawValue>),
    Remove(Pointer),
    Replace(Pointer, Box<RawValue>),
    Move { from: Pointer, to: Pointer },
    Copy { from: Pointer, to: Pointer },
    Test(Pointer, Box<RawValue>),
}

/// An operation as it is written. Members that the RFC does not name are ignored, as it asks for.
#[derive(Deserialize)]
struct Written {
    op: String,
    path: String,
    from: Option<String>,
    #[serde(default, deserialize_with = "given")]
    value: Option<Box<RawValue>>,
}

/// `null` is a value, too.
fn given<'a, D: Deserializer<'a>>(json: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(json).map(Some)
}

/// Reads an array of operations.
pub(super) fn parse(json: &[u8]) -> Result<Vec<Operation>, InvalidPatch> {
    let not_json = |error: serde_json::Error| InvalidPatch::NotJson(error.to_string());
    let written: Vec<Box<RawValue>> = serde_json::from_slice(json).map_err(not_json)?;
    let operations = written.iter().enumerate().map(|(index, json)| {
        Operation::parse(json).map_err(|problem| InvalidPatch::Operation {
            at: index + 1,
            problem,
        })
    });
    operations.collect()
}

impl Operation {
    fn parse(json: &RawValue) -> Result<Self, String> {
        let written: Written = serde_json::from_str(json.get()).map_err(|e| e.to_string())?;
        let op = written.op;
        let path = Pointer::parse(&written.path)?;
        let absent = |name: &str| format!("{name} is missing, which {op:?} needs");
        let value = || written.value.ok_or_else(|| absent("value"));
        let from = || Pointer::parse(&written.from.ok_or_else(|| absent("from"))?);
        Ok(match op.as_str() {
            "add" => Self::Add(path, value()?),
            "remove" => Self::Remove(path),
            "replace" => Self::Replace(path, value()?),
            "test" => Self::Test(path, value()?),
            "copy" => Self::Copy {
                from: from()?,
                to: path,
            },
            "move" => {
                let from = from()?;
                if from.contains(&path) {
                    return Err(format!("{from} cannot be moved into itself, to {path}"));
                }
                Self::Move { from, to: path }
            }
            _ => {
                return Err(format!(
                    "op is {op:?}, expected add, remove, replace, move, copy or test"
                ));
            }
        })
    }

    /// Applies it, or says why it fails.
    pub(super) fn apply(&self, root: &mut Node<'_>, bounds: &mut Bounds) -> Result<(), String> {
        match self {
            Self::Add(path, value) => {
                let value = Node::owned(value);
                bounds.write(path, &value)?;
                path.add(root, value, &mut bounds.work)
            }
            Self::Remove(path) => path.remove(root, &mut bounds.work).map(drop),
            Self::Replace(path, value) => {
                let value = Node::owned(value);
                bounds.write(path, &value)?;
                *path.find(root, &mut bounds.work)? = value;
                Ok(())
            }
            Self::Copy { from, to } => {
                let value = from.find(root, &mut bounds.work)?;
                bounds.write(to, value)?;
                let value = value.clone();
                to.add(root, value, &mut bounds.work)
            }
            Self::Move { from, to } => {
                let value = from.remove(root, &mut bounds.work)?;
                bounds.write(to, &value)?;
                to.add(root, value, &mut bounds.work)
            }
            Self::Test(path, expected) => {
                let found = path.find(root, &mut bounds.work)?;
                let expected = Node::from(&**expected);
                match is_same(found, &expected, &mut bounds.work) {
                    Ok(true) => Ok(()),
                    Ok(false) => Err(format!("{path} has another value than the patch expects")),
                    Err(problem) => Err(format!("{path} cannot be compared: {problem}")),
                }
            }
        }
    }
}
