//! Dates stand beside their own label, and not beside that of another date.

use std::ops::Range;

use crate::content_check::facts::Labelled;
use crate::content_check::flow::Flow;
use crate::content_check::normal::normal;

pub(super) fn compare(
    labels: &[Labelled<'_>],
    flow: &Flow,
    lines: &Range<usize>,
    faults: &mut Vec<(String, String)>,
) {
    for Labelled {
        pointer,
        label,
        values,
    } in labels
    {
        let needle = normal(label);
        let values: Vec<String> = values.iter().map(|value| normal(value)).collect();
        let outside = |start: usize| !lines.contains(&start);
        for index in flow
            .labels(&needle)
            .filter(|index| outside(flow.spans[*index].start))
        {
            let beside = &flow.text()[flow.beside(index)];
            let is_date = beside.contains(|c: char| c.is_ascii_digit());
            if is_date && !values.iter().any(|value| beside.contains(value.as_str())) {
                let problem = format!("another date stands beside the label {label:?}");
                faults.push((pointer.to_string(), problem));
            }
        }
    }
}
