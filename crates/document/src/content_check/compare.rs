//! Looks the facts up on the pages.

mod dates;
mod lines;
mod mentions;
mod money;
mod numbers;
mod taxes;
mod torn;
mod totals;

use self::money::Label;
use super::facts::Facts;
use super::fault::Fault;
use super::flow::Flow;

/// What the pages lack, or show otherwise.
pub(super) fn all(facts: &Facts<'_>, flow: &Flow) -> Vec<Fault> {
    let mut faults = Vec::new();
    let labels: Vec<Label<'_>> = facts.labels.iter().map(Label::new).collect();
    let lines = lines::compare(facts, flow, &labels, &mut faults);
    let amounts = lines.iter().map(|lines| {
        let mut faults = Vec::new();
        let mut used = taxes::compare(&facts.taxes, flow, &lines.region, &mut faults);
        totals::compare(facts, flow, lines, &labels, &mut used, &mut faults);
        faults
    });
    faults.extend(amounts.min_by_key(Vec::len).unwrap_or_default());
    mentions::compare(&facts.mentions, flow, &mut faults);
    let region = lines.first().map_or(0..0, |lines| lines.region.clone());
    dates::compare(facts, flow, &region, &mut faults);
    numbers::compare(facts, flow, &region, &mut faults);
    faults
}
