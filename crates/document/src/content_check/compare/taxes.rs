//! The tax of each rate: rate, taxable amount and tax stand together.

use std::ops::Range;

use crate::content_check::facts::{Tax, Text};
use crate::content_check::fault::Fault;
use crate::content_check::flow::Flow;
use crate::content_check::normal::normal;

/// Most lines that one tax takes where the page does not have the phrase of the language.
const MAX_LINES: usize = 3;

/// Compares the taxes, and returns the ends of the amounts of tax that were found.
pub(super) fn compare(
    taxes: &[Tax<'_>],
    flow: &Flow,
    lines: &Range<usize>,
    faults: &mut Vec<Fault>,
) -> Vec<usize> {
    let rates = taxes.iter().filter_map(|tax| tax.rate.as_deref());
    let mut search = Search {
        flow,
        lines,
        rates: rates.map(normal).collect(),
        used: Vec::new(),
    };
    for tax in taxes {
        let phrases = tax.phrases.iter();
        let phrase = |[before, behind]: &[Text<'_>; 2]| {
            normal(before) + &normal(&tax.taxable) + &normal(behind)
        };
        let phrases: Vec<String> = phrases.map(phrase).collect();
        let rate = tax.rate.as_deref();
        let values: Vec<&str> = rate.into_iter().chain([&*tax.taxable, &*tax.tax]).collect();
        if let Some(end) = search.whole(&phrases, &normal(&tax.tax)) {
            // A note may have the phrase as well, with any amount.
            search.used.push(end);
        } else if search.has_another_taxable(tax, taxes) {
            let problem = format!(
                "another amount stands in the phrase of the rate, expected {:?}",
                tax.taxable
            );
            faults.push(Fault::new(format!("{}/taxable", tax.pointer), problem));
        } else {
            search.row(&phrases, &values, &tax.pointer, faults);
        }
        for (index, [name, rate, amount]) in tax.components.iter().enumerate() {
            let phrase = normal(name) + &normal(rate);
            let pointer = format!("{}/components/{index}/tax", tax.pointer);
            search.row(&[phrase], &[name, rate, amount], &pointer, faults);
        }
    }
    search.used
}

struct Search<'s> {
    flow: &'s Flow,
    lines: &'s Range<usize>,
    /// All rates.
    rates: Vec<String>,
    /// The ends of the amounts that were found.
    used: Vec<usize>,
}

impl Search<'_> {
    /// Finds a phrase with the last value behind it. Where no phrase is on the page: all values on one line.
    fn row(&mut self, phrases: &[String], values: &[&str], pointer: &str, faults: &mut Vec<Fault>) {
        let forms: Vec<String> = values.iter().map(|value| normal(value)).collect();
        let amount = forms.last().map(String::as_str).unwrap_or_default();
        let found = self.whole(phrases, amount).or_else(|| {
            let has_phrase = phrases.iter().any(|phrase| self.phrase(phrase).is_some());
            if has_phrase {
                None
            } else {
                self.together(&forms)
            }
        });
        if let Some(end) = found {
            self.used.push(end);
            return;
        }
        let all = 0..self.flow.text().len();
        let missing = |form: &String| self.flow.find_number(form, all.clone()).is_none();
        let problem = match forms.iter().position(missing) {
            Some(index) => format!("the page does not show {:?}", values[index]),
            None => "the page does not show its values together".to_owned(),
        };
        let shown: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        let problem = format!("{problem}, expected {} on one line", shown.join(", "));
        faults.push(Fault::new(pointer.to_owned(), problem));
    }

    /// The end of the first of these phrases with the amount behind it.
    fn whole(&self, phrases: &[String], amount: &str) -> Option<usize> {
        let mut whole = phrases.iter().map(|phrase| format!("{phrase}{amount}"));
        whole.find_map(|words| self.phrase(&words))
    }

    /// Whether the phrase of a rate has an amount that is the taxable one of no tax with this phrase.
    fn has_another_taxable(&self, tax: &Tax<'_>, taxes: &[Tax<'_>]) -> bool {
        tax.phrases.iter().any(|[before, behind]| {
            let alike = taxes.iter().filter(|other| {
                let phrases = &other.phrases;
                phrases
                    .iter()
                    .any(|[one, other]| (one, other) == (before, behind))
            });
            let amounts: Vec<String> = alike.map(|other| normal(&other.taxable)).collect();
            let before = normal(before);
            let mut spans = self.flow.spans.iter();
            // A phrase that begins with the amount says nothing of it.
            before.contains(|c: char| c.is_ascii_digit())
                && spans.any(|span| {
                    let rest = self.flow.text()[span.start..].strip_prefix(before.as_str());
                    let is_outside = !self.lines.contains(&span.start);
                    is_outside
                        && rest.is_some_and(|rest| {
                            !amounts.iter().any(|amount| rest.starts_with(amount))
                        })
                })
        })
    }

    /// The end of the first place with these words that has not been used.
    fn phrase(&self, words: &str) -> Option<usize> {
        let first = words.chars().next()?;
        let mut from = 0;
        loop {
            let found = self.flow.find_words(words, from..self.flow.text().len())?;
            if self.is_free(&found) {
                return Some(found.end);
            }
            from = found.start + first.len_utf8();
        }
    }

    fn is_free(&self, found: &Range<usize>) -> bool {
        let is_outside = found.end <= self.lines.start || self.lines.end <= found.start;
        is_outside && !self.used.contains(&found.end)
    }

    /// The end of the amount where all values stand on one line, or on few lines that have no other rate.
    fn together(&self, forms: &[String]) -> Option<usize> {
        let lines = &self.flow.lines;
        (1..=MAX_LINES).find_map(|count| {
            lines.windows(count).find_map(|window| {
                let (first, last) = (window.first()?, window.last()?);
                let range = first.start..last.end;
                let mut others = self.rates.iter().filter(|rate| !forms.contains(rate));
                let is_one = first.page == last.page
                    && (count == 1
                        || !others
                            .any(|rate| self.flow.find_number(rate, range.clone()).is_some()));
                is_one.then(|| self.within(range, forms)).flatten()
            })
        })
    }

    fn within(&self, range: Range<usize>, forms: &[String]) -> Option<usize> {
        let mut taken: Vec<Range<usize>> = Vec::new();
        for form in forms {
            let mut rest = range.clone();
            let found = loop {
                let found = self.flow.find_number(form, rest.clone())?;
                let overlaps =
                    |other: &&Range<usize>| other.start < found.end && found.start < other.end;
                match taken.iter().find(overlaps) {
                    Some(other) => rest.start = other.end,
                    None if self.is_free(&found) => break found,
                    None => rest.start = found.end,
                }
            };
            taken.push(found);
        }
        taken.last().map(|amount| amount.end)
    }
}
