//! The content against the shape of the wire types: values of another JSON type than their field, and members that are no field.
//!
//! serde stops at the first value of another type, so a program that writes all its amounts as numbers would learn of one in each
//! attempt. It also reads a struct from an array, member by member, and would take `["tiktok", "shop"]` for a marketplace. And it
//! ignores members that it does not know.

mod kind;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use self::kind::Kind;
use super::fields::Place;
use super::spelling;
use crate::problem::{InvalidRequest, MAX_PROBLEMS, Warning, WarningCode};
use crate::request::InvoiceRequest;
use crate::{FailureCode, Problem};

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| Shapes::of(&InvoiceRequest::json_schema()));

/// Members whose place and nearest field are looked for. A longer list would not be read.
const MAX_UNKNOWN: usize = MAX_PROBLEMS;

/// Longest name that a problem quotes, in bytes.
const MAX_NAME: usize = 100;

/// What the content has that the wire types do not say.
#[derive(Debug, Default)]
pub(super) struct Inspected {
    /// Values of another JSON type than their field has.
    mistyped: Vec<Mistyped>,
    /// Members that are no field.
    unknown: Vec<Unknown>,
}

/// A value of another JSON type than its field has.
#[derive(Debug)]
struct Mistyped {
    problem: Problem,
    /// Whether serde would read it all the same.
    is_read: bool,
}

/// A member that is no field.
#[derive(Debug)]
struct Unknown {
    place: Place,
    /// The field that is probably meant.
    meant: Option<&'static str>,
}

/// Compares content with the shape of a request.
pub(super) fn inspect(content: &Value) -> Inspected {
    let mut inspected = Inspected::default();
    SHAPES.inspect(0, content, &Path::Root, &mut inspected);
    inspected
}

impl Inspected {
    /// Refuses content that serde has read and should not have: with an array where an object belongs.
    pub(super) fn refuse_arrays(&self) -> Result<(), InvalidRequest> {
        if self.mistyped.iter().any(|it| it.is_read)
            && let Some(invalid) = self.mistyped()
        {
            return Err(invalid);
        }
        Ok(())
    }

    /// What serde says of content that it cannot read. Where a type is wrong, that is all wrong types instead of the first one.
    pub(super) fn completed(&self, invalid: InvalidRequest) -> InvalidRequest {
        match self.mistyped() {
            Some(all) if invalid.code() == FailureCode::FieldType => all,
            Some(_) | None => invalid,
        }
    }

    fn mistyped(&self) -> Option<InvalidRequest> {
        let problems = self.mistyped.iter().map(|it| it.problem.clone());
        InvalidRequest::from_problems(problems.collect())
    }

    /// A problem for each member that is no field.
    pub(super) fn unknown_fields(&self) -> impl Iterator<Item = Problem> {
        self.unknown.iter().map(|Unknown { place, meant }| Problem {
            code: FailureCode::FieldUnknown,
            pointer: place.clone().into_pointer(),
            rule: None,
            message: match meant {
                Some(meant) => format!("unknown field; {meant}?"),
                None => "unknown field".to_owned(),
            },
        })
    }

    /// A warning for each member that is ignored, although a field is probably meant.
    pub(super) fn misspelt(&self) -> impl Iterator<Item = Warning> {
        self.unknown
            .iter()
            .filter_map(|Unknown { place, meant }| Some(ignored(place, &format!("{}?", (*meant)?))))
    }

    /// A warning for each member that is ignored beside a required field that is missing: it may be that field under a name
    /// that is not like it (`price`), or an object around the request.
    pub(super) fn beside_missing(&self, problems: &[Problem]) -> impl Iterator<Item = Warning> {
        let missing = problems.iter();
        let missing = missing.filter(|problem| problem.code == FailureCode::FieldMissing);
        let missing: Vec<(&str, &str)> = missing
            .filter_map(|problem| problem.pointer.rsplit_once('/'))
            .collect();
        self.unknown
            .iter()
            .filter(|unknown| unknown.meant.is_none())
            .filter_map(move |Unknown { place, .. }| {
                let pointer = place.clone().into_pointer();
                let (parent, _) = pointer.rsplit_once('/')?;
                let beside = missing.iter().filter(|(of, _)| *of == parent);
                let names: Vec<&str> = beside.map(|(_, name)| *name).collect();
                let verb = if names.len() > 1 { "are" } else { "is" };
                let message = format!("{} {verb} missing", names.join(", "));
                (!names.is_empty()).then(|| ignored(place, &message))
            })
    }
}

/// The warning of a member that is ignored.
fn ignored(place: &Place, why: &str) -> Warning {
    Warning {
        code: WarningCode::FieldMisspelt,
        pointer: place.clone().into_pointer(),
        message: format!("unknown field, which is ignored; {why}"),
    }
}

/// What the wire types say of a value.
#[derive(Debug, Default)]
struct Shape {
    /// The JSON type; none where any is right.
    kind: Option<Kind>,
    /// Of an object: members that a message names.
    members: Vec<&'static str>,
    /// Of an object: its fields, and the shapes of their values.
    fields: Option<HashMap<&'static str, usize>>,
    /// Of a list: the shape of its items.
    items: Option<usize>,
}

/// The shapes of a request and its parts, the request's own first. They are made of the schema once: reading it again for each
/// request would cost more than the request.
#[derive(Debug)]
struct Shapes(Vec<Shape>);

impl Shapes {
    fn of(schema: &Value) -> Self {
        let mut shapes = Self(Vec::new());
        let mut named = HashMap::new();
        shapes.add(schema, schema, &mut named);
        shapes
    }

    fn add<'a>(
        &mut self,
        root: &'a Value,
        schema: &'a Value,
        named: &mut HashMap<&'a str, usize>,
    ) -> usize {
        // A value that is there: without the alternative `null`.
        let alternatives = schema.get("anyOf").and_then(Value::as_array);
        let schema = alternatives.and_then(|all| all.first()).unwrap_or(schema);
        let reference = schema.get("$ref").and_then(Value::as_str);
        if let Some(known) = reference.and_then(|name| named.get(name)) {
            return *known;
        }
        let index = self.0.len();
        self.0.push(Shape::default());
        let target = reference.and_then(|name| root.pointer(name.strip_prefix('#')?));
        let schema = target.unwrap_or(schema);
        if let Some(name) = reference {
            named.insert(name, index);
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let fields = properties.map(|properties| {
            let field = |(name, schema): (&'a String, &'a Value)| {
                (leaked(name), self.add(root, schema, named))
            };
            properties.iter().map(field).collect()
        });
        let items = schema.get("items");
        let items = items.map(|schema| self.add(root, schema, named));
        self.0[index] = Shape {
            kind: Kind::of(schema),
            members: members(schema),
            fields,
            items,
        };
        index
    }

    fn inspect(&self, shape: usize, value: &Value, path: &Path<'_>, found: &mut Inspected) {
        let Shape {
            kind,
            members: named,
            fields,
            items,
        } = &self.0[shape];
        if let Some(expected) = kind.filter(|kind| !kind.has(value)) {
            found.add_mistyped(path, value, expected, named);
            return;
        }
        match value {
            Value::Array(values) => {
                let Some(items) = *items else { return };
                for (index, value) in values.iter().enumerate() {
                    self.inspect(items, value, &Path::Item(path, index), found);
                }
            }
            Value::Object(members) => {
                let Some(fields) = fields else { return };
                for (name, value) in members {
                    let path = Path::Field(path, name);
                    match fields.get(&**name) {
                        // It counts as absent.
                        Some(_) if value.is_null() => {}
                        Some(field) => self.inspect(*field, value, &path, found),
                        None => found.unknown(&path, name, fields, members),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Most members that a message names, where none is required.
const MAX_MEMBERS: usize = 4;

/// The members of an object that tell a reader what it is: those that are required, or else all, if they are few. A whole
/// request has too many.
fn members(schema: &Value) -> Vec<&'static str> {
    let is_whole = schema.get("$defs").is_some();
    let required = schema.get("required").and_then(Value::as_array);
    let required = required.into_iter().flatten().filter_map(Value::as_str);
    let mut members: Vec<&str> = required.collect();
    if members.is_empty() {
        let all = schema.get("properties").and_then(Value::as_object);
        members = all.into_iter().flatten().map(|(name, _)| &**name).collect();
        members.truncate(if members.len() > MAX_MEMBERS {
            0
        } else {
            MAX_MEMBERS
        });
    }
    let members = members.into_iter().filter(|_| !is_whole);
    members.map(leaked).collect()
}

/// A name of the schema, for as long as the program runs: there is one schema.
fn leaked(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}

impl Inspected {
    fn add_mistyped(&mut self, path: &Path<'_>, value: &Value, expected: Kind, members: &[&str]) {
        if self.mistyped.len() < MAX_PROBLEMS {
            let problem = Problem {
                code: FailureCode::FieldType,
                pointer: path.place().into_pointer(),
                rule: None,
                message: expected.refusal(value, members),
            };
            let is_read = expected == Kind::Object && value.is_array();
            self.mistyped.push(Mistyped { problem, is_read });
        }
    }

    fn unknown(
        &mut self,
        path: &Path<'_>,
        name: &str,
        fields: &HashMap<&'static str, usize>,
        members: &Map<String, Value>,
    ) {
        if self.unknown.len() >= MAX_UNKNOWN || name.len() > MAX_NAME {
            return;
        }
        // A field that is there as well is not meant by another name. Null counts as absent.
        let is_absent = |field: &&&str| members.get(**field).is_none_or(Value::is_null);
        let absent = fields.keys().filter(is_absent);
        self.unknown.push(Unknown {
            place: path.place(),
            meant: spelling::nearest(name, absent.copied()),
        });
    }
}

/// The way to a value. It becomes a place where there is something to say of it.
enum Path<'a> {
    Root,
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl Path<'_> {
    fn place(&self) -> Place {
        match self {
            Self::Root => Place::root(),
            Self::Field(parent, name) => parent.place().field(name),
            Self::Item(parent, index) => parent.place().item(*index),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_array_is_found_wherever_an_object_belongs() {
        for (content, place) in [
            (json!([]), "the body"),
            (json!({ "marketplace": ["tiktok"] }), "/marketplace"),
            (json!({ "totals": [] }), "/totals"),
            (
                json!({ "seller": { "address": [null] } }),
                "/seller/address",
            ),
            (json!({ "lines": [{}, []] }), "/lines/1"),
            (json!({ "lines": [{ "tax": ["S"] }] }), "/lines/0/tax"),
        ] {
            let inspected = inspect(&content);
            let invalid = inspected.refuse_arrays().expect_err("an array").to_string();
            let expected = format!("{place}: is an array, expected an object");
            assert!(invalid.starts_with(&expected), "{invalid}");
        }
        for content in [
            json!({ "lines": [], "extensions": { "list": [1, [2]] } }),
            json!({ "unknown": [[]], "marketplace": null }),
            json!({ "notes": ["text"] }),
        ] {
            assert!(inspect(&content).refuse_arrays().is_ok(), "{content}");
        }
    }

    #[test]
    fn a_member_that_is_no_field_is_found_wherever_it_is() {
        let content = json!({
            "issue_date": "2026-11-21",
            "seller": { "adress": {}, "address": {}, "extra/~": 1 },
            "buyer": { "adress": {}, "address": null },
            "lines": [{}, { "netAmmount": "1", "tax": { "Rate": "19", "vatRate": "19" } }],
            "extensions": { "anything": { "goes": true } },
        });
        let inspected = inspect(&content);
        let unknown = inspected
            .unknown_fields()
            .map(|problem| problem.to_string());
        let mut unknown: Vec<_> = unknown.collect();
        unknown.sort_unstable();
        assert_eq!(
            unknown,
            [
                "/buyer/adress: unknown field; address?",
                "/issue_date: unknown field; issueDate?",
                "/lines/1/netAmmount: unknown field; netAmount?",
                "/lines/1/tax/Rate: unknown field; rate?",
                "/lines/1/tax/vatRate: unknown field",
                // The address is there.
                "/seller/adress: unknown field",
                "/seller/extra~1~0: unknown field",
            ]
        );
        let mut warned: Vec<_> = inspected.misspelt().map(|it| it.pointer).collect();
        warned.sort_unstable();
        assert_eq!(
            warned,
            [
                "/buyer/adress",
                "/issue_date",
                "/lines/1/netAmmount",
                "/lines/1/tax/Rate"
            ]
        );
    }

    #[test]
    fn many_and_long_names_are_bounded() {
        let members = (0..10_000).map(|number| (format!("name{number}"), json!(1)));
        let mut content: Map<String, Value> = members.collect();
        content.insert("x".repeat(1_000), json!(1));
        let inspected = inspect(&content.into());
        assert_eq!(inspected.unknown_fields().count(), MAX_UNKNOWN);
    }
}
