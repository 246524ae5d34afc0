//! Dates stand beside their own label, and not beside that of another date.

use std::ops::Range;

use super::money::is_money;
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
    let currency = normal(&facts.currency);
    for Labelled {
        pointer,
        label,
        values,
    } in &facts.dates
    {
        let needle = normal(label);
        let values: Vec<String> = values.iter().map(|value| normal(value)).collect();
        let outside = |start: usize| !lines.contains(&start);
        for index in flow
            .labels(&needle)
            .filter(|index| outside(flow.spans[*index].start))
        {
            let beside = &flow.text()[flow.beside(index)];
            // The reason of an allowance may be the label of a date by chance.
            let is_date =
                beside.contains(|c: char| c.is_ascii_digit()) && !is_money(beside, &currency);
            if is_date && !values.iter().any(|value| beside.contains(value.as_str())) {
                let problem = format!("another date stands beside the label {label:?}");
                faults.push(Fault::new(pointer.to_string(), problem));
            }
        }
    }
}
