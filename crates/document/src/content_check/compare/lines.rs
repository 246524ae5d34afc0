//! The lines, one after the other.

use std::ops::Range;

use super::money::{Label, is_money};
use super::torn;
use crate::content_check::facts::{Facts, Line, Value};
use crate::content_check::fault::Fault;
use crate::content_check::flow::Flow;
use crate::content_check::normal::normal;

/// Where the lines are.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) region: Range<usize>,
    /// Whether the page shows prices with tax.
    pub(super) with_tax: bool,
}

/// The names that are tried for one line: a name may also be a word of the page's head.
const MAX_NAMES: usize = 50;

/// Which values of a line are looked up.
type Values<'f, 'a> = fn(&'f Line<'a>) -> &'f [Value<'a>];

/// Finds the lines; twice where they may be those with tax and those without.
pub(super) fn compare(
    facts: &Facts<'_>,
    flow: &Flow,
    labels: &[Label<'_>],
    faults: &mut Vec<Fault>,
) -> Vec<Lines> {
    if facts.lines.is_empty() {
        return vec![Lines::default()];
    }
    let from = facts.lines_header.as_ref().map_or(0, |header| {
        let header = normal(header);
        let mut labels = flow.labels(&header);
        labels.next().map_or(0, |index| flow.spans[index].end)
    });
    let (net, with_tax): (Values<'_, '_>, Values<'_, '_>) = (
        |line| &line.values,
        |line| line.with_tax.as_deref().unwrap_or(&line.values),
    );
    let totals = totals(labels, flow, &normal(&facts.currency));
    let has_tax = facts.lines.iter().any(|line| line.with_tax.is_some());
    let net_region = all(&facts.lines, net, flow, from, &totals);
    let taxed_region = has_tax.then(|| all(&facts.lines, with_tax, flow, from, &totals));
    let lines = |region: &Range<usize>, with_tax| Lines {
        region: region.clone(),
        with_tax,
    };
    let (index, values) = match (&net_region, &taxed_region) {
        // Where no line is taxed, both are the same.
        (Ok(net), Some(Ok(taxed))) => return vec![lines(net, false), lines(taxed, true)],
        (Ok(net), Some(Err(_)) | None) => return vec![lines(net, false)],
        (Err(_), Some(Ok(taxed))) => return vec![lines(taxed, true)],
        (Err(index), Some(Err(further))) if further > index => (*further, with_tax),
        (Err(index), Some(Err(_)) | None) => (*index, net),
    };
    let line = Failed {
        index,
        totals: &totals,
    };
    explain(&facts.lines, &line, values, flow, from, faults);
    vec![Lines::default()]
}

/// Where labels stand that have an amount beside them: the last line ends before the first of them.
fn totals(labels: &[Label<'_>], flow: &Flow, currency: &str) -> Vec<usize> {
    let mut starts: Vec<usize> = labels
        .iter()
        .flat_map(|label| flow.labels(&label.text))
        .filter(|index| is_money(&flow.text()[flow.beside(*index)], currency))
        .map(|index| flow.spans[index].start)
        .collect();
    starts.sort_unstable();
    starts
}

/// The part of the text with all lines; an error has the index of the first line that is not found.
fn all<'f, 'a>(
    lines: &'f [Line<'a>],
    values: Values<'f, 'a>,
    flow: &Flow,
    from: usize,
    totals: &[usize],
) -> Result<Range<usize>, usize> {
    let mut region = from..from;
    for (index, line) in lines.iter().enumerate() {
        let is_last = index + 1 == lines.len();
        let totals = if is_last { totals } else { &[] };
        let window = window(line, values(line), flow, region.end, totals).ok_or(index)?;
        if index == 0 {
            region.start = window.start;
        }
        region.end = window.end;
    }
    Ok(region)
}

/// The part of the text with a line: from its name, or the line of text above, to the last of its values. Of several names, that
/// counts whose values are complete first, and of those the last.
fn window(
    line: &Line<'_>,
    values: &[Value<'_>],
    flow: &Flow,
    from: usize,
    totals: &[usize],
) -> Option<Range<usize>> {
    let name = normal(&line.name);
    let forms = forms(values);
    let mut best: Option<Range<usize>> = None;
    let mut at = from;
    for _ in 0..MAX_NAMES {
        let until = best.as_ref().map_or(flow.text().len(), |best| best.end);
        let Some(Name { mut taken, range }) = find_name(flow, &name, at..until) else {
            break;
        };
        let start = flow.above(range.start).max(from);
        let total = totals.iter().find(|total| **total >= range.end);
        let until = total.map_or(until, |total| until.min(*total));
        let end = forms.iter().try_fold(range.end, |end, (field, forms)| {
            Some(end.max(place(field, forms, flow, start..until, &mut taken)?))
        });
        if let Some(end) = end
            && best.as_ref().is_none_or(|best| end <= best.end)
        {
            best = Some(start..end);
        }
        at = range.start + name.chars().next().map_or(1, char::len_utf8);
    }
    best
}

/// Where a name is.
struct Name {
    /// Its parts: more than one where it continues on the next page.
    taken: Vec<Range<usize>>,
    /// From its beginning to its end.
    range: Range<usize>,
}

/// A name of signs only is taken as seen.
fn find_name(flow: &Flow, name: &str, range: Range<usize>) -> Option<Name> {
    let taken = if name.is_empty() {
        let nothing = range.start..range.start;
        (range.start < range.end).then(|| vec![nothing])
    } else {
        let found = flow.find_words(name, range.clone());
        found
            .map(|found| vec![found])
            .or_else(|| torn::find(flow, name, range))
    }?;
    let range = taken.first()?.start..taken.last()?.end;
    Some(Name { taken, range })
}

/// The values in the form in which they are compared. The longest are looked up first: none is found within another one then.
fn forms<'f>(values: &'f [Value<'_>]) -> Vec<(&'f str, Vec<String>)> {
    let mut forms: Vec<(&str, Vec<String>)> = values
        .iter()
        .map(|Value(field, forms)| (&**field, forms.iter().map(|form| normal(form)).collect()))
        .collect();
    forms.sort_by_key(|(_, forms)| std::cmp::Reverse(forms.first().map_or(0, String::len)));
    forms
}

/// The end of the first place with one of the forms that nothing else has taken.
fn place(
    field: &str,
    forms: &[String],
    flow: &Flow,
    range: Range<usize>,
    taken: &mut Vec<Range<usize>>,
) -> Option<usize> {
    let is_date = field.starts_with("period");
    let free = |form: &String| {
        let mut range = range.clone();
        loop {
            // A date has gaps between its numbers.
            let found = if is_date {
                flow.find_words(form, range.clone())
            } else {
                flow.find_number(form, range.clone())
            }?;
            let taken = taken
                .iter()
                .find(|taken| taken.start < found.end && found.start < taken.end);
            match taken {
                None => return Some(found),
                Some(taken) => range.start = taken.end.max(found.start + 1),
            }
        }
    };
    let found = forms
        .iter()
        .filter_map(free)
        .min_by_key(|found| found.end)?;
    taken.push(found.clone());
    Some(found.end)
}

/// The first line that is not found, and where the totals are.
struct Failed<'t> {
    index: usize,
    totals: &'t [usize],
}

/// Says which values of the lines are missing: those that are not between the line's name and that of the next line.
fn explain<'f, 'a>(
    lines: &'f [Line<'a>],
    failed: &Failed<'_>,
    values: Values<'f, 'a>,
    flow: &Flow,
    from: usize,
    faults: &mut Vec<Fault>,
) {
    let before = faults.len();
    let mut at = from;
    let mut names = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let found = find_name(flow, &normal(&line.name), at..flow.text().len());
        match &found {
            Some(found) => at = found.range.end,
            None => {
                let length = line.name.chars().count();
                let problem = format!(
                    "the page does not show the line in its place, or its name is cut or covered, expected a text of {length} \
                     characters"
                );
                let pointer = format!("/lines/{index}/name");
                faults.push(Fault::about(pointer, problem, &line.name));
            }
        }
        names.push(found);
    }
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = &names[index] else { continue };
        let next = names[index + 1..].iter().flatten().next();
        let total = failed.totals.iter().find(|total| **total >= name.range.end);
        let end = total.copied().unwrap_or(flow.text().len());
        let until = next.map_or(end, |next| {
            let line = flow.line_at(next.range.start);
            flow.lines[line].start.max(name.range.end)
        });
        let start = flow.above(name.range.start);
        let mut taken = name.taken.clone();
        for (field, forms) in forms(values(line)) {
            if place(field, &forms, flow, start..until, &mut taken).is_none() {
                let Value(_, shown) = &values(line)[position(values(line), field)];
                let expected = shown.first().map(AsRef::as_ref).unwrap_or_default();
                let problem = format!("the line does not show it, expected {expected:?}");
                faults.push(Fault::new(format!("/lines/{index}/{field}"), problem));
            }
        }
    }
    if faults.len() == before {
        let problem = "the line is not in its place, expected the lines in their order, each with all of its values";
        faults.push(Fault::new(
            format!("/lines/{}", failed.index),
            problem.to_owned(),
        ));
    }
}

fn position(values: &[Value<'_>], field: &str) -> usize {
    let mut all = values.iter();
    all.position(|Value(other, _)| other == field).unwrap_or(0)
}
