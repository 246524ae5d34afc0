//! What a trial says, in one sentence.

use std::collections::BTreeMap;

use crate::database::RepairVerdict;

/// The verdicts in words, the most important one first: "213 of 214 would be issued, 1 would conflict". The counts are by the
/// names of the verdicts.
pub fn summary(verdicts: &BTreeMap<String, u64>, total: u64) -> String {
    let count = |verdict: RepairVerdict| verdicts.get(verdict.as_str()).copied().unwrap_or(0);
    let issued = count(RepairVerdict::WouldIssue);
    let mut parts = vec![format!("{issued} of {total} would be issued")];
    for verdict in RepairVerdict::ALL {
        let count = count(verdict);
        if let (1.., Some(words)) = (count, words(verdict)) {
            parts.push(format!("{count} {words}"));
        }
    }
    let known: u64 = verdicts.values().sum();
    if known < total {
        parts.push(format!("{} not tried", total - known));
    }
    parts.join(", ")
}

/// What follows on a count; none for those that are named first.
fn words(verdict: RepairVerdict) -> Option<&'static str> {
    match verdict {
        RepairVerdict::WouldIssue => None,
        RepairVerdict::Conflict => Some("would conflict"),
        RepairVerdict::AlreadyGenerated => Some("already generated"),
        RepairVerdict::Invalid => Some("would not be valid"),
        RepairVerdict::RenderFailed => Some("would not render"),
        RepairVerdict::WouldFail => Some("would fail otherwise"),
        RepairVerdict::PatchFailed => Some("do not fit the patch"),
        RepairVerdict::Unchanged => Some("would not change"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::metrics::list;

    #[test]
    fn the_metric_of_tried_letters_has_every_verdict() {
        assert_eq!(
            RepairVerdict::ALL.map(RepairVerdict::as_str),
            list::REPAIR_LETTERS_TRIED.labels[0].values
        );
    }

    #[test]
    fn a_summary_names_every_verdict_that_there_is() {
        let counts = |counts: &[(&str, u64)]| -> BTreeMap<String, u64> {
            let counts = counts.iter();
            counts
                .map(|(name, count)| ((*name).to_owned(), *count))
                .collect()
        };
        for (verdicts, total, expected) in [
            (
                counts(&[("would_issue", 213), ("conflict", 1)]),
                214,
                "213 of 214 would be issued, 1 would conflict",
            ),
            (
                counts(&[("unchanged", 2), ("invalid", 1)]),
                3,
                "0 of 3 would be issued, 1 would not be valid, 2 would not change",
            ),
            (
                counts(&[("would_issue", 1)]),
                3,
                "1 of 3 would be issued, 2 not tried",
            ),
            (counts(&[]), 0, "0 of 0 would be issued"),
        ] {
            assert_eq!(summary(&verdicts, total), expected);
        }
    }
}
