//! Amounts at the ends of lines, and the labels before them.

use std::ops::Range;

use crate::content_check::facts::Labelled;
use crate::content_check::flow::Flow;
use crate::content_check::normal::normal;

/// A label of totals in the form in which it is compared.
#[derive(Debug)]
pub(super) struct Label<'f> {
    pub(super) pointer: &'f str,
    pub(super) shown: &'f str,
    pub(super) text: String,
    /// The amounts that it may have beside it.
    pub(super) amounts: Vec<String>,
    pub(super) expected: &'f str,
}

impl<'f> Label<'f> {
    pub(super) fn new(label: &'f Labelled<'_>) -> Self {
        Self {
            pointer: &label.pointer,
            shown: &label.label,
            text: normal(&label.label),
            amounts: label.values.iter().map(|value| normal(value)).collect(),
            expected: label.values.first().map(AsRef::as_ref).unwrap_or_default(),
        }
    }
}

/// What stands before an amount.
#[derive(Clone, Copy, Debug)]
pub(super) enum Before<'l, 'f> {
    /// A label that may have the amount beside it.
    Right(&'l Label<'f>),
    /// A label of other amounts.
    Wrong,
    /// Words that are no label of totals.
    Unknown,
}

/// The places where an amount ends a column, outside of the lines.
pub(super) fn places<'s>(
    flow: &'s Flow,
    amount: &'s str,
    lines: &'s Range<usize>,
) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let found = flow.find_number(amount, from..flow.text().len())?;
            from = found.end;
            let is_outside = found.end <= lines.start || lines.end <= found.start;
            if is_outside && flow.ends_column(found.end) {
                return Some(found);
            }
        }
    })
}

/// What stands before an amount on its line, or on the line above where it stands alone.
pub(super) fn before<'l, 'f>(
    flow: &Flow,
    place: &Range<usize>,
    amount: &str,
    labels: &'l [Label<'f>],
) -> Before<'l, 'f> {
    let before = flow.text()[flow.words_before(place.start)].trim_end_matches([':', '：']);
    match labels.iter().find(|label| label.text == before) {
        None => Before::Unknown,
        Some(label) if label.amounts.iter().any(|other| other == amount) => Before::Right(label),
        Some(_) => Before::Wrong,
    }
}

/// Whether a text is an amount with its currency, and nothing else.
pub(super) fn is_money(text: &str, currency: &str) -> bool {
    let is_of_number = |c: char| c.is_ascii_digit() || ".,'’-\u{2212}()".contains(c);
    let rest = text.replacen(currency, "", 1);
    rest.len() < text.len()
        && rest.contains(|c: char| c.is_ascii_digit())
        && rest.chars().all(is_of_number)
}
