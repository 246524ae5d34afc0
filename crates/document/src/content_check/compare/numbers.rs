//! Numbers and references stand beside their own label, and not beside that of another one.

use std::ops::Range;

use crate::content_check::facts::{Facts, Labelled};
use crate::content_check::fault::Fault;
use crate::content_check::flow::Flow;
use crate::content_check::normal::normal;

pub(super) fn compare(
    facts: &Facts<'_>,
    flow: &Flow,
    lines: &Range<usize>,
    faults: &mut Vec<Fault>,
) {
    let all: Vec<(&Labelled<'_>, String, Vec<String>)> = facts
        .numbers
        .iter()
        .map(|number| {
            let values = number.values.iter().map(|value| normal(value)).collect();
            (number, normal(&number.label), values)
        })
        .collect();
    let is_value = |text: &String| all.iter().any(|(_, _, values)| values.contains(text));
    // A value may be a label by chance.
    for (number, label, values) in all.iter().filter(|(_, label, _)| !is_value(label)) {
        let outside = flow
            .labels(label)
            .filter(|index| !lines.contains(&flow.spans[*index].start));
        for index in outside {
            let beside = flow.text()[flow.beside(index)].to_owned();
            if !values.contains(&beside) && is_value(&beside) {
                let problem = format!(
                    "the value of another field stands beside the label {:?}",
                    number.label
                );
                faults.push(Fault::new(number.pointer.to_string(), problem));
            }
        }
    }
}
