//! What operators apply names what the program has: metrics, labels and their values in alerts and dashboards; and each alert has
//! its cases and its section in the runbook.

use std::collections::BTreeSet;
use std::fs;

use invoice::FailureCode;
use invoice_worker::telemetry::metrics::{self, Kind, Metric};
use serde_json::Value;

use super::{pattern, root};

const ALERTS: &str = "deploy/prometheus/alerts.yaml";
const CASES: &str = "deploy/prometheus/alerts_test.yaml";
const RUNBOOK: &str = "docs/operations.md";
const DASHBOARDS: [&str; 2] = [
    "deploy/grafana/service.json",
    "deploy/grafana/operations.json",
];

/// Labels that Prometheus adds.
const OF_TARGETS: [&str; 3] = ["job", "instance", "namespace"];

/// Series of Prometheus' own.
const OF_PROMETHEUS: [&str; 2] = ["up", "ALERTS"];

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn dashboard(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The metric that has this series.
fn metric(series: &str) -> Option<&'static Metric> {
    metrics::ALL.iter().find(|metric| match metric.kind {
        Kind::Histogram(_) => ["_bucket", "_sum", "_count"]
            .iter()
            .any(|end| series.strip_suffix(end) == Some(metric.name)),
        Kind::Counter | Kind::Gauge => series == metric.name,
    })
}

/// What is wrong with the selectors in a text.
fn unknown(text: &str) -> BTreeSet<String> {
    let mut unknown = BTreeSet::new();
    let names = pattern(r"\b(?:invoice_worker|process)_[a-z_]+\b");
    for name in names.find_iter(text) {
        if metric(name.as_str()).is_none() {
            unknown.insert(name.as_str().to_owned());
        }
    }
    let matcher = pattern(r#"(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)""#);
    for selector in pattern(r"(\w+)\{([^}]*)\}").captures_iter(text) {
        let Some(metric) = metric(&selector[1]) else {
            if !OF_PROMETHEUS.contains(&&selector[1]) {
                unknown.insert(selector[1].to_owned());
            }
            continue;
        };
        for found in matcher.captures_iter(&selector[2]) {
            let (label, operator, values) = (&found[1], &found[2], &found[3]);
            let is_of_bucket = label == "le" && selector[1].ends_with("_bucket");
            if is_of_bucket || OF_TARGETS.contains(&label) {
                continue;
            }
            let Some(known) = metric.labels.iter().find(|known| known.name == label) else {
                unknown.insert(format!("{}{{{label}}}", metric.name));
                continue;
            };
            let known: Vec<&str> = match label {
                "code" => FailureCode::ALL.iter().map(|code| code.as_str()).collect(),
                _ => known.values.to_vec(),
            };
            // A label of other names than these has no list.
            let is_listed = !known.is_empty() && operator != "!~" && !values.is_empty();
            let missing = values
                .split('|')
                .filter(|value| is_listed && !known.contains(value));
            unknown.extend(missing.map(|value| format!("{}{{{label}={value}}}", metric.name)));
        }
    }
    unknown
}

/// The strings of these members, at any depth.
fn strings<'a>(value: &'a Value, names: &[&str], found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if let Value::String(text) = member
                    && names.contains(&name.as_str())
                {
                    found.push(text);
                } else {
                    strings(member, names, found);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                strings(item, names, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn unknown_names_labels_and_values_in_expressions_are_found() {
    let text = r#"
        sum(rate(invoice_worker_messages_total{outcome=~"generated|lost", job="$job", lain="bulk"}[5m]))
        + invoice_worker_messages + missing{a="b"} + up{job="x"}
        + invoice_worker_publish_to_ack_seconds_bucket{le="300"} + invoice_worker_publish_to_ack_seconds
        + invoice_worker_held_back{code="no_code"}"#;
    let expected = [
        "invoice_worker_held_back{code=no_code}",
        "invoice_worker_messages",
        "invoice_worker_messages_total{lain}",
        "invoice_worker_messages_total{outcome=lost}",
        "invoice_worker_publish_to_ack_seconds",
        "missing",
    ];
    let unknown = unknown(text);
    assert_eq!(
        unknown.iter().map(String::as_str).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn alerts_and_their_cases_use_metrics_that_there_are() {
    for path in [ALERTS, CASES] {
        let unknown = unknown(&read(path));
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
}

#[test]
fn dashboards_use_metrics_that_there_are() {
    for path in DASHBOARDS {
        let dashboard = dashboard(path);
        let mut expressions = Vec::new();
        strings(&dashboard, &["expr", "query"], &mut expressions);
        assert!(expressions.len() > 15, "{path}: {expressions:?}");
        let unknown = unknown(&expressions.join("\n"));
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
}

#[test]
fn panels_of_dashboards_have_a_description_a_unit_and_the_chosen_data_source() {
    for path in DASHBOARDS {
        let dashboard = dashboard(path);
        let mut ids = BTreeSet::new();
        for panel in dashboard["panels"].as_array().expect("panels") {
            let title = panel["title"].as_str().expect("a title");
            assert!(ids.insert(panel["id"].as_u64()), "{path}: {title}: id");
            if panel["type"] == "row" {
                continue;
            }
            let described = panel["description"]
                .as_str()
                .is_some_and(|text| !text.is_empty());
            assert!(described, "{path}: {title}: description");
            let unit = &panel["fieldConfig"]["defaults"]["unit"];
            assert!(unit.is_string(), "{path}: {title}: unit");
            let source = &panel["datasource"]["uid"];
            assert_eq!(source, "${datasource}", "{path}: {title}");
        }
    }
}

/// A file in YAML.
fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The alerts that fire in a case. One that a case names and expects not to fire, or expects to be pending, is none of them.
fn firing(cases: &str) -> BTreeSet<String> {
    let cases = yaml(cases);
    let alert = pattern(r#"\balertname="(\w+)""#);
    let mut firing = BTreeSet::new();
    for case in items(&cases["tests"]) {
        for test in items(&case["alert_rule_test"]) {
            if !items(&test["exp_alerts"]).is_empty() {
                firing.extend(test["alertname"].as_str().map(str::to_owned));
            }
        }
        for test in items(&case["promql_expr_test"]) {
            let expression = test["expr"].as_str().unwrap_or_default();
            if !expression.contains(r#"alertstate="firing""#) {
                continue;
            }
            for sample in items(&test["exp_samples"]) {
                let labels = sample["labels"].as_str().unwrap_or_default();
                firing.extend(alert.captures(labels).map(|found| found[1].to_owned()));
            }
        }
    }
    firing
}

#[test]
fn a_case_counts_for_the_alerts_that_fire_in_it_only() {
    let cases = r#"
        tests:
          - alert_rule_test:
              - {alertname: Fires, exp_alerts: [{exp_labels: {severity: warning}}]}
              - {alertname: Empty, exp_alerts: []}
              - {alertname: Missing}
          - promql_expr_test:
              - expr: ALERTS{alertstate="firing"}
                exp_samples:
                  - {labels: 'ALERTS{alertname="FiresToo", alertstate="firing"}', value: 1}
              - {expr: 'ALERTS{alertstate="firing", alertname="NoSample"}', exp_samples: []}
              - expr: ALERTS{alertstate="pending"}
                exp_samples:
                  - {labels: 'ALERTS{alertname="Pending", alertstate="pending"}', value: 1}
              # alertname="Comment"
    "#;
    let firing = firing(cases);
    assert_eq!(
        firing.iter().map(String::as_str).collect::<Vec<_>>(),
        ["Fires", "FiresToo"]
    );
}

#[test]
fn each_alert_has_a_case_in_which_it_fires_and_a_section_in_the_runbook() {
    let file = yaml(&read(ALERTS));
    let groups = items(&file["groups"]).iter();
    let mut alerts = BTreeSet::new();
    for rule in groups.flat_map(|group| items(&group["rules"])) {
        let alert = rule["alert"].as_str().expect("a name");
        assert!(alerts.insert(alert.to_owned()), "{alert} is there twice");
        let severity = rule["labels"]["severity"].as_str();
        assert!(
            matches!(severity, Some("warning" | "critical")),
            "{alert}: {severity:?}"
        );
        let link = format!("{RUNBOOK}#{}", alert.to_lowercase());
        assert_eq!(rule["annotations"]["runbook_url"], link, "{alert}");
    }
    assert!(alerts.len() > 15, "{alerts:?}");
    let runbook = read(RUNBOOK);
    let section = pattern(r"(?m)^### (Invoice\w+)$");
    let sections = section.captures_iter(&runbook);
    let sections: BTreeSet<String> = sections.map(|found| found[1].to_owned()).collect();
    assert_eq!(sections, alerts);
    assert_eq!(firing(&read(CASES)), alerts);
}
