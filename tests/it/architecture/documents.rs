//! What the documentation lists is what the program has: events of the log, codes of failures, members of answers, tables with grants.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use invoice::FailureCode;
use invoice_worker::audit::FindingCode;
use invoice_worker::telemetry::metrics;
use regex::Regex;
use serde_json::Value;

use super::{code, name, pattern, root, sources};

/// Where the program logs.
const LOGGING: [&str; 3] = ["src", "crates/document/src", "crates/invoice/src"];

// Compiled once: that takes longer than searching a file.
static CALL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(trace|debug|info|warn|error)!\("));
static EVENT: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^event\s*=\s*"(\w+)"$"#));
static QUOTED: LazyLock<Regex> = LazyLock::new(|| pattern("`([A-Za-z0-9_]+)`"));

/// One call of a macro that logs.
struct Call {
    file: String,
    level: String,
    /// `name = value` for all but the message.
    event: Option<String>,
    fields: BTreeSet<String>,
}

fn calls() -> Vec<Call> {
    let sources = LOGGING.into_iter().flat_map(sources);
    sources
        .flat_map(|path| calls_in(&name(&path), &code(&path)))
        .collect()
}

fn calls_in(file: &str, code: &str) -> Vec<Call> {
    let calls = CALL.captures_iter(code).map(|found| {
        let end = found.get(0).map_or(0, |whole| whole.end());
        let mut arguments = arguments(&code[end..]);
        // The span that it is about comes before everything else.
        arguments.retain(|argument| !argument.starts_with("parent:"));
        let fields = arguments.iter().skip(1);
        Call {
            file: file.to_owned(),
            level: found[1].to_owned(),
            event: arguments
                .first()
                .and_then(|first| Some(EVENT.captures(first)?[1].to_owned())),
            fields: fields
                .filter(|argument| !argument.starts_with('"'))
                .map(|argument| {
                    let name = argument.split('=').next().unwrap_or_default();
                    name.trim().trim_start_matches(['%', '?']).to_owned()
                })
                .collect(),
        }
    });
    calls.collect()
}

/// The arguments of a macro, from behind its parenthesis to the one that closes it.
fn arguments(code: &str) -> Vec<String> {
    let mut arguments = vec![String::new()];
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    for letter in code.chars() {
        let is_text = in_text;
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if in_text => is_escaped = true,
            '"' => in_text = !in_text,
            _ if is_text => {}
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(argument) = arguments.last_mut() {
            argument.push(letter);
        }
    }
    let arguments = arguments.iter().map(|argument| argument.trim().to_owned());
    arguments.filter(|argument| !argument.is_empty()).collect()
}

#[test]
fn log_calls_are_read_with_their_fields() {
    let code = r#"warn!(
        event = "a_name", %error, count = items.len(), delay_ms = milliseconds(delay, "x, (y"), code, "a, (message"
    );
    info!("without a name");"#;
    let calls = calls_in("file", code);
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].event.as_deref(), Some("a_name"));
    let fields: Vec<_> = calls[0].fields.iter().map(String::as_str).collect();
    assert_eq!(fields, ["code", "count", "delay_ms", "error"]);
    assert_eq!(
        (calls[0].level.as_str(), calls[1].event.as_deref()),
        ("warn", None)
    );
}

#[test]
fn every_log_call_names_its_event_and_no_two_calls_share_one() {
    let mut seen = BTreeMap::new();
    for call in calls() {
        let Call { file, level, .. } = &call;
        let Some(event) = &call.event else {
            panic!("{file}: the first argument of {level}! is not event = \"...\"");
        };
        if let Some(other) = seen.insert(event.clone(), file.clone()) {
            panic!("{event} is logged in {other} and in {file}");
        }
    }
}

/// The rows of the tables of a page, as cells.
fn rows(page: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join(page)).expect("a page");
    let rows = text
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    rows.map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The names in a cell.
fn names(cell: &str) -> BTreeSet<String> {
    let names = QUOTED.captures_iter(cell);
    names.map(|name| name[1].to_owned()).collect()
}

#[test]
fn docs_list_every_event_of_the_log_with_its_level_and_fields() {
    let mut documented = BTreeMap::new();
    for row in rows("docs/logs.md") {
        let event = names(&row[0]).into_iter().next();
        if let (Some(event), [_, level, _, fields]) = (event, &row[..]) {
            documented.insert(event, format!("{level} {:?}", names(fields)));
        }
    }
    let calls = calls().into_iter();
    let logged: BTreeMap<String, String> = calls
        .filter_map(|call| Some((call.event?, format!("{} {:?}", call.level, call.fields))))
        .collect();
    let differ = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
        let rows = one
            .iter()
            .filter(|(event, row)| other.get(*event) != Some(*row));
        rows.map(|(event, row)| format!("{event} {row}"))
            .collect::<Vec<_>>()
    };
    let (wrong, missing) = (differ(&documented, &logged), differ(&logged, &documented));
    assert!(
        wrong.is_empty() && missing.is_empty(),
        "in docs/logs.md, but not in the code: {wrong:#?}\nin the code, but not in docs/logs.md: {missing:#?}"
    );
}

#[test]
fn the_readme_lists_every_failure_code() {
    let codes: BTreeSet<String> = FailureCode::ALL
        .iter()
        .map(|code| code.as_str().to_owned())
        .collect();
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let missing: Vec<&String> = codes
        .iter()
        .filter(|code| !readme.contains(&format!("`{code}`")))
        .collect();
    assert!(missing.is_empty(), "not in README.md: {missing:?}");
    let rows = rows("README.md").into_iter();
    let unknown: Vec<String> = rows
        .flat_map(|row| names(&row[0]))
        .filter(|name| name.contains('_') && !codes.contains(name))
        .collect();
    assert!(unknown.is_empty(), "in README.md only: {unknown:?}");
}

/// `dead-letters groups --explain` and the API have the words of the table.
#[test]
fn the_readme_explains_failure_codes_as_the_program_does() {
    let link = pattern(r"\[([^\]]+)\]\([^)]*\)");
    let mut explained = BTreeSet::new();
    for row in rows("README.md") {
        let cells = row.iter().skip(1);
        let cells: Vec<_> = cells
            .map(|cell| link.replace_all(cell, "$1").into_owned())
            .filter(|cell| !cell.is_empty())
            .collect();
        for code in names(&row[0])
            .iter()
            .filter_map(|name| FailureCode::named(name))
        {
            let words = code.explain();
            match cells.as_slice() {
                [meaning, action] => {
                    assert_eq!(
                        (words.meaning, words.action),
                        (&**meaning, &**action),
                        "{code}"
                    );
                }
                [one] => assert!(
                    [words.meaning, words.action].contains(&&**one),
                    "{code}: {one}"
                ),
                other => panic!("{code}: {other:?}"),
            }
            explained.insert(code);
        }
    }
    assert!(explained.len() > 50, "{explained:?}");
}

#[test]
fn docs_list_every_name_of_spans_and_attributes() {
    let names = fs::read_to_string(root().join("src/telemetry/names.rs")).expect("a file");
    let page = fs::read_to_string(root().join("docs/traces.md")).expect("a page");
    let name = pattern(r#"(?m)^\s*pub const \w+: &str =\s*"([^"]+)";"#);
    let names: Vec<&str> = name
        .captures_iter(&names)
        .filter_map(|found| Some(found.get(1)?.as_str()))
        .collect();
    assert!(names.len() > 40, "{names:?}");
    let quoted = pattern("`([^`]+)`");
    let documented: BTreeSet<&str> = quoted
        .captures_iter(&page)
        .filter_map(|found| found.get(1))
        .flat_map(|code| [code.as_str()].into_iter().chain(code.as_str().split(' ')))
        .collect();
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !documented.contains(*name))
        .collect();
    assert!(missing.is_empty(), "not in docs/traces.md: {missing:?}");
}

#[test]
fn docs_list_every_finding_of_an_audit() {
    let codes = FindingCode::ALL.iter().map(|code| code.as_str().to_owned());
    let rows = rows("docs/audit.md").into_iter();
    let first_cells = rows
        .filter(|row| row.len() == 4)
        .flat_map(|row| names(&row[0]));
    assert_eq!(
        first_cells.collect::<BTreeSet<_>>(),
        codes.collect::<BTreeSet<_>>()
    );
}

#[test]
fn docs_list_every_metric_with_its_kind_labels_and_meaning() {
    let rows = rows("docs/metrics.md").into_iter();
    let documented: BTreeSet<String> = rows
        .filter(|row| row.len() == 4 && row[0].starts_with('`'))
        .map(|row| format!("{} {} {:?} {}", row[0], row[1], names(&row[2]), row[3]))
        .collect();
    let listed: BTreeSet<String> = metrics::ALL
        .iter()
        .map(|metric| {
            let labels = metric.labels.iter();
            let names = labels.flat_map(|label| label.values.iter().chain([&label.name]));
            let names: BTreeSet<&str> = names.copied().collect();
            let kind = metric.kind.as_str();
            format!("`{}` {kind} {names:?} {}", metric.name, metric.help)
        })
        .collect();
    let wrong: Vec<_> = documented.difference(&listed).collect();
    let missing: Vec<_> = listed.difference(&documented).collect();
    assert!(
        wrong.is_empty() && missing.is_empty(),
        "in docs/metrics.md, but not in the code: {wrong:#?}\nin the code, but not in docs/metrics.md: {missing:#?}"
    );
}

/// Tables of which the page on upgrades says nothing: users of the database have needed rights on them since the first eight steps of
/// the schema.
const EARLIER_TABLES: [&str; 5] = [
    "change",
    "dead_letter",
    "dead_letter_edit",
    "replay",
    "sales_invoice",
];

#[test]
fn docs_name_every_new_table_that_needs_a_grant() {
    let read = |page: &str| fs::read_to_string(root().join(page)).expect("a page");
    let grant = pattern(r"(?m)^GRANT [A-Z, ]+ ON ([a-z_, ]+) TO ");
    let permissions = read("docs/permissions.md");
    let granted: BTreeSet<&str> = grant
        .captures_iter(&permissions)
        .filter_map(|found| found.get(1))
        .flat_map(|tables| tables.as_str().split(", "))
        .filter(|table| !EARLIER_TABLES.contains(table))
        .collect();
    let list = pattern(r"rights on the new tables \(([^)]+)\)");
    let upgrades = read("docs/upgrades.md");
    let named = list.captures(&upgrades).expect("a list of new tables");
    let named = names(&named[1]);
    assert_eq!(
        named.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        granted
    );
}

/// The members of `invoice.error` are left out: it is null there.
#[test]
fn docs_list_every_member_of_the_answer_of_get_pdf() {
    let openapi = fs::read_to_string(root().join("docs/openapi.json")).expect("a file");
    let openapi: Value = serde_json::from_str(&openapi).expect("JSON");
    let members = |schema: &str| -> BTreeSet<String> {
        let properties = &openapi["components"]["schemas"][schema]["properties"];
        let properties = properties.as_object().expect("properties");
        properties.keys().cloned().collect()
    };
    let quoted = pattern("`([A-Za-z0-9_.]+)`");
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows("docs/migration.md") {
        // The other tables of the page have three columns.
        if let [fields, meaning] = &row[..] {
            for field in quoted.captures_iter(fields) {
                documented.insert(field[1].to_owned(), names(meaning));
            }
        }
    }
    let mut expected = members("GetPdf");
    for member in members("InvoiceSummary") {
        expected.insert(format!("invoice.{member}"));
    }
    let fields: BTreeSet<String> = documented.keys().cloned().collect();
    assert_eq!(fields, expected);
    for (field, schema) in [
        ("invoice.marketplace", "InvoiceIdentity"),
        ("invoice.template", "RecordedTemplate"),
        ("invoice.eInvoice", "RecordedEInvoice"),
    ] {
        let members = members(schema);
        let missing: Vec<_> = members.difference(&documented[field]).collect();
        assert!(missing.is_empty(), "{field}: {missing:?}");
    }
}
