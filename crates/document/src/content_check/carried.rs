//! Sums that are carried from page to page: a label, and an amount beside it.

use super::facts::{Facts, Value};
use super::fault::Fault;
use super::joined::{Joined, are_level};
use super::normal::normal;

/// The runs without such sums, which are no values of lines. A label that is also the name of a line or the reason of an allowance
/// says nothing. Beside a label that is another text of the request, there may be any number: that of a line, or none of the sums.
pub(super) fn without<'r>(
    runs: Vec<Joined<'r>>,
    facts: &Facts<'_>,
    faults: &mut Vec<Fault>,
) -> Vec<Joined<'r>> {
    let labels = facts.carried.iter().map(|label| normal(label));
    let reasons = || facts.adjustments.iter().flat_map(|it| &it.reason);
    let names = || facts.lines.iter().map(|line| &line.name).chain(reasons());
    let is_name = |label: &String| names().any(|name| is_text(name, label));
    let labels: Vec<String> = labels.filter(|label| !is_name(label)).collect();
    let currency = normal(&facts.currency);
    let place = |run: &Joined<'_>| (run.page, run.baseline);
    let mut sums: Vec<(usize, f64)> = Vec::new();
    for (index, label) in runs.iter().enumerate() {
        if !labels.iter().any(|text| is_text(&label.text, text)) {
            continue;
        }
        let beside = runs[index + 1..].iter();
        let beside = beside.take_while(|run| are_level(place(run), place(label)));
        let beside: String = beside.map(|run| normal(&run.text)).collect();
        let number = beside.replacen(&currency, "", 1);
        if facts.sums.iter().any(|sum| normal(sum) == number) {
            sums.push(place(label));
        } else if is_amount(&number) && !is_of_line(facts, &number) {
            let problem = format!("another sum, {beside:?}, is carried from page to page");
            faults.push(Fault::new("/totals/lines".to_owned(), problem));
        }
    }
    let is_carried = |run: &Joined<'_>| sums.iter().any(|sum| are_level(*sum, place(run)));
    runs.into_iter().filter(|run| !is_carried(run)).collect()
}

/// Whether a text is an amount: it has a separator of decimals or of groups, and nothing but a number.
fn is_amount(text: &str) -> bool {
    let is_of_number = |c: char| c.is_ascii_digit() || ".,'’-\u{2212}".contains(c);
    text.contains(|c: char| !c.is_ascii_digit()) && text.chars().all(is_of_number)
}

/// Whether a line has this number.
fn is_of_line(facts: &Facts<'_>, number: &str) -> bool {
    let values = facts.lines.iter().flat_map(|line| &line.values);
    let mut forms = values.flat_map(|Value(_, forms)| forms);
    forms.any(|form| normal(form) == number)
}

/// Whether a text is this one. Most differ in their first letter, so they are not normalized.
fn is_text(text: &str, other: &str) -> bool {
    let first = text.trim_start().chars().next();
    let may_be = first.is_some_and(|first| {
        if first.is_ascii() {
            other.starts_with(first.to_ascii_lowercase())
        } else {
            first.to_lowercase().next() == other.chars().next()
        }
    });
    may_be && normal(text) == other
}
