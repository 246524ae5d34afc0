//! The rules of EN 16931: each rule that docs/rules.md marks as enforced has a case here, and each case breaks its rule.

mod amounts;
mod cases;
mod categories;
mod codes;

use std::collections::{BTreeMap, BTreeSet};

use self::cases::cases;
use super::*;

/// A field that is missing.
const NONE: Value = Value::Null;

/// A request that breaks one rule, and what is found.
struct Case {
    rule: &'static str,
    /// Other fields that the rule concerns: pointers and values.
    given: Vec<(&'static str, Value)>,
    /// The field that breaks the rule. Without it, or with another value in `repaired`, the request is valid.
    broken: (&'static str, Value),
    repaired: Option<Value>,
    pointer: &'static str,
    code: &'static str,
    /// The rule that the problem names.
    named: Option<&'static str>,
}

impl Case {
    /// With `value` at `pointer`, the request lacks what the rule requires, at the same pointer.
    fn new(rule: &'static str, pointer: &'static str, value: Value) -> Self {
        Self {
            rule,
            given: Vec::new(),
            broken: (pointer, value),
            repaired: None,
            pointer,
            code: "field_missing",
            named: Some(rule),
        }
    }

    fn given(mut self, pointer: &'static str, value: Value) -> Self {
        self.given.push((pointer, value));
        self
    }

    fn repaired(mut self, value: Value) -> Self {
        self.repaired = Some(value);
        self
    }

    fn at(mut self, pointer: &'static str) -> Self {
        self.pointer = pointer;
        self
    }

    fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    fn named(mut self, rule: impl Into<Option<&'static str>>) -> Self {
        self.named = rule.into();
        self
    }

    /// The valid request, and the one that breaks the rule.
    fn requests(&self) -> [Value; 2] {
        let mut valid = request();
        for (pointer, value) in &self.given {
            set(&mut valid, pointer, value.clone());
        }
        let mut broken = valid.clone();
        set(&mut broken, self.broken.0, self.broken.1.clone());
        if let Some(value) = &self.repaired {
            set(&mut valid, self.broken.0, value.clone());
        }
        [valid, broken]
    }
}

/// Puts the value at the pointer. Objects on the way to it are made where they are missing.
fn set(request: &mut Value, pointer: &str, value: Value) {
    let mut place = request;
    for name in pointer.split('/').skip(1) {
        place = match name.parse::<usize>() {
            Ok(index) => &mut place[index],
            Err(_) => &mut place[name],
        };
    }
    *place = value;
}

#[test]
fn each_rule_is_enforced_and_the_repaired_request_is_valid() {
    for case in cases() {
        let [valid, broken] = case.requests();
        if let Err(problems) = parse_value(&valid) {
            panic!("{}: the repaired request is refused: {problems}", case.rule);
        }
        let found = problems(&broken);
        let expected = (case.code, case.pointer.to_owned(), case.named);
        assert!(
            found.contains(&expected),
            "{}: expected {expected:?}, found {found:?}",
            case.rule
        );
    }
}

/// A row of the table in docs/rules.md.
struct Row {
    rule: &'static str,
    place: Option<&'static str>,
    remark: &'static str,
}

fn rows() -> Vec<Row> {
    let table = include_str!("../../../../../docs/rules.md");
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| BR-") || line.starts_with("| PEPPOL-"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [rule, requires, place, remark] = cells[..] else {
            panic!("expected four cells in {row}");
        };
        assert!(!requires.is_empty() && !remark.is_empty(), "{row}");
        let place = (place != "-").then(|| place.trim_matches('`'));
        Row {
            rule,
            place,
            remark,
        }
    })
    .collect()
}

#[test]
fn the_documentation_says_where_each_rule_is_checked() {
    let rows = rows();
    let mut documented: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in &rows {
        let places = documented.entry(row.rule).or_default();
        places.extend(row.place);
    }
    assert_eq!(documented.len(), rows.len(), "a rule has two rows");

    let mut tested: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for case in cases() {
        tested.entry(case.rule).or_default().insert(case.pointer);
        let row = rows.iter().find(|row| row.rule == case.rule);
        let remark = row.map_or("", |row| row.remark);
        assert!(
            remark.contains(case.code),
            "{}: {} is not in {remark:?}",
            case.rule,
            case.code
        );
        let other = case.named.filter(|named| *named != case.rule);
        assert!(
            other.is_none_or(|named| remark.contains(named)),
            "{}: {remark:?}",
            case.rule
        );
    }
    for (rule, places) in &documented {
        let tested = tested.remove(rule).unwrap_or_default();
        assert!(
            places.is_subset(&tested),
            "{rule}: documented at {places:?}, tested at {tested:?}"
        );
        assert_eq!(
            places.is_empty(),
            tested.is_empty(),
            "{rule} is tested, but documented as not enforced"
        );
    }
    assert!(tested.is_empty(), "not documented: {tested:?}");
}

#[test]
fn the_documentation_has_every_rule_of_the_standard() {
    let documented: BTreeSet<String> = rows().iter().map(|row| row.rule.to_owned()).collect();
    let artefacts = include_str!("standard/rules.tsv").lines();
    for rule in artefacts.filter(|line| !line.starts_with('#')) {
        // The standard has these names, and CEN's artefacts have others.
        let rule = rule.replace("BR-AF-", "BR-IG-").replace("BR-AG-", "BR-IP-");
        assert!(documented.contains(&rule), "{rule}");
    }
}
