//! Looks the facts up on the pages.

mod dates;
mod lines;
mod mentions;
mod money;
mod taxes;
mod torn;
mod totals;

use super::facts::Facts;
use super::flow::Flow;

/// A field's pointer, and what is wrong with it.
pub(super) type Fault = (String, String);

/// What the pages lack, or show otherwise.
pub(super) fn all(facts: &Facts<'_>, flow: &Flow) -> Vec<Fault> {
    let mut faults = Vec::new();
    let lines = lines::compare(facts, flow, &mut faults);
    let mut used = taxes::compare(&facts.taxes, flow, &lines.region, &mut faults);
    totals::compare(facts, flow, &lines, &mut used, &mut faults);
    mentions::compare(&facts.mentions, flow, &mut faults);
    dates::compare(&facts.dates, flow, &lines.region, &mut faults);
    faults
}
