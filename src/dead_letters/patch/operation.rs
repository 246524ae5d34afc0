//! The operations of RFC 6902.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

use super::bounds::Bounds;
use super::invalid::InvalidPatch;
use super::node::Node;
use super::pointer::Pointer;

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
                bounds.work.read(found.size() + expected.get().len())?;
                if is_same(&found.to_string(), expected.get()) {
                    Ok(())
                } else {
                    Err(format!("{path} has another value than the patch expects"))
                }
            }
        }
    }
}

/// Whether both are the same JSON, however it is written: 1.50 is 1.5.
fn is_same(one: &str, other: &str) -> bool {
    let value = |json: &str| serde_json::from_str::<Value>(json).ok();
    value(one).is_some_and(|one| value(other).is_some_and(|other| equal(&one, &other)))
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => equal_numbers(one, other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let is_in_other = |(name, value): (&String, &Value)| {
                other.get(name).is_some_and(|other| equal(value, other))
            };
            one.len() == other.len() && one.iter().all(is_in_other)
        }
        (one, other) => one == other,
    }
}

/// Whole numbers are compared exactly.
fn equal_numbers(one: &Number, other: &Number) -> bool {
    let is_whole = |number: &Number| !number.is_f64();
    one == other || (!(is_whole(one) && is_whole(other)) && one.as_f64() == other.as_f64())
}
