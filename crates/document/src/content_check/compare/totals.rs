//! The totals, the allowances and charges of the document, and what else stands among them.

use std::ops::Range;

use super::lines::Lines;
use super::money::{Before, Label, before, is_money, places};
use crate::content_check::facts::{Adjustment, Facts, Total};
use crate::content_check::fault::Fault;
use crate::content_check::flow::Flow;
use crate::content_check::normal::normal;

/// Lines below the last total that may be totals, too.
const LINES_BELOW: usize = 3;

/// Right edges of one column differ by less, in points.
const SAME_EDGE: f64 = 1.0;

/// `used` are the ends of amounts that belong to something else.
pub(super) fn compare(
    facts: &Facts<'_>,
    flow: &Flow,
    lines: &Lines,
    labels: &[Label<'_>],
    used: &mut Vec<usize>,
    faults: &mut Vec<Fault>,
) {
    let page = Page {
        flow,
        lines: &lines.region,
        labels,
        with_tax: lines.with_tax,
    };
    let mut found = Vec::new();
    for total in facts
        .totals
        .iter()
        .filter(|total| total.with_tax || !page.with_tax)
    {
        match page.total(total, used) {
            Ok(place) => found.push(place),
            Err(problem) => faults.push(Fault::new(total.pointer.to_string(), problem)),
        }
    }
    for adjustment in &facts.adjustments {
        if let Err(problem) = page.adjustment(adjustment, used) {
            faults.push(Fault::new(adjustment.pointer.to_string(), problem));
        }
    }
    page.other_totals(&facts.currency, faults);
    page.unknown_amounts(facts, &found, faults);
}

struct Page<'p, 'f> {
    flow: &'p Flow,
    lines: &'p Range<usize>,
    labels: &'p [Label<'f>],
    /// Whether it shows prices with tax.
    with_tax: bool,
}

impl Page<'_, '_> {
    /// Where a total stands: beside a label that may have it, or else beside words that are no label.
    fn total(&self, total: &Total<'_>, used: &[usize]) -> Result<Range<usize>, String> {
        let mut unlabelled = None;
        for form in &total.forms {
            let amount = normal(form);
            if self.flow.covered.contains(&amount) {
                return Err(format!("something is printed over {form:?}"));
            }
            for place in places(self.flow, &amount, self.lines) {
                match before(self.flow, &place, &amount, self.labels) {
                    Before::Right(_) => return Ok(place),
                    Before::Unknown if !used.contains(&place.end) => {
                        unlabelled.get_or_insert(place);
                    }
                    Before::Unknown | Before::Wrong => {}
                }
            }
        }
        let is_label = |label: &&std::borrow::Cow<'_, str>| self.has_label(&normal(label));
        let label = total.labels.iter().find(is_label);
        let expected = total.forms.first().map(AsRef::as_ref).unwrap_or_default();
        match (label, unlabelled) {
            (None, Some(place)) => Ok(place),
            (Some(label), _) => Err(format!(
                "the page does not show it beside {label:?}, expected {expected:?}"
            )),
            (None, None) => Err(format!("the page does not show it, expected {expected:?}")),
        }
    }

    fn has_label(&self, label: &str) -> bool {
        let mut found = self.flow.labels(label);
        found.any(|index| self.is_outside(self.flow.spans[index].start))
    }

    fn is_outside(&self, offset: usize) -> bool {
        !self.lines.contains(&offset)
    }

    fn adjustment(&self, adjustment: &Adjustment<'_>, used: &mut Vec<usize>) -> Result<(), String> {
        let taxed = adjustment.forms_with_tax.as_ref();
        let taxed = taxed.filter(|_| self.with_tax);
        let forms = taxed.unwrap_or(&adjustment.forms);
        let percent = adjustment.percent.as_deref().map(normal);
        let reason = adjustment.reason.as_deref().map(normal);
        let mut without_percent = None;
        for form in forms {
            let amount = normal(form);
            for place in places(self.flow, &amount, self.lines) {
                let is_its_own = match before(self.flow, &place, &amount, self.labels) {
                    Before::Right(label) => {
                        is_of_adjustment(label) || reason.as_ref() == Some(&label.text)
                    }
                    Before::Unknown => true,
                    Before::Wrong => false,
                };
                if !is_its_own || used.contains(&place.end) {
                    continue;
                }
                let above = self.flow.above(self.flow.above(place.start));
                let has_percent = percent.as_ref().is_none_or(|percent| {
                    self.flow.find_number(percent, above..place.start).is_some()
                });
                if has_percent {
                    used.push(place.end);
                    return Ok(());
                }
                without_percent = Some(());
            }
        }
        let expected = forms.first().map(AsRef::as_ref).unwrap_or_default();
        match (without_percent, &adjustment.percent) {
            (Some(()), Some(percent)) => Err(format!(
                "the page does not show its percentage, expected {percent:?} before {expected:?}"
            )),
            _ => Err(format!("the page does not show it, expected {expected:?}")),
        }
    }

    /// Labels of totals that have another amount beside them.
    fn other_totals(&self, currency: &str, faults: &mut Vec<Fault>) {
        let currency = normal(currency);
        for label in self.labels {
            let indices = self.flow.labels(&label.text);
            for index in indices.filter(|index| self.is_outside(self.flow.spans[*index].start)) {
                let beside = &self.flow.text()[self.flow.beside(index)];
                let is_other = is_money(beside, &currency)
                    && !label.amounts.iter().any(|amount| beside == amount);
                if is_other {
                    let (shown, expected) = (label.shown, label.expected);
                    let problem = format!(
                        "another amount, {beside:?}, stands beside {shown:?}, expected {expected:?}"
                    );
                    faults.push(Fault::new(label.pointer.to_owned(), problem));
                }
            }
        }
    }

    /// Amounts among the totals, in their column, that are none of the invoice.
    fn unknown_amounts(&self, facts: &Facts<'_>, totals: &[Range<usize>], faults: &mut Vec<Fault>) {
        let line_of = |place: &Range<usize>| self.flow.line_at(place.start);
        let (Some(first), Some(last)) = (
            totals.iter().map(line_of).min(),
            totals.iter().map(line_of).max(),
        ) else {
            return;
        };
        let edges: Vec<f64> = totals
            .iter()
            .map(|place| self.flow.spans[self.flow.span_at(place.start)].right)
            .collect();
        let currency = normal(&facts.currency);
        let known: Vec<String> = amounts(facts, self.with_tax).map(normal).collect();
        let lines = &self.flow.lines;
        let page = lines[last].page;
        for (index, line) in lines
            .iter()
            .enumerate()
            .take(last + LINES_BELOW + 1)
            .skip(first)
        {
            let span = &self.flow.spans[self.flow.span_at(line.end - 1)];
            let amount = &self.flow.text()[span.start..span.end];
            let in_column = edges
                .iter()
                .any(|edge| (edge - span.right).abs() < SAME_EDGE);
            let is_below = index > last && line.page != page;
            if in_column
                && !is_below
                && self.is_outside(span.start)
                && is_money(amount, &currency)
                && !known.iter().any(|known| known == amount)
            {
                let problem = format!(
                    "an amount, {amount:?}, stands among the totals that is none of the invoice"
                );
                faults.push(Fault::new("/totals".to_owned(), problem));
            }
        }
    }
}

fn is_of_adjustment(label: &Label<'_>) -> bool {
    ["/allowances", "/charges"].contains(&label.pointer)
}

/// All amounts of the invoice that may stand among the totals. The base of a percentage is that of the prices on the page.
fn amounts<'f>(facts: &'f Facts<'_>, with_tax: bool) -> impl Iterator<Item = &'f str> {
    let totals = facts.totals.iter().flat_map(|total| &total.forms);
    let labelled = facts.labels.iter().flat_map(|label| &label.values);
    let taxes = facts.taxes.iter().flat_map(|tax| {
        let components = tax.components.iter().map(|[_, _, amount]| amount);
        [&tax.taxable, &tax.tax].into_iter().chain(components)
    });
    let adjustments = facts.adjustments.iter().flat_map(move |adjustment| {
        let base = if with_tax {
            &adjustment.base_with_tax
        } else {
            &adjustment.base
        };
        adjustment
            .forms
            .iter()
            .chain(adjustment.forms_with_tax.iter().flatten())
            .chain(base)
    });
    let all = totals.chain(labelled).chain(taxes).chain(adjustments);
    all.chain(&facts.other_amounts).map(AsRef::as_ref)
}
