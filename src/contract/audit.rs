//! The report of `audit --json`: one object a line, each finding as it is found, the summary last.

use invoice::ClaimedIdentity;
use serde::Serialize;

use crate::audit::{Audited, Count, Finding, FindingCode, Repair};

/// A finding of an audit.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "type", rename = "finding")]
pub struct AuditFinding<'a> {
    /// The stable code.
    code: &'static str,
    object_key: Option<&'a str>,
    marketplace: &'a ClaimedIdentity,
    dead_letter: Option<i64>,
    detail: &'a str,
    /// What was found: that before the repair.
    before: &'a str,
    /// `not_requested`, `possible`, `done` or `impossible`.
    repair: &'static str,
    /// What was or would be done, or why nothing can be done.
    repair_detail: Option<&'a str>,
    /// What is there after the repair.
    after: Option<&'a str>,
}

impl<'a> From<&'a Finding> for AuditFinding<'a> {
    fn from(finding: &'a Finding) -> Self {
        let (repair, repair_detail, after) = match &finding.repair {
            Repair::NotRequested => ("not_requested", None, None),
            Repair::Possible(action) => ("possible", Some(action), None),
            Repair::Done { action, after } => ("done", Some(action), Some(after)),
            Repair::Impossible(why) => ("impossible", Some(why), None),
        };
        Self {
            code: finding.code.as_str(),
            object_key: finding.object_key.as_deref(),
            marketplace: &finding.invoice,
            dead_letter: finding.dead_letter,
            detail: &finding.detail,
            before: &finding.before,
            repair,
            repair_detail: repair_detail.map(String::as_str),
            after: after.map(String::as_str),
        }
    }
}

/// The last line of a report.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "type", rename = "summary")]
pub struct AuditSummary {
    /// Whether everything was looked at; otherwise an audit `--after` this position goes on.
    complete: bool,
    position: String,
    rows: u64,
    objects: u64,
    dead_letters: u64,
    /// Documents that were never issued.
    left: u64,
    /// Objects without a row that are so young that a worker may be about to write it.
    in_work: u64,
    found: u64,
    repaired: u64,
    /// By code.
    findings: std::collections::BTreeMap<&'static str, AuditCount>,
}

/// How many findings have one code.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditCount {
    found: u64,
    repaired: u64,
}

impl From<&Audited> for AuditSummary {
    fn from(audited: &Audited) -> Self {
        let totals = &audited.totals;
        let count = |(code, count): (&FindingCode, &Count)| {
            let Count { found, repaired } = *count;
            (code.as_str(), AuditCount { found, repaired })
        };
        Self {
            complete: audited.complete,
            position: audited.position.to_string(),
            rows: totals.rows,
            objects: totals.objects,
            dead_letters: totals.dead_letters,
            left: totals.left,
            in_work: totals.in_work,
            found: totals.found(),
            repaired: totals.found() - totals.remaining(),
            findings: totals.findings.iter().map(count).collect(),
        }
    }
}
